"""A run's text as ids; those of a long text are kept in the run's cache and mapped into memory."""

import hashlib
import io
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec

from tinygpt_keras import atomic, files
from tinygpt_keras.config import RunConfig
from tinygpt_keras.config.tasks import TEXT
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.text import content, encodings
from tinygpt_keras.text.corpus import Corpus
from tinygpt_keras.text.encoded_pairs import EncodedPairs, encode_corpus
from tinygpt_keras.text.ids import id_dtype
from tinygpt_keras.text.tokenizer import CharTokenizer

if TYPE_CHECKING:
    from numpy.typing import NDArray

IDS, ABOUT = "ids.npy", "ids.json"
ABOUT_BYTES = 1000  # of the second file, at most: three hashes
BLOCK = 2**20  # ids checked at once


def encode_run(
    directory: RunDirectory, config: RunConfig, corpus: Corpus, tokenizer: CharTokenizer, keep: bool = False
) -> "NDArray[Any] | EncodedPairs":
    """Return the ids of a text, `(N,)`, in the smallest integer dtype that holds them, or of its pairs.

    Args:
        directory: The run. Its cache is used if it holds these ids.
        config: The run's configuration.
        corpus: The text.
        tokenizer: A tokenizer that knows all its characters.
        keep: Whether to write the ids of a long text to the run's cache; else they go to a temporary file.

    Returns:
        Ids in memory for a text of up to `IN_MEMORY` bytes, and in a mapped, read-only file for a longer one.
    """
    if config.task != TEXT or len(corpus.content) <= content.IN_MEMORY:
        return encode_corpus(config.task, corpus, tokenizer, config.model.block_size)
    if (ids := kept_ids(directory.cache, corpus, tokenizer)) is not None:
        return ids
    if not keep:
        with tempfile.TemporaryFile() as file:
            write_ids(file, corpus, tokenizer)
            return mapped_ids(file, corpus, tokenizer)
    with atomic.whole_folder(directory.cache) as folder:
        with (folder / IDS).open("xb") as file:
            digest = write_ids(file, corpus, tokenizer)
        atomic.write_text(folder / ABOUT, json.dumps({**origin(corpus, tokenizer), "ids": digest}) + "\n")
    with open(directory.cache / IDS, "rb", opener=files.opener) as file:
        return mapped_ids(file, corpus, tokenizer)


def kept_ids(cache: Path, corpus: Corpus, tokenizer: CharTokenizer) -> "NDArray[Any] | None":
    """Return a text's ids from a run's cache; `None` if it has others, or none that are whole.

    All are read once, at the speed of the disk: an id outside the vocabulary would be taken for another.
    """
    try:
        about = msgspec.json.decode(files.read_bytes(cache / ABOUT, ABOUT_BYTES), type=dict[str, str])
        digest = about.pop("ids", "")
        if about != origin(corpus, tokenizer):
            return None
        with open(cache / IDS, "rb", opener=files.opener) as file:
            if files.is_mostly_hole(file) or not holds(file, corpus, tokenizer):
                return None
            ids = mapped_ids(file, corpus, tokenizer)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    found = hashlib.sha256()
    for block in blocks(ids):
        if block.max() >= tokenizer.vocab_size or block.min() < 0:
            return None
        found.update(block.data)
    return ids if found.hexdigest() == digest else None


def blocks(ids: "NDArray[Any]") -> "Iterator[NDArray[Any]]":
    """Yield an array in parts."""
    return (ids[place : place + BLOCK] for place in range(0, len(ids), BLOCK))


def origin(corpus: Corpus, tokenizer: CharTokenizer) -> dict[str, str]:
    """Return the hashes of what ids are computed from: a text and a vocabulary."""
    return {
        "text": corpus.sha256,
        "vocabulary": hashlib.sha256("".join(tokenizer.characters).encode()).hexdigest(),
    }


def header(corpus: Corpus, tokenizer: CharTokenizer) -> bytes:
    """Return the `.npy` header of a text's ids; its length is a multiple of TensorFlow's alignment."""
    from numpy.lib import format as npy

    dtype, start = id_dtype(tokenizer.vocab_size), io.BytesIO()
    shape = (corpus.characters,)
    npy.write_array_header_1_0(start, {"descr": dtype.str, "fortran_order": False, "shape": shape})
    return start.getvalue()


def write_ids(file: IO[bytes], corpus: Corpus, tokenizer: CharTokenizer) -> str:
    """Encode a text into an open file, a piece at a time, with a progress bar.

    Returns:
        The SHA-256 of the ids, in hexadecimal.
    """
    from tinygpt_keras.console.byte_bar import byte_bar

    dtype, digest = id_dtype(tokenizer.vocab_size), hashlib.sha256()
    file.write(header(corpus, tokenizer))
    with byte_bar(len(corpus.content)) as advance:
        for piece in encodings.cuts(corpus.content):
            ids = tokenizer.encode(piece.decode("utf-8", "replace")).astype(dtype)
            file.write(ids.data)
            digest.update(ids.data)
            advance(len(piece))
        file.flush()
    return digest.hexdigest()


def holds(file: IO[bytes], corpus: Corpus, tokenizer: CharTokenizer) -> bool:
    """Whether an open file has the header and the size of a text's ids."""
    wanted = header(corpus, tokenizer)
    size = len(wanted) + corpus.characters * id_dtype(tokenizer.vocab_size).itemsize
    return os.fstat(file.fileno()).st_size == size and file.read(len(wanted)) == wanted


def mapped_ids(file: IO[bytes], corpus: Corpus, tokenizer: CharTokenizer) -> "NDArray[Any]":
    """Map the ids of an open file into memory, read-only; they stay when it is closed."""
    import numpy as np

    dtype, start = id_dtype(tokenizer.vocab_size), len(header(corpus, tokenizer))
    return np.memmap(file, dtype, "r", start, (corpus.characters,))
