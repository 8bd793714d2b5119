"""The parts of a model with their trainable parameters, counted without building it."""

from dataclasses import dataclass

from tinygpt_keras.config import ModelConfig

BOTH_WAYS, BACK, ACROSS = "both ways", "back", "across"
"""Where an attention looks, in a model that has several kinds."""


@dataclass(frozen=True)
class Parts:
    """The number of parameters of each part of a model."""

    embedding: int = 0
    positions: int = 0
    norm: int = 0
    """Of one of the normalisations of a block."""
    final_norm: int = 0
    """Of the last one of a stack; a model that normalises after its parts has none."""
    attention: int = 0
    feed_forward: int = 0
    logits: int = 0
    stacks: tuple[tuple[int, int], ...] = ()
    """How many blocks each stack has, and how many attentions each of them."""

    def block(self, attentions: int = 1) -> int:
        """Return the parameters of one block."""
        return (attentions + 1) * self.norm + attentions * self.attention + self.feed_forward

    @property
    def total(self) -> int:
        """The parameters of the whole model."""
        stacks = sum(blocks * self.block(attentions) + self.final_norm for blocks, attentions in self.stacks)
        return self.embedding + self.positions + stacks + self.logits


def parts(model: ModelConfig) -> Parts:
    """Count the parameters of each part of a model.

    Args:
        model: The architecture.

    Returns:
        The counts. A bigram model is nothing but its table of logits.
    """
    vocab, width, hidden = model.vocab_size, model.embed_dim, model.hidden_dim
    if model.architecture == "bigram":
        return Parts(logits=vocab * vocab)
    norm = width * (2 if model.norm == "layernorm" and model.bias else 1)
    into_hidden = 2 if model.activation == "swiglu" else 1  # the gate is a matrix of its own
    return Parts(
        embedding=model.token_rows * width,
        positions=model.block_size * width if model.positions == "learned" else 0,
        norm=norm,
        final_norm=norm if model.norm_position == "pre" else 0,
        attention=4 * width * width + width * (3 * model.qkv_bias + model.bias),
        feed_forward=(into_hidden + 1) * width * hidden + model.bias * (into_hidden * hidden + width),
        logits=0 if model.tied_head else model.classes * (width + model.head_bias),
        stacks=model.stacks(),
    )


def summary(model: ModelConfig) -> str:
    """Describe a model in one line, from its characters to its logits."""
    vocab, width = model.vocab_size, model.embed_dim
    if model.architecture == "bigram":
        return f"last character → a table of {vocab:,} × {vocab:,} → {vocab:,} logits"
    blocks = "1 block" if model.num_layers == 1 else f"{model.num_layers} blocks"
    if model.replies:
        blocks = f"encoder and decoder of {blocks} each"
    return f"{vocab:,} → {width:,} → {blocks} ({heads(model)}, {widths(model)}) → {model.classes:,} logits"


def heads(model: ModelConfig) -> str:
    """Name the heads of one block, such as `4 heads of 32`."""
    return f"{model.num_heads} {'head' if model.num_heads == 1 else 'heads'} of {model.head_dim}"


def widths(model: ModelConfig) -> str:
    """Name the widths that a feed-forward network goes through."""
    return f"{model.embed_dim:,} → {model.hidden_dim:,} → {model.embed_dim:,}"
