"""Measure a trained model's exact loss: `python -m tinygpt_keras.evaluate`."""

import argparse
import dataclasses
import json
import math
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tinygpt_keras import console
from tinygpt_keras.config import CommandParser
from tinygpt_keras.config.tasks import PAIRS, TASKS
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.encoded_text import encode_run
from tinygpt_keras.text.pairs import vocabulary
from tinygpt_keras.text.task_corpus import task_corpus

if TYPE_CHECKING:
    from tinygpt_keras.evaluation.exact_loss import Score


def make_parser() -> argparse.ArgumentParser:
    """Return the command's argument parser."""
    parser = CommandParser(
        prog="python -m tinygpt_keras.evaluate",
        description="The loss over every character of the validation split: the last tenth of the text. Of a model "
        "that replies: over the replies of the last tenth of the pairs, and the share of those that are exactly right.",
    )
    parser.add_argument("--run", metavar="DIR", help="a run directory (default: the newest, else the pretrained model)")
    parser.add_argument(
        "--with",
        metavar="DIR",
        nargs="+",
        action="extend",
        default=[],
        help="more runs of the same text, to score the mean of all runs' probabilities; no replies are counted then",
    )
    parser.add_argument("--data", metavar="PATH", help="a text to split and score (default: the run's own)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command with its arguments, or the process's own, and return its exit status."""
    return console.run_command(make_parser(), evaluate, argv)


def evaluate(flags: dict[str, Any]) -> int:
    """Open the run, score the validation split and print the result."""
    from tinygpt_keras.runs.reading import find_run

    directory = find_run(flags["run"])
    others = [find_run(path) for path in flags["with"]]
    score = score_run(directory, flags["data"], others)
    values: dict[str, Any] = {
        "loss": score.loss,
        "standard_error": score.standard_error,
        "bits_per_character": score.bits_per_character,
        "perplexity": score.perplexity if math.isfinite(score.perplexity) else None,  # JSON has no infinity
        "characters": score.characters,
        "run": str(directory.path),
    }
    if score.exact is not None:
        values["exact"] = score.exact
    if others:
        values["with"] = [str(other.path) for other in others]
    if flags["json"]:
        console.show(json.dumps(values, ensure_ascii=False))
        return console.DONE
    if others:
        console.show(f"runs together       {1 + len(others)}")
    error = "" if score.standard_error is None else f" ± {score.standard_error:.4f}"
    console.show(f"loss                {score.loss:.4f}{error} nats per character")
    console.show(f"bits per character  {score.bits_per_character:.4f}")
    console.show(f"perplexity          {score.perplexity:.3f}")
    console.show(f"characters          {score.characters:,}")
    if score.exact is not None:
        console.show(f"exactly right       {score.exact:.2%} of the replies")
    return console.DONE


def score_run(directory: RunDirectory, data: str | None = None, others: Sequence[RunDirectory] = ()) -> "Score":
    """Measure a run's best weights over the whole validation split.

    Args:
        directory: The run's directory.
        data: A text to split and score instead of the run's own.
        others: More runs, to score the mean of all runs' probabilities.

    Returns:
        The exact loss; of a single run whose task has right replies, also the share of exact ones.

    Raises:
        InputError: When a run is named twice, cannot be opened, or differs from the first in text, vocabulary or
            context length, or when the text is too short or has characters that the model does not know.
    """
    from tinygpt_keras.models.open import open_run
    from tinygpt_keras.runs.reading import read_vocabulary, run_corpus
    from tinygpt_keras.text.tokenizer import visible

    config = directory.config()
    tokenizer = read_vocabulary(directory, config)
    if data is None:
        corpus = run_corpus(directory, config, otherwise=", or give the text to --data")
    else:
        corpus = task_corpus(PAIRS if TASKS[config.task].is_made else config.task, data)
        if corpus.files:
            console.tell(f"{corpus.name}: {corpus.files}")
    unknown = sorted(set(vocabulary(config.task, corpus)) - set(tokenizer.characters))
    if unknown:
        raise InputError(
            f"{corpus.name} has characters that the model has never seen: {' '.join(map(visible, unknown[:10]))}. "
            "Score a text of the model's own characters."
        )
    ids = encode_run(directory, config, corpus, tokenizer)
    if corpus.characters < 2:
        raise InputError(f"{corpus.name} has {corpus.characters} characters. Give a text of at least 2.")
    check_alike([directory, *others], own_text=data is None)
    with console.quiet_libraries() as screen:
        opened = [open_run(run) for run in (directory, *others)]
        from rich.console import Console
        from rich.progress import Progress

        from tinygpt_keras.evaluation.ensemble import Ensemble
        from tinygpt_keras.evaluation.exact_loss import exact_loss
        from tinygpt_keras.generation import Generator
        from tinygpt_keras.training.examples import examples_of

        model = Ensemble([run.model for run in opened]) if others else opened[0].model
        examples = examples_of(ids)
        windows = examples.validation(config)
        terminal = Console(file=screen)
        with Progress(console=terminal, transient=True, disable=not terminal.is_terminal) as bar:  # ends at Ctrl-C, too
            score = exact_loss(model, bar.track(windows, description="scoring"))
        if config.model.replies and not others:
            exact = examples.exactly_right(config, lambda: Generator(opened[0].model, tokenizer, jit_compile=False))
            score = dataclasses.replace(score, exact=exact)
    if not math.isfinite(score.loss):
        raise InputError(f"the loss of {directory.path} is not a number: its weights are too large. Train it again.")
    return score


def check_alike(runs: Sequence[RunDirectory], own_text: bool) -> None:
    """Reject runs whose predictions cannot be averaged: all must predict the same characters from the same context.

    Args:
        runs: The runs; the others are compared with the first.
        own_text: Whether they are scored on the text that they were trained on.

    Raises:
        InputError: When a run is named twice, when its weights are missing or damaged, or when texts, vocabularies or
            context lengths differ.
    """
    from tinygpt_keras.runs.reading import read_vocabulary
    from tinygpt_keras.runs.weights import check_weights_file

    first = runs[0].config()
    characters = read_vocabulary(runs[0], first).characters
    for number, run in enumerate(runs[1:], 1):
        if run.path.resolve() in [other.path.resolve() for other in runs[:number]]:
            raise InputError(f"{run.path} is named twice. Name each run once, including the run of --run.")
        config = run.config()
        differing = {
            # One run's validation split may be in the other's training split.
            "texts": own_text and config.corpus.sha256 != first.corpus.sha256,
            "tasks": config.task != first.task,
            "characters": read_vocabulary(run, config).characters != characters,
            "context lengths": config.model.block_size != first.model.block_size,
        }
        for what, differs in differing.items():
            if differs:
                raise InputError(f"{runs[0].path} and {run.path} have different {what}. Score them one at a time.")
        check_weights_file(run.best_file, config.model)


if __name__ == "__main__":
    sys.exit(main())
