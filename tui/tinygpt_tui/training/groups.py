"""The form's fields in groups, and plain words for those that everybody meets."""

from collections.abc import Iterable
from typing import NamedTuple

from tinygpt_tui.training.recipe import LENGTH, MAIN


class Group(NamedTuple):
    """Fields that belong together."""

    title: str
    names: tuple[str, ...]


WORDS = {
    "embed_dim": "width",
    "num_heads": "heads",
    "num_layers": "blocks",
    "block_size": "context",
    "batch_size": "at once",
}
"""A newcomer's word for a field, shown before its name."""
MODEL, TRAINING = MAIN[:-1], MAIN[-1:]  # the fields that are always shown
FURTHER = (
    Group(
        "inside a block",
        (
            "architecture",
            "positions",
            "norm",
            "norm_position",
            "activation",
            "qk_norm",
            "attention_scale",
            "initialization",
        ),
    ),
    Group("biases, head and embedding", ("bias", "qkv_bias", "head_bias", "tied_head", "scaled_embedding")),
    Group(
        "dropout and noise",
        (
            "embedding_dropout",
            "attention_dropout",
            "attention_output_dropout",
            "feed_forward_dropout",
            "input_noise",
        ),
    ),
    Group("learning rate", ("learning_rate", "schedule", "warmup_steps", "final_learning_rate")),
    Group(
        "optimizer",
        (
            "optimizer",
            "adam_ratio",
            "momentum",
            "beta1",
            "beta2",
            "weight_decay",
            "clip_norm",
            "label_smoothing",
            "gradient_accumulation_steps",
        ),
    ),
    Group("computation", ("precision", "jit_compile", "steps_per_execution")),
    Group(
        "evaluation, samples and checkpoints",
        (
            "eval_every",
            "eval_characters",
            "patience",
            "keep_checkpoints",
            "film",
            "tensorboard",
            "sample_prompt",
            "sample_length",
        ),
    ),
)


def further_groups(names: Iterable[str]) -> list[Group]:
    """Divide the fields that are not always shown into groups.

    Args:
        names: The names of all fields.

    Returns:
        The groups; a field that none of them names is in one of its own at the end.
    """
    known = list(names)
    shown = {*MAIN, *LENGTH, *(name for group in FURTHER for name in group.names)}
    others = tuple(name for name in known if name not in shown)
    groups = [Group(group.title, tuple(name for name in group.names if name in known)) for group in FURTHER]
    return [group for group in (*groups, Group("others", others)) if group.names]
