"""Pairs as ids: a source with its end, and a reply between its start and its end."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tinygpt_keras.config.model import Marks
from tinygpt_keras.config.tasks import TEXT
from tinygpt_keras.text.corpus import Corpus
from tinygpt_keras.text.pairs import Pair, Pairs, kept_reply, kept_source, read_pairs
from tinygpt_keras.text.tokenizer import CharTokenizer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class EncodedPairs:
    """Pairs as ids, end to end; `take` lays some of them out in rows.

    A source is its characters and the end's id; a reply is the start's id, its characters, and the end's. Of a source
    that is too long the end is kept, of a reply the beginning, which then has no end.
    """

    sources: "NDArray[Any]"
    """The ids of all sources, `(symbols,)`."""
    source_starts: "NDArray[Any]"
    """Where each source begins, and where the last one ends, `(N + 1,)`."""
    replies: "NDArray[Any]"
    """The ids of all replies, `(symbols,)`."""
    reply_starts: "NDArray[Any]"
    """Where each reply begins, and where the last one ends, `(N + 1,)`."""
    train: int
    cut: int
    """How many pairs are cut."""
    vocab_size: int

    @property
    def marks(self) -> Marks:
        """The ids beyond the vocabulary."""
        return Marks.beyond(self.vocab_size)

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.source_starts) - 1

    @property
    def widths(self) -> tuple[int, int]:
        """The longest source, S, and reply, T."""
        import numpy as np

        return int(np.diff(self.source_starts).max()), int(np.diff(self.reply_starts).max()) - 1

    def text(self, row: int, tokenizer: CharTokenizer) -> Pair:
        """Decode a pair, as far as it is kept."""
        ids = (
            flat[starts[row] : starts[row + 1]]
            for flat, starts in ((self.sources, self.source_starts), (self.replies, self.reply_starts))
        )
        return Pair(*(tokenizer.decode(part[part < self.vocab_size]) for part in ids))

    def take(self, rows: Any) -> "tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]":
        """Lay pairs out in rows, filled up with padding.

        Args:
            rows: Their numbers, `(B,)`.

        Returns:
            Sources, `(B, S)`; replies, `(B, T)`; what comes after each symbol of the replies, `(B, T)`; all int32; and
            weights, `(B, T)` float32: zero for padding.
        """
        import numpy as np

        width, length = self.widths
        padding = self.marks.padding
        source = fill(self.sources, self.source_starts, rows, width, padding)
        reply = fill(self.replies, self.reply_starts, rows, length + 1, padding)
        there = reply[:, 1:] != padding
        # The last symbol of each reply is only a target.
        inputs = np.where(there, reply[:, :-1], padding)
        return source, inputs, np.where(there, reply[:, 1:], 0), there.astype(np.float32)


def fill(flat: "NDArray[Any]", starts: "NDArray[Any]", rows: Any, width: int, padding: int) -> "NDArray[Any]":
    """Return parts of an array as rows of a width, `(B, width)` int32, filled up with padding."""
    import numpy as np

    columns = np.arange(width)
    first, last = starts[rows][:, None], starts[np.asarray(rows) + 1][:, None]
    there = first + columns < last
    return np.where(there, flat[np.where(there, first + columns, 0)], padding).astype(np.int32)


def encode_source(source: str, tokenizer: CharTokenizer, block_size: int) -> "NDArray[np.int32]":
    """Encode what a model reads of a source of known characters: its end, and the end's id, `(S,)`."""
    import numpy as np

    end = Marks.beyond(tokenizer.vocab_size).end
    return np.append(tokenizer.encode(kept_source(source, block_size)), end).astype(np.int32)


def encode_reply(reply: str, tokenizer: CharTokenizer, block_size: int) -> "NDArray[np.int32]":
    """Encode what a model learns of a reply of known characters: the start's id, its beginning, and the end's id.

    Returns:
        Ids, `(T + 1,)` with T up to the block size; the first T are read, the last T predicted.
    """
    import numpy as np

    marks = Marks.beyond(tokenizer.vocab_size)
    kept = tokenizer.encode(kept_reply(reply, block_size))
    return np.concatenate([[marks.start], kept, [marks.end] * (len(kept) < block_size)]).astype(np.int32)


def encode_pairs(pairs: Pairs, tokenizer: CharTokenizer, block_size: int) -> EncodedPairs:
    """Encode pairs as `encode_source` and `encode_reply` do, all at once: that takes a tenth of the time.

    Args:
        pairs: The pairs.
        tokenizer: A tokenizer that knows all their characters.
        block_size: The most symbols of a source or reply, its end included.

    Returns:
        The ids.
    """
    import numpy as np

    room, (end, start, _) = block_size - 1, Marks.beyond(tokenizer.vocab_size)
    sources = [kept_source(source, block_size) for source, _ in pairs.pairs]
    replies = [kept_reply(reply, block_size) for _, reply in pairs.pairs]
    has_end = np.array([len(reply) <= room for reply in replies])
    source_ends, reply_ends = (np.cumsum([len(text) for text in side]) for side in (sources, replies))
    marks = np.where([[True, False]], start, end).repeat(len(replies), axis=0)  # of each reply; a cut one has no end
    places = np.stack([np.r_[0, reply_ends[:-1]], reply_ends], axis=1)
    is_there = np.stack([np.ones_like(has_end), has_end], axis=1)
    return EncodedPairs(
        np.insert(encode_together(sources, tokenizer), source_ends, end),
        np.r_[0, source_ends + np.arange(1, len(sources) + 1)],
        np.insert(encode_together(replies, tokenizer), places[is_there], marks[is_there]),
        np.r_[0, reply_ends + np.cumsum(is_there.sum(axis=1))],
        pairs.train,
        sum(max(map(len, pair)) > room for pair in pairs.pairs),
        tokenizer.vocab_size,
    )


def encode_together(texts: list[str], tokenizer: CharTokenizer) -> "NDArray[Any]":
    """Encode texts end to end, in a dtype that also holds the three ids beyond the vocabulary."""
    import numpy as np

    largest = max(Marks.beyond(tokenizer.vocab_size))
    return tokenizer.encode("".join(texts)).astype(np.uint8 if largest < 2**8 else np.int32)


def encode_corpus(
    task: str, corpus: Corpus, tokenizer: CharTokenizer, block_size: int
) -> "NDArray[Any] | EncodedPairs":
    """Encode what a task learns from.

    Args:
        task: The task.
        corpus: Its text.
        tokenizer: A tokenizer that knows all characters.
        block_size: The model's.

    Returns:
        The text's ids, `(N,)`, in the smallest integer dtype that holds them, or the pairs.
    """
    if task == TEXT:
        return tokenizer.encode_pieces(corpus.pieces(), corpus.characters)
    return encode_pairs(read_pairs(task, corpus), tokenizer, block_size)
