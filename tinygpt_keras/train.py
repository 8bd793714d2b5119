"""Train a model: `python -m tinygpt_keras.train`."""

import argparse
import dataclasses
import functools
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinygpt_keras import atomic, console, files
from tinygpt_keras.config import (
    DEFAULT_PRESET,
    PRESETS,
    CommandParser,
    ModelConfig,
    RunConfig,
    TrainingConfig,
    add_flags,
    flag_type,
)
from tinygpt_keras.config.presets import DEFAULT_REPLYING_PRESET
from tinygpt_keras.config.processes import ProcessOptions, check_divides, process_options
from tinygpt_keras.config.run import ADOPTED
from tinygpt_keras.config.tasks import TASKS, TEXT
from tinygpt_keras.distribution.group import Alone, Group
from tinygpt_keras.distribution.launcher import check_backend, supervise
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import CONFIG_BYTES, RUNS_DIR, RunDirectory, newest_run
from tinygpt_keras.runs.encoded_text import encode_run
from tinygpt_keras.text.corpus import STANDARD_INPUT, Corpus, check_length
from tinygpt_keras.text.encoded_pairs import EncodedPairs
from tinygpt_keras.text.pairs import cut_pairs_notice
from tinygpt_keras.training.attempts import Attempts
from tinygpt_keras.training.fitting import fit
from tinygpt_keras.training.resume_flags import (
    check_origin,
    check_resumable,
    ended_already,
    interruption,
    not_resumed,
    resume_command,
    schedule_line,
    trained_further,
)
from tinygpt_keras.training.setup import check_installed, set_up, tell_if_long, write

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Encoded = NDArray[Any] | EncodedPairs

OWN_FLAGS = {"preset", "task", "data", "run_dir", "resume", "seed", "start_from"}
GROUP_FLAGS = {field.name for field in dataclasses.fields(ProcessOptions)}
NEW_ENDS = ("steps", "minutes")  # the only fields that --resume may change


def make_parser() -> argparse.ArgumentParser:
    """Return the command's argument parser."""
    parser = CommandParser(
        prog="python -m tinygpt_keras.train",
        description="Train a model on a text. Without flags: the default preset on tiny Shakespeare.",
        epilog="presets: " + "; ".join(f"{name}, {preset.description}" for name, preset in PRESETS.items()),
    )
    default = f"{DEFAULT_PRESET}, or {DEFAULT_REPLYING_PRESET} to reply"
    parser.add_argument("--preset", metavar="NAME", help=f"the recipe to start from (default {default})")
    parser.add_argument(
        "--task",
        choices=tuple(TASKS),
        help="what an encoder-decoder learns: "
        + "; ".join(f"{name}, to {task.description}" for name, task in TASKS.items() if name != TEXT),
    )
    parser.add_argument(
        "--data",
        metavar="PATH",
        help="a UTF-8 text, a folder of .txt files, or - for standard input; a .tsv file of sources and replies",
    )
    parser.add_argument(
        "--from",
        dest="start_from",
        metavar="RUN",
        help="start from another run's weights (its folder, or pretrained) and, unless --preset is given, its "
        "recipe, at a tenth of the learning rate",
    )
    parser.add_argument("--run-dir", metavar="DIR", help="where to write the run (default runs/PRESET-TIME)")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="continue the run in --run-dir, or the newest; --steps (a new total) or --minutes (more) train it further",
    )
    parser.add_argument(
        "--seed", type=flag_type(int), metavar="N", help=f"random seed of the run (default {RunConfig().seed})"
    )
    add_flags(parser, ModelConfig, "model (defaults are the preset's)", show_defaults=False)
    add_flags(parser, TrainingConfig, "training (defaults are the preset's)", show_defaults=False)
    add_flags(parser, ProcessOptions, "several processes, see docs/scaling.md", show_defaults=True)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command with its arguments, or the process's own, and return its exit status."""
    given = sys.argv[1:] if argv is None else argv
    return console.run_command(make_parser(), functools.partial(train, given=given), given)


def train(flags: dict[str, Any], given: Sequence[str]) -> int:
    """Train in this process, or in several with `--processes`.

    Args:
        flags: The parsed flags.
        given: The arguments, for the processes to start.

    Returns:
        The exit status.
    """
    options = process_options(flags, os.environ)
    if not options.several:
        return lead(flags, Alone())
    check_backend(os.environ)
    if flags["data"] == STANDARD_INPUT and sys.stdin.isatty():
        raise InputError("--data - reads a pipe or a file where several processes train. Give the text's path.")
    attempts = Attempts(flags, given, options)
    try:
        return supervise(options, attempts.command, attempts.resumed)
    finally:
        attempts.tidy()


def lead(flags: dict[str, Any], group: Group) -> int:
    """Set up a new run, or resume one, and train it, as the only process or as the first of several."""
    if flags["resume"]:
        return resume(flags, group)
    directory, config, corpus = set_up(flags)
    check_divides(config.training.batch_size, group.devices, "devices")
    with directory.locked():
        write(directory, config, corpus)
        try:
            ids = encoded(directory, config, corpus)
        except KeyboardInterrupt:
            return ended(directory, "interrupted", *group.repeated)
        del corpus  # training needs only the ids
        return ended(directory, fit(directory, config, ids, group), *group.repeated)


def resume(flags: dict[str, Any], group: Group) -> int:
    """Resume a run, and train it to its end, or to a new end from the flags."""
    from tinygpt_keras.runs.checkpoints import list_checkpoints, newest_progress
    from tinygpt_keras.runs.progress import Progress

    directory = find_resumed(flags)
    config = directory.config()
    check_resumable(config.training)
    check_installed(config.training)
    check_divides(config.training.batch_size, group.devices, "devices", is_fixed=True)
    new_end = {name: flags.get(name) for name in NEW_ENDS}
    with directory.locked():
        progress = newest_progress(directory.checkpoints, config.model)
        if progress is None and (kept := list_checkpoints(directory.checkpoints)):
            steps = ", ".join(path.name for path in kept)
            raise InputError(
                f"every checkpoint of {directory.path} is damaged: {steps}. Restore one from a copy, or start a new "
                "run; the best weights still open."
            )
        # A run that was trained from an adopted one has its preset, but begins anew from it.
        if progress is None and config.preset == ADOPTED and not config.start_from:
            raise InputError(
                f"{directory.path} was trained elsewhere, and has no checkpoint to resume from. Train it further as a "
                "new run, with --from."
            )
        check_origin(directory, "" if progress else config.start_from, flags["start_from"])
        progress = progress or Progress()
        if further := any(value is not None for value in new_end.values()):
            config = trained_further(config, progress, **new_end)
        elif why := ended_already(config.training, progress):
            console.tell(f"{why}; to train further, give a new total of steps or more minutes:")
            console.tell(resume_command(directory.path, "--steps", str(max(2 * progress.step, config.training.steps))))
            console.show(str(directory.path))
            return console.DONE
        asked = [f"--{name}={value}" for name, value in new_end.items() if value is not None]  # not in config.json yet
        try:
            corpus = take_up(directory, config)
            console.tell(f"resuming {directory.path}")
            if further:
                console.tell(schedule_line(config.training, progress))
            if config.to_json().encode() != files.read_bytes(directory.config_file, CONFIG_BYTES):
                # Also updates an older `format`, whose version could not read what this one adds.
                atomic.write_text(directory.config_file, config.to_json())
            asked = []
            ids = encoded(directory, config, corpus)
        except KeyboardInterrupt:
            return ended(directory, "interrupted", *asked, *group.repeated)
        del corpus
        return ended(directory, fit(directory, config, ids, group, further), *group.repeated)


def ended(directory: RunDirectory, reason: str, *asked: str) -> int:
    """Print the run's directory and, if interrupted, the command to resume it; return the exit status."""
    if reason != "interrupted":
        console.show(str(directory.path))
        return console.DONE
    console.tell(*interruption(directory, *asked))
    try:
        console.show(str(directory.path))
    except OSError:  # a closed terminal also interrupts the run
        console.drop_output()
    return console.INTERRUPTED


def find_resumed(flags: dict[str, Any]) -> RunDirectory:
    """Return the run to resume: the newest, unless --run-dir names one."""
    refused = [name for name in ("preset", "task", "data", "seed") if flags[name] is not None]
    refused += [name.replace("_", "-") for name in flags if name not in {*OWN_FLAGS, *GROUP_FLAGS, *NEW_ENDS}]
    if refused:
        raise not_resumed(f"--{refused[0]}")
    found = RunDirectory(Path(flags["run_dir"])) if flags["run_dir"] else newest_run(needed="config.json")
    if found is None:
        raise InputError(f"there is no run in {RUNS_DIR} to resume. Start one without --resume.")
    return found


def take_up(directory: RunDirectory, config: RunConfig) -> Corpus:
    """Check the vocabulary of a run to resume, and read its text."""
    from tinygpt_keras.runs.reading import read_vocabulary, run_corpus

    read_vocabulary(directory, config)
    corpus = run_corpus(directory, config)
    tell_if_long(directory.corpus_file)  # not before: a refusal is one line
    if config.task == TEXT:
        check_length(corpus.name, corpus.characters, config.model.block_size)
    return corpus


def encoded(directory: RunDirectory, config: RunConfig, corpus: Corpus) -> "Encoded":
    """Return the ids of a run's text, as `encode_run` does, and tell how many pairs are cut."""
    from tinygpt_keras.text.tokenizer import CharTokenizer

    tokenizer = CharTokenizer.load(directory.vocab_file)
    ids = encode_run(directory, config, corpus, tokenizer, keep=True)
    if isinstance(ids, EncodedPairs) and ids.cut:
        console.tell(cut_pairs_notice(ids.cut, len(ids), config.model.block_size))
    return ids


if __name__ == "__main__":
    sys.exit(main())
