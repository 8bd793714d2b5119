"""The model architecture's configuration."""

import math
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple, Self

from tinygpt_keras.config.fields import FieldError, Options, option
from tinygpt_keras.config.tasks import REPLYING

# Numbers of one text, of which the weights show nothing: half a gigabyte, which a shared run may ask for at most.
MOST_SCORES = 2**27  # in a block
MOST_LOGITS = 2**27


class Marks(NamedTuple):
    """The ids of an encoder-decoder that stand for no character: the first ones beyond its vocabulary."""

    end: int
    """Ends a source and a reply; the only one that is predicted."""
    start: int
    """Begins a reply."""
    padding: int
    """Fills a row of a batch up; nothing sees it."""

    @classmethod
    def beyond(cls, vocab_size: int) -> Self:
        """Return those of a vocabulary of V characters: V, V + 1 and V + 2."""
        return cls(*range(vocab_size, vocab_size + len(cls._fields)))


@dataclass(frozen=True)
class ModelConfig(Options):
    """The architecture of a model; together with the weights, all that is needed to run it."""

    architecture: str = option(
        "gpt", "the model; transformer is an encoder with a decoder", choices=("gpt", "bigram", "transformer")
    )
    vocab_size: int = option(65, "distinct characters, counted from the text", minimum=1, maximum=0x110000)
    block_size: int = option(256, "context length", minimum=2, maximum=16384, unit="characters")
    embed_dim: int = option(128, "width of the residual stream", minimum=1, maximum=16384)
    num_heads: int = option(4, "attention heads in a block", minimum=1, maximum=1024)
    num_layers: int = option(4, "blocks", minimum=1, maximum=1024)
    positions: str = option("rope", "how positions are encoded", choices=("learned", "rope", "sinusoidal"))
    norm: str = option("rmsnorm", "normalisation layer", choices=("layernorm", "rmsnorm"))
    norm_position: str = option(
        "pre", "normalise before each part of a block, or after its addition", choices=("pre", "post")
    )
    activation: str = option(
        "relu_squared", "the feed-forward's non-linearity", choices=("gelu", "relu", "relu_squared", "swiglu")
    )
    qk_norm: bool = option(True, "normalise queries and keys before they are compared")
    bias: bool = option(False, "biases in output projections, feed-forwards and LayerNorms")
    qkv_bias: bool = option(False, "biases in the query, key and value projections")
    head_bias: bool = option(False, "a bias on the logits")
    tied_head: bool = option(False, "the head shares the token embedding's weights")
    scaled_embedding: bool = option(False, "multiply token embeddings by the root of the width")
    attention_scale: str = option(
        "head", "divide scores by the root of the head size, or of the width", choices=("head", "width")
    )
    initialization: str = option(
        "zero",
        "initial weights: zero output projections; GPT-2's; plain normal; PyTorch's defaults; the transformer paper's",
        choices=("zero", "gpt2", "normal", "torch", "xavier"),
    )
    embedding_dropout: float = option(0.0, "dropout on the embeddings", minimum=0.0, maximum=0.99)
    attention_dropout: float = option(0.0, "dropout on the attention weights", minimum=0.0, maximum=0.99)
    attention_output_dropout: float = option(0.0, "dropout on the attention's output", minimum=0.0, maximum=0.99)
    feed_forward_dropout: float = option(0.0, "dropout on the feed-forward's output", minimum=0.0, maximum=0.99)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.block_size * self.vocab_size > MOST_LOGITS:
            raise FieldError(
                lambda named: (
                    f"{named('block_size')} {self.block_size} takes {self.block_size * self.vocab_size:,} logits with "
                    f"{self.vocab_size:,} different characters, and {MOST_LOGITS:,} are the most. Use a shorter "
                    "context, or a text of fewer different characters."
                )
            )
        if self.architecture == "bigram":
            return
        width, heads = self.embed_dim, self.num_heads
        if width % heads:
            step = heads * (2 if self.positions == "rope" else 1)  # rope needs heads of an even size
            raise FieldError(
                lambda named: (
                    f"{named('num_heads')} {heads} does not divide {named('embed_dim')} {width}. "
                    f"Use a width that is a multiple of the heads, such as {-(-width // step) * step}."
                )
            )
        if self.positions == "rope" and self.head_dim % 2:
            raise FieldError(
                lambda named: (
                    f"{named('positions')} rope rotates pairs of channels, but each head has {self.head_dim}. "
                    f"Use an even head size ({named('embed_dim')} / {named('num_heads')}) or learned positions."
                )
            )
        if self.positions == "sinusoidal" and width % 2:
            raise FieldError(
                lambda named: (
                    f"{named('positions')} sinusoidal has a sine and a cosine of each length, but {named('embed_dim')} "
                    f"is {width}. Use an even width or learned positions."
                )
            )
        if heads * self.block_size**2 > MOST_SCORES:
            raise FieldError(
                lambda named: (
                    f"{named('block_size')} {self.block_size} takes {heads * self.block_size**2:,} scores in each "
                    f"block, and {MOST_SCORES:,} are the most. Use a shorter context, or fewer heads."
                )
            )
        if self.tied_head and self.head_bias:
            raise FieldError(
                lambda named: (
                    f"{named('tied_head')} has no bias of its own. "
                    f"Drop one of {named('tied_head')} and {named('head_bias')}."
                )
            )

    @property
    def head_dim(self) -> int:
        """The number of channels in one head, D."""
        return self.embed_dim // self.num_heads

    @property
    def hidden_dim(self) -> int:
        """The feed-forward's inner width: 4 C, or 8/3 C for SwiGLU, whose third matrix makes up the parameters."""
        if self.activation == "swiglu":
            return -(-8 * self.embed_dim // 3 // 8) * 8
        return 4 * self.embed_dim

    @property
    def replies(self) -> bool:
        """Whether the model is an encoder-decoder, which replies to a source; the others continue a text."""
        return self.architecture == REPLYING

    @property
    def special_ids(self) -> int:
        """How many ids there are beyond the vocabulary."""
        return len(Marks._fields) if self.replies else 0

    @property
    def classes(self) -> int:
        """How many outcomes the model predicts: the characters and, of a reply, its end."""
        return self.vocab_size + self.replies

    @property
    def token_rows(self) -> int:
        """Rows of the token embedding: the characters and, for pairs, their end, start and padding."""
        return self.vocab_size + self.special_ids

    @property
    def end_id(self) -> int:
        """The id that ends a source and a reply."""
        return Marks.beyond(self.vocab_size).end

    @property
    def start_id(self) -> int:
        """The id that a reply begins with."""
        return Marks.beyond(self.vocab_size).start

    @property
    def padding_id(self) -> int:
        """The id that fills a row of a batch up."""
        return Marks.beyond(self.vocab_size).padding

    def stacks(self) -> tuple[tuple[int, int], ...]:
        """Return blocks and attentions in a block, of each stack: a GPT's one, or encoder and decoder."""
        if self.replies:
            return (self.num_layers, 1), (self.num_layers, 2)
        return ((self.num_layers, 1),)

    def parameters(self) -> int:
        """Count the trainable parameters without building the model.

        Returns:
            The number of parameters.
        """
        return sum(count * math.prod(shape) for shape, count in self.shapes().items())

    def shapes(self) -> Counter[tuple[int, ...]]:
        """Count the weights of each shape without building the model."""
        vocab, width, hidden = self.vocab_size, self.embed_dim, self.hidden_dim
        into_hidden = 2 if self.activation == "swiglu" else 1
        found: Counter[tuple[int, ...]] = Counter()
        if self.architecture == "bigram":
            found[vocab, vocab] = 1
            return found
        found[self.token_rows, width] += 1
        found[self.block_size, width] += self.positions == "learned"
        in_norm = 2 if self.norm == "layernorm" and self.bias else 1
        for blocks, attentions in self.stacks():
            parts = attentions + 1
            found[width, width] += 4 * attentions * blocks
            found[width, hidden] += into_hidden * blocks
            found[hidden, width] += blocks
            found[(hidden,)] += into_hidden * blocks * self.bias
            biases = attentions * (3 * self.qkv_bias + self.bias) + self.bias
            found[(width,)] += blocks * (biases + parts * in_norm) + (self.norm_position == "pre") * in_norm
        found[width, self.classes] += not self.tied_head
        found[(self.classes,)] += self.head_bias and not self.tied_head
        return +found  # without zeros
