"""How often a model's likeliest reply is exactly the right one."""

from typing import Any

from numpy.typing import NDArray

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.text.encoded_pairs import EncodedPairs


def exact_share(generator: Any, pairs: EncodedPairs, rows: NDArray[Any], at_once: int) -> float:
    """Compute the share of pairs whose reply is written exactly, each symbol being the likeliest.

    Of a reply that is cut, the beginning has to be written that fits into a block.

    Args:
        generator: A `Generator` of a `Transformer`.
        pairs: The pairs.
        rows: The numbers of those to try, at least one.
        at_once: How many replies to write in one batch.

    Returns:
        From 0 to 1.
    """
    options = SamplingOptions(max_new=pairs.widths[1], temperature=0.0, seed=1)  # the longest reply, and its end
    right, room = 0, generator.model.config.block_size - 1  # the start takes a place
    for first in range(0, len(rows), at_once):
        asked = [pairs.text(row, generator.tokenizer) for row in rows[first : first + at_once]]
        replies = generator.generate([pair.source for pair in asked], options)
        right += sum(reply == pair.reply[:room] for reply, pair in zip(replies, asked, strict=True))
    return right / len(rows)
