"""Set-up of a new run: its flags, its text, and the files written before training."""

import contextlib
import dataclasses
import importlib.util
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tinygpt_keras import atomic, console
from tinygpt_keras.config import PRESETS, CorpusInfo, RunConfig, TrainingConfig, config_from_flags
from tinygpt_keras.config.flags import check_one_limit
from tinygpt_keras.config.origin import config_from_origin
from tinygpt_keras.config.presets import DEFAULT_REPLYING_PRESET, default_preset
from tinygpt_keras.config.run import TINY_SHAKESPEARE
from tinygpt_keras.config.tasks import PAIRS, REPLYING, TEXT
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import (
    PRETRAINED,
    RunDirectory,
    check_run_name,
    make_run_directory,
    pretrained_run,
    run_at,
)
from tinygpt_keras.runs.weights import check_weights_file
from tinygpt_keras.text import content
from tinygpt_keras.text.content import parts
from tinygpt_keras.text.corpus import Corpus, check_length
from tinygpt_keras.text.pairs import is_table, kept_source, read_pairs, vocabulary
from tinygpt_keras.text.task_corpus import task_corpus


def set_up(flags: dict[str, Any]) -> tuple[RunDirectory, RunConfig, Corpus]:
    """Check the flags of a new run, read its text, and create its directory, still without files."""
    config = new_config(flags)
    check_one_limit(flags)
    check_installed(config.training)
    tell_if_long(flags["data"])
    corpus = task_corpus(config.task, flags["data"])
    if corpus.files:
        console.tell(f"{corpus.name}: {corpus.files}")
    if config.task == TEXT:
        check_length(corpus.name, corpus.characters, config.model.block_size)
    config = describe(config, corpus, own_prompt="sample_prompt" in flags)
    path = Path(flags["run_dir"]) if flags["run_dir"] else make_run_directory(config.preset)
    directory = RunDirectory(path)
    check_free(directory)
    tell_escapes(config.training.sample_prompt, vocabulary(config.task, corpus))
    path.mkdir(parents=True, exist_ok=True)
    return directory, config, corpus


def tell_if_long(data: str | Path | None) -> None:
    """Announce the reading of a long text, which takes about ten seconds for a gigabyte."""
    with contextlib.suppress(OSError, ValueError):  # `read_corpus` says what is wrong
        if data is not None and (size := Path(data).stat().st_size) > content.IN_MEMORY:
            console.tell(f"reading {data}: {size // 1_000_000:,} MB")


def check_installed(training: TrainingConfig) -> None:
    """Reject a run that writes for TensorBoard where that is not installed.

    Raises:
        InputError: When it is missing.
    """
    if training.tensorboard and importlib.util.find_spec("tensorboard") is None:
        raise InputError("--tensorboard needs TensorBoard, which is not installed: pip install tensorboard.")


def new_config(flags: dict[str, Any]) -> RunConfig:
    """Return the configuration of a new run, still without corpus and versions.

    Args:
        flags: The command's flags by name. With `start_from` the model is that run's. So is the recipe, unless a
            preset is named, with a lower learning rate.

    Raises:
        InputError: When a value is out of bounds, or when the weights of `start_from` do not fit.
    """
    given = {name: value for name, value in flags.items() if name not in ("preset", "seed", "start_from", "task")}
    seed = RunConfig().seed if flags["seed"] is None else flags["seed"]
    if flags.get("start_from") is None:
        task = flags.get("task")
        if task is None and is_table(flags.get("data")) and may_reply(flags["preset"], given):
            task = PAIRS
        return config_from_flags(flags["preset"] or default_preset(task), given, seed, task)
    origin = run_at(flags["start_from"])
    trained = origin.config()
    check_weights_file(origin.best_file, trained.model)
    name = PRETRAINED if origin.path == pretrained_run().path else str(origin.path.absolute())
    own = PAIRS if trained.model.replies and is_table(flags.get("data")) else trained.task
    return config_from_origin(trained, name, flags["preset"], given, seed, flags.get("task") or own)


def may_reply(preset: str | None, given: dict[str, Any]) -> bool:
    """Whether flags choose an encoder-decoder, or nothing else."""
    named = PRESETS.get(preset or DEFAULT_REPLYING_PRESET)
    return given.get("architecture", named.model.architecture if named else "") == REPLYING


def tell_escapes(prompt: str, vocabulary: Sequence[str]) -> None:
    """Print how a shell writes a line end or tab, if the sample prompt spells one as a backslash and a letter."""
    from tinygpt_keras.text.tokenizer import CharTokenizer, escape_hint

    _, dropped = CharTokenizer(vocabulary).plain(prompt)
    if hint := escape_hint(prompt, dropped):
        console.tell(f"--sample-prompt: {hint}")


def check_free(directory: RunDirectory) -> None:
    """Refuse a directory for a new run that has an invalid name, or something else in it."""
    path = directory.path
    check_run_name(path)
    check_no_run(directory)
    if path.exists() and not path.is_dir():
        raise InputError(f"{path} is a file. Choose another --run-dir.")
    # The terminal UI creates the folder and its log before it starts this process.
    if path.is_dir() and any(
        not entry.name.startswith(".") and entry != directory.log_file for entry in path.iterdir()
    ):
        if directory.is_unborn():
            raise InputError(f"{path} was stopped before its run began. Remove it, or choose another --run-dir.")
        raise InputError(f"{path} is a folder with something else in it. Choose another --run-dir.")


def check_no_run(directory: RunDirectory) -> None:
    """Refuse a directory that already holds a run."""
    if directory.config_file.exists():
        raise InputError(
            f"{directory.path} holds a run already. Add --resume to continue it, or choose another --run-dir."
        )


def describe(config: RunConfig, corpus: Corpus, own_prompt: bool) -> RunConfig:
    """Complete a configuration with the vocabulary size, the corpus and the library versions.

    A run that replies is sampled with the first source that it does not learn from, unless the user chose a prompt.
    """
    if config.task != TEXT and not own_prompt:
        found = read_pairs(config.task, corpus)
        prompt = kept_source(found.pairs[found.train].source, config.model.block_size)
        config = dataclasses.replace(config, training=dataclasses.replace(config.training, sample_prompt=prompt))
    return dataclasses.replace(
        config,
        model=dataclasses.replace(config.model, vocab_size=len(vocabulary(config.task, corpus))),
        corpus=CorpusInfo(corpus.name.encode("utf-8", "replace").decode("utf-8"), corpus.sha256, corpus.characters),
        versions=installed_versions(),
    )


def installed_versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that decide a run's results."""

    def installed(name: str) -> str:
        try:
            return version(name)
        except PackageNotFoundError:  # TensorFlow has distributions under other names
            return "unknown"

    libraries = {name: installed(name) for name in ("tinygpt-keras", "keras", "tensorflow")}
    return {"python": sys.version.split()[0], **libraries}


def write(directory: RunDirectory, config: RunConfig, corpus: Corpus) -> None:
    """Write the vocabulary, the text and the configuration; `config.json` comes last and marks the run as complete."""
    from tinygpt_keras.text.tokenizer import CharTokenizer

    check_no_run(directory)  # another process may have trained here since the first check
    try:
        CharTokenizer(vocabulary(config.task, corpus)).save(directory.vocab_file)
        if corpus.name != TINY_SHAKESPEARE:
            atomic.write_parts(directory.corpus_file, parts(corpus.content))
        atomic.write_text(directory.config_file, config.to_json())
    except (OSError, KeyboardInterrupt):
        # Part of a run would make the next attempt fail.
        for file in (directory.config_file, directory.vocab_file, directory.corpus_file):
            file.unlink(missing_ok=True)
        raise
