"""Train a model: `python -m tinygpt_keras.train`."""

import argparse
import dataclasses
import sys
import typing
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tinygpt_keras import atomic, console
from tinygpt_keras.config import (
    DEFAULT_PRESET,
    PRESETS,
    CommandParser,
    CorpusInfo,
    ModelConfig,
    RunConfig,
    TrainingConfig,
    add_flags,
    config_from_flags,
)
from tinygpt_keras.corpus import Corpus, read_corpus, shortest_length
from tinygpt_keras.errors import InputError
from tinygpt_keras.events import read_events
from tinygpt_keras.loading import load_keras
from tinygpt_keras.runs import RUNS_DIR, RunDirectory, check_run_name, make_run_directory, newest_run

if typing.TYPE_CHECKING:
    from numpy.typing import NDArray

OWN_FLAGS = {"preset", "data", "run_dir", "resume", "seed"}


def make_parser() -> argparse.ArgumentParser:
    """Make the command's flags."""
    parser = CommandParser(
        prog="python -m tinygpt_keras.train",
        description="Train a model on a text. Without flags: the default preset on tiny Shakespeare.",
        epilog="presets: " + "; ".join(f"{name}, {preset.description}" for name, preset in PRESETS.items()),
    )
    parser.add_argument("--preset", metavar="NAME", help=f"the recipe to start from (default {DEFAULT_PRESET})")
    parser.add_argument("--data", metavar="PATH", help="a UTF-8 text, a folder of .txt files, or - for standard input")
    parser.add_argument("--run-dir", metavar="DIR", help="where the run goes (default runs/PRESET-TIME)")
    parser.add_argument("--resume", action="store_true", help="continue the run in --run-dir, or the newest")
    parser.add_argument("--seed", type=int, metavar="N", help=f"of everything random (default {RunConfig().seed})")
    add_flags(parser, ModelConfig, "model (defaults are the preset's)", show_defaults=False)
    add_flags(parser, TrainingConfig, "training (defaults are the preset's)", show_defaults=False)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command with its arguments, or the process's own, and return its exit status."""
    return console.run_command(make_parser(), train, argv)


def train(flags: dict[str, Any]) -> int:
    """Set up or take up a run, and train it."""
    from tinygpt_keras.tokenizer import CharTokenizer

    if flags["resume"]:
        directory, config, corpus = take_up(flags)
    else:
        directory, config, corpus = set_up(flags)
    with directory.locked():
        if flags["resume"]:
            console.tell(f"resuming {directory.path}")
        else:
            write(directory, config, corpus)
        ids = CharTokenizer.load(directory.vocab_file).encode_pieces(corpus.pieces(), corpus.characters)
        del corpus  # training reads the ids alone
        reason = fit(directory, config, ids)
    if reason != "interrupted":
        print(directory.path)
        return console.DONE
    console.tell(f"interrupted; continue with: --resume --run-dir {directory.path}")
    try:
        print(directory.path, flush=True)
    except OSError:  # a terminal that was closed is why it was interrupted
        console.drop_output()
    return console.INTERRUPTED


def set_up(flags: dict[str, Any]) -> tuple[RunDirectory, RunConfig, Corpus]:
    """Read the flags and the text of a new run; nothing is written yet but its directory."""
    given = {name: value for name, value in flags.items() if name not in OWN_FLAGS}
    seed = RunConfig().seed if flags["seed"] is None else flags["seed"]
    config = config_from_flags(flags["preset"] or DEFAULT_PRESET, given, seed)
    if "steps" in flags and "minutes" in flags:
        raise InputError("--steps and --minutes both say how long to train. Give one of them.")
    corpus = read_corpus(flags["data"])
    if corpus.files:
        console.tell(console.printable(f"{corpus.name}: {corpus.files}"))
    block_size = config.model.block_size
    if corpus.characters < shortest_length(block_size):
        raise InputError(
            f"{corpus.name} has {corpus.characters} characters; with --block-size {block_size} the shortest text that "
            f"works has {shortest_length(block_size)}. Give a longer text, or a smaller --block-size."
        )
    path = Path(flags["run_dir"]) if flags["run_dir"] else make_run_directory(config.preset)
    check_run_name(path)
    directory = RunDirectory(path)
    check_no_run(directory)
    if path.exists() and not path.is_dir():
        raise InputError(f"{path} is a file. Choose another --run-dir.")
    # Whoever starts this as a child makes the folder and its log beforehand.
    if path.is_dir() and any(
        not entry.name.startswith(".") and entry != directory.log_file for entry in path.iterdir()
    ):
        raise InputError(f"{path} is a folder with something else in it. Choose another --run-dir.")
    tell_escapes(config.training.sample_prompt, corpus.vocabulary)
    path.mkdir(parents=True, exist_ok=True)
    return directory, describe(config, corpus), corpus


def tell_escapes(prompt: str, vocabulary: Sequence[str]) -> None:
    """Tell how a shell writes a line end, where the prompt of the samples has a backslash and an n."""
    from tinygpt_keras.tokenizer import CharTokenizer, escape_hint

    _, dropped = CharTokenizer(vocabulary).plain(prompt)
    if hint := escape_hint(prompt, dropped):
        console.tell(f"--sample-prompt: {hint}")


def check_no_run(directory: RunDirectory) -> None:
    """Refuse to train where a run is."""
    if directory.config_file.exists():
        raise InputError(
            f"{directory.path} holds a run already. Add --resume to continue it, or choose another --run-dir."
        )


def describe(config: RunConfig, corpus: Corpus) -> RunConfig:
    """Complete a configuration by what was read: the vocabulary's size, the corpus, and the versions."""

    def installed(name: str) -> str:
        try:
            return version(name)
        except PackageNotFoundError:  # TensorFlow is also distributed under other names
            return "unknown"

    libraries = {name: installed(name) for name in ("tinygpt-keras", "keras", "tensorflow")}
    return dataclasses.replace(
        config,
        model=dataclasses.replace(config.model, vocab_size=len(corpus.vocabulary)),
        corpus=CorpusInfo(corpus.name.encode("utf-8", "replace").decode("utf-8"), corpus.sha256, corpus.characters),
        versions={"python": sys.version.split()[0], **libraries},
    )


def take_up(flags: dict[str, Any]) -> tuple[RunDirectory, RunConfig, Corpus]:
    """Read the configuration and the text of a run that is to be continued."""
    from tinygpt_keras.opening import read_vocabulary, run_corpus

    refused = [
        name
        for name in flags
        if name not in OWN_FLAGS or (name in ("preset", "data", "seed") and flags[name] is not None)
    ]
    if refused:
        raise InputError(
            f"--resume continues with the run's own configuration. Drop --{refused[0].replace('_', '-')}, "
            "or start a new run."
        )
    found = RunDirectory(Path(flags["run_dir"])) if flags["run_dir"] else newest_run(needed="config.json")
    if found is None:
        raise InputError(f"there is no run in {RUNS_DIR} to resume. Start one without --resume.")
    config = found.config()
    read_vocabulary(found, config)
    return found, config, run_corpus(found, config)


def write(directory: RunDirectory, config: RunConfig, corpus: Corpus) -> None:
    """Write what every later step reads; `config.json` comes last, so that its run is whole."""
    from tinygpt_keras.tokenizer import CharTokenizer

    check_no_run(directory)  # another may have begun and ended since it was first looked for
    try:
        CharTokenizer(corpus.vocabulary).save(directory.vocab_file)
        if corpus.name != CorpusInfo().name:
            atomic.write_bytes(directory.corpus_file, corpus.content)
        atomic.write_text(directory.config_file, config.to_json())
    except OSError:
        # Half of a run, which the next try would refuse.
        for file in (directory.config_file, directory.vocab_file, directory.corpus_file):
            file.unlink(missing_ok=True)
        raise


def fit(directory: RunDirectory, config: RunConfig, ids: "NDArray[Any]") -> str:
    """Train, with a display on standard error and the libraries' chatter in the log.

    Args:
        directory: The run.
        config: Its configuration.
        ids: Its text, encoded.

    Returns:
        Why training ended.
    """
    from tinygpt_keras.progress import ProgressDisplay
    from tinygpt_keras.tokenizer import CharTokenizer
    from tinygpt_keras.training.signals import StopRequest

    stop, training = StopRequest(), config.training
    steps = None if training.minutes else training.steps
    with (
        stop.listening(),
        console.quiet_libraries(directory.log_file) as screen,
        ProgressDisplay(screen, steps, training.minutes, read_events(directory.events_file)) as display,
    ):
        load_keras()
        from tinygpt_keras.training.session import Session

        tokenizer = CharTokenizer.load(directory.vocab_file)
        return Session(config, directory, ids, tokenizer, display, stop).run()


if __name__ == "__main__":
    sys.exit(main())
