"""How often a model's likeliest reply is exactly the right one."""

from typing import Any

from numpy.typing import NDArray

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.text.encoded_pairs import EncodedPairs

AT_ONCE = 512  # replies written in one batch


def exact_share(generator: Any, pairs: EncodedPairs, rows: NDArray[Any]) -> float:
    """Compute the share of pairs whose reply is written exactly, each symbol being the likeliest.

    Args:
        generator: A `Generator` of a `Transformer`.
        pairs: The pairs.
        rows: The numbers of those to try, at least one.

    Returns:
        From 0 to 1.
    """
    options = SamplingOptions(max_new=pairs.widths[1], temperature=0.0, seed=1)  # the longest reply, and its end
    right = 0
    for first in range(0, len(rows), AT_ONCE):
        asked = [pairs.text(row, generator.tokenizer) for row in rows[first : first + AT_ONCE]]
        replies = generator.generate([pair.source for pair in asked], options)
        right += sum(reply == pair.reply for reply, pair in zip(replies, asked, strict=True))
    return right / len(rows)
