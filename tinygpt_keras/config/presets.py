"""Presets: this project's models, and reproductions of well-known character-level GPTs."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

from tinygpt_keras.config.model import ModelConfig
from tinygpt_keras.config.tasks import TEXT
from tinygpt_keras.config.training import TrainingConfig


@dataclass(frozen=True)
class Preset:
    """A model and its training recipe."""

    description: str
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    made: Mapping[str, float] = field(default_factory=dict[str, float])
    """Fields with other values for the tasks whose pairs the package makes."""


def _lecture_model(
    block_size: int, embed_dim: int, dropout: float, attention_scale: str, initialization: str
) -> ModelConfig:
    """Return the architecture of Karpathy's ng-video-lecture, which the reference tinyGPT follows."""
    return ModelConfig(
        block_size=block_size,
        embed_dim=embed_dim,
        num_heads=6,
        num_layers=6,
        positions="learned",
        norm="layernorm",
        activation="relu",
        qk_norm=False,
        bias=True,
        head_bias=True,
        attention_scale=attention_scale,
        initialization=initialization,
        attention_dropout=dropout,
        attention_output_dropout=dropout,
        feed_forward_dropout=dropout,
    )


def _nanogpt_model(block_size: int, embed_dim: int, size: int, dropout: float) -> ModelConfig:
    """Return nanoGPT's architecture without biases, with `size` heads and `size` blocks."""
    return ModelConfig(
        block_size=block_size,
        embed_dim=embed_dim,
        num_heads=size,
        num_layers=size,
        positions="learned",
        norm="layernorm",
        activation="gelu",
        qk_norm=False,
        tied_head=True,
        initialization="gpt2",
        embedding_dropout=dropout,
        attention_dropout=dropout,
        attention_output_dropout=dropout,
        feed_forward_dropout=dropout,
    )


def _lecture_recipe(batch_size: int, learning_rate: float) -> TrainingConfig:
    """Return 5,000 steps of PyTorch's default AdamW at a constant rate, except that only matrices decay here."""
    return TrainingConfig(
        batch_size=batch_size,
        steps=5000,
        optimizer="adamw",
        learning_rate=learning_rate,
        schedule="constant",
        beta2=0.999,
        weight_decay=0.01,
        eval_every=500,
    )


# From nanoGPT's config/train_shakespeare_char.py, https://github.com/karpathy/nanoGPT, which also decays embeddings.
NANOGPT_RECIPE = TrainingConfig(
    batch_size=64,
    steps=5000,
    optimizer="adamw",
    learning_rate=1e-3,
    final_learning_rate=1e-4,
    schedule="cosine",
    warmup_steps=100,
    beta2=0.99,
    weight_decay=0.1,
    clip_norm=1.0,
    eval_every=250,
)

PRESETS = {
    "tiny": Preset(
        "the default: 0.8M parameters, verse in ten minutes on two cores",
        ModelConfig(attention_output_dropout=0.05),
        TrainingConfig(steps=3150, learning_rate=0.006, weight_decay=0.6, input_noise=0.01, eval_every=150),
    ),
    "quick": Preset(
        "one block and 0.2M parameters: words in twenty seconds",
        ModelConfig(block_size=64, num_layers=1),
        TrainingConfig(
            batch_size=32,
            steps=240,
            adam_ratio=2.0,
            momentum=0.9,
            steps_per_execution=10,
            jit_compile="on",
            eval_every=120,
        ),
    ),
    "bigram": Preset(
        "one character of context: where the progression starts",
        ModelConfig(architecture="bigram", block_size=8),
        TrainingConfig(
            batch_size=256,
            steps=2000,
            optimizer="adamw",
            learning_rate=0.05,
            eval_every=200,
            steps_per_execution=20,
            jit_compile="off",
        ),
    ),
    "base": Preset(
        "tiny's larger brother: 4.8M parameters, for a GPU or some patience",
        ModelConfig(
            embed_dim=256,
            num_heads=4,
            num_layers=6,
            attention_output_dropout=0.1,
            feed_forward_dropout=0.1,
        ),
        TrainingConfig(steps=1500, learning_rate=0.006, weight_decay=0.6, input_noise=0.01, eval_every=250),
    ),
    "seed": Preset(
        "the reference tinyGPT, its scaling by the width included: 2.7M parameters",
        _lecture_model(128, 192, 0.5, "width", "torch"),
        _lecture_recipe(batch_size=32, learning_rate=1e-3),
    ),
    "lecture": Preset(
        "ng-video-lecture: 10.8M parameters, for a GPU",
        _lecture_model(256, 384, 0.2, "head", "normal"),
        _lecture_recipe(batch_size=64, learning_rate=3e-4),
    ),
    "nano-cpu": Preset(
        "nanoGPT's laptop recipe: 0.8M parameters, minutes on two cores",
        _nanogpt_model(64, 128, 4, 0.0),
        dataclasses.replace(NANOGPT_RECIPE, batch_size=12, steps=2000, steps_per_execution=10, jit_compile="on"),
    ),
    "nano": Preset(
        "nanoGPT's GPU recipe: 10.7M parameters",
        _nanogpt_model(256, 384, 6, 0.2),
        NANOGPT_RECIPE,
    ),
    "paper": Preset(
        "Attention Is All You Need at character scale: encoder and decoder, 0.9M parameters",
        ModelConfig(
            architecture="transformer",
            num_layers=2,
            positions="sinusoidal",
            norm="layernorm",
            norm_position="post",
            activation="relu",
            qk_norm=False,
            bias=True,
            qkv_bias=True,
            tied_head=True,
            scaled_embedding=True,
            initialization="xavier",
            embedding_dropout=0.1,
            attention_output_dropout=0.1,
            feed_forward_dropout=0.1,
        ),
        TrainingConfig(
            steps=1250,
            optimizer="adamw",
            learning_rate=0.002,
            schedule="inverse_sqrt",
            warmup_steps=100,
            beta2=0.98,
            label_smoothing=0.1,
            eval_every=250,
        ),
        made={"steps": 1000},
    ),
    # RoPE tells only positions within a text from each other, and cross-attention looks into another one: with it,
    # `sort` came to 97 % in the steps that bring sinusoidal positions to 100 %.
    "encdec": Preset(
        "encoder and decoder with the modern parts of tiny: 0.9M parameters",
        ModelConfig(architecture="transformer", num_layers=2, positions="sinusoidal", attention_output_dropout=0.05),
        TrainingConfig(steps=1250, learning_rate=0.006, weight_decay=0.6, eval_every=250),
        made={"learning_rate": 0.02},
    ),
}
DEFAULT_PRESET = "tiny"
DEFAULT_REPLYING_PRESET = "encdec"  # of a task of pairs


def default_preset(task: str | None) -> str:
    """Return the preset of a task for which none is named; `None` stands for a text."""
    return DEFAULT_PRESET if task in (None, TEXT) else DEFAULT_REPLYING_PRESET
