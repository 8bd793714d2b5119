"""Choose a run, and read its vocabulary and text."""

from pathlib import Path

from tinygpt_keras import files
from tinygpt_keras.config import RunConfig
from tinygpt_keras.config.run import TINY_SHAKESPEARE
from tinygpt_keras.console import tell
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RUNS_DIR, RunDirectory, newest_run, pretrained_run, run_at
from tinygpt_keras.text import content
from tinygpt_keras.text.content import Content, FileBytes
from tinygpt_keras.text.corpus import STANDARD_INPUT, Corpus, read_corpus
from tinygpt_keras.text.tokenizer import CharTokenizer


def find_run(path: str | None) -> RunDirectory:
    """Return the run to read; print which one if no path is given.

    Args:
        path: A run directory, or `pretrained`. `None` chooses the newest run, or else the pretrained model.

    Returns:
        The run directory.
    """
    if path is not None:
        return run_at(path)
    run = newest_run() or pretrained_run()
    what = "the newest run" if run.path.parent == RUNS_DIR else "the pretrained model"
    tell(f"using {what}, {run.path}")
    return run


def read_vocabulary(directory: RunDirectory, config: RunConfig) -> CharTokenizer:
    """Read a run's `vocab.json` and check its size against `config.json`."""
    tokenizer = CharTokenizer.load(directory.vocab_file)
    if tokenizer.vocab_size != config.model.vocab_size:
        raise InputError(
            f"{directory.vocab_file} has {tokenizer.vocab_size} characters, but config.json says "
            f"{config.model.vocab_size}. Restore both from the same run."
        )
    return tokenizer


def run_corpus(directory: RunDirectory, config: RunConfig, otherwise: str = "") -> Corpus:
    """Read the text that a run was trained on.

    Args:
        directory: The run.
        config: Its configuration.
        otherwise: Advice for a user without the text, which ends an error message.

    Returns:
        The text.

    Raises:
        InputError: When the text has changed or is missing.
    """
    if config.corpus.name == TINY_SHAKESPEARE:
        corpus = read_corpus()
        if corpus.sha256 == config.corpus.sha256:
            return corpus
        what, repair = "tiny Shakespeare is not the text", "Install the version of this program that trained it"
    elif files.kind_of(directory.corpus_file):
        # Check the size and hash before reading: a different text may have any size.
        size, characters = directory.corpus_file.lstat().st_size, config.corpus.characters
        if characters <= size <= 4 * characters and files.sha256(directory.corpus_file) == config.corpus.sha256:
            return Corpus(config.corpus.name, kept_content(directory.corpus_file))
        what, repair = f"{directory.corpus_file} is not the text", "Restore it"
    else:
        name = "standard input" if config.corpus.name == STANDARD_INPUT else config.corpus.name
        raise InputError(f"{directory.corpus_file}, the copy of {name}, is gone. Restore it{otherwise}.")
    raise InputError(f"{what} that {directory.path} was trained on. {repair}{otherwise}.")


def kept_content(path: Path) -> Content:
    """Return the bytes of a run's text: in memory if it is short, else in its file."""
    if path.lstat().st_size <= content.IN_MEMORY:
        return files.read_bytes(path, content.IN_MEMORY)
    return FileBytes(open(path, "rb", opener=files.opener), str(path))
