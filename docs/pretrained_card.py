"""The model card of the pretrained model, written from its run's files."""

import dataclasses
import datetime
import shlex
from typing import Any

from tinygpt_keras.config import PRESETS, RunConfig, config_from_flags, flag_name
from tinygpt_keras.config.flags import WITHOUT_FLAG
from tinygpt_keras.console.progress import duration
from tinygpt_keras.errors import InputError
from tinygpt_keras.evaluation.exact_loss import Score
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.events import read_events

CARD = """\
# Model card: the pretrained `{config.preset}`

A GPT that writes on, a character at a time, in the manner of Shakespeare's plays. `sample`, `evaluate`, `export` and
the chat of `tinygpt-tui` take it where there is no run of your own.

## Model

| | |
| --- | --- |
| architecture | decoder-only transformer, {model.num_layers} blocks of width {model.embed_dim}; see `config.json` |
| context | {model.block_size} characters |
| vocabulary | {model.vocab_size} characters, in `vocab.json` |
| parameters | {parameters:,} |
| weights | `best.keras`, {megabytes:.2f} MB: kept in float16, computed with in float32 |
| licence | MIT, like the code; the text is in the public domain |

## Training

```sh
{command}
```

| | |
| --- | --- |
| seed | {config.seed} |
| steps | {steps:,}; the weights are those of step {best_step:,}, the best of {evaluations} evaluations |
| corpus | {config.corpus.name}, {config.corpus.characters:,} characters; the first nine tenths are trained on |
| corpus's sha256 | `{config.corpus.sha256}` |
| machine | {machine} |
| versions | {versions} |
| time | {time} |
| date | {date} |

## Evaluation

`python -m tinygpt_keras.evaluate`, on the text's last tenth: {exact.characters:,} characters, each predicted once.

| weights | loss in nats per character |
| --- | --- |
| as trained, float32 | {exact.loss:.4f} |
| as shipped, float16 | {shipped.loss:.4f} |

The standard error is {shipped.standard_error:.4f}. Step and recipe were chosen by this split, and the seed
is the best of three, which flatters it.

## What it is for, and what not

It is for playing, and for seeing what such a model does before you train your own.

- It continues a text. It answers no questions, follows no instructions and knows no facts.
- Words and lines look right; the sense is lost within a sentence, and some words exist nowhere else.
- It sees {model.block_size} characters back at most, and has never seen accents, other scripts or digits but 3.
- It learned from plays of about 1600, and may write their violence and their prejudices. Let nothing depend on it.
"""


def write_card(directory: RunDirectory, exact: Score, shipped: Score, size: int) -> str:
    """Return the model card of a run.

    Args:
        directory: The run.
        exact: The score of the original weights.
        shipped: The score of the rounded weights.
        size: The size of the rounded weights' file, in bytes.

    Returns:
        The card, in Markdown.

    Raises:
        InputError: If the run is not finished.
    """
    config, events = directory.config(), finished_events(directory)
    evaluations = {event["step"]: event["val_loss"] for event in events if event["event"] == "eval"}
    return CARD.format(
        config=config,
        model=config.model,
        parameters=config.model.parameters(),
        megabytes=size / 1e6,
        command=train_command(config),
        steps=events[-1]["step"],
        best_step=min(evaluations, key=lambda step: evaluations[step]),
        evaluations=len(evaluations),
        machine=next(event["device"] for event in events if event["event"] == "start"),
        versions=", ".join(f"{name} {version}" for name, version in config.versions.items()),
        time=duration(sum(event["wall_s"] for event in events if event["event"] == "end")),
        date=f"{datetime.datetime.fromtimestamp(events[-1]['time'], datetime.UTC):%Y-%m-%d}",
        exact=exact,
        shipped=shipped,
    )


def finished_events(directory: RunDirectory) -> list[dict[str, Any]]:
    """Return the whole history of a finished run.

    Args:
        directory: The run.

    Returns:
        Its events, oldest first.

    Raises:
        InputError: If the run is not finished.
    """
    events = list(read_events(directory.events_file))
    if not events or events[-1].get("reason") not in ("finished", "stopped_early"):
        raise InputError(f"{directory.path} is not finished. Resume it, or give another run.")
    return events


def train_command(config: RunConfig) -> str:
    """Return the shell command that trains a run: preset, seed, and every setting that differs from the preset."""
    # The number of steps sets the defaults of other fields, so it comes first.
    given = {"steps": config.training.steps} if config.training.steps != PRESETS[config.preset].training.steps else {}
    made = config_from_flags(config.preset, given, config.seed)
    wanted, found = ({**dataclasses.asdict(c.model), **dataclasses.asdict(c.training)} for c in (config, made))
    given |= {name: value for name, value in wanted.items() if value != found[name] and name not in WITHOUT_FLAG}
    line = ["python", "-m", "tinygpt_keras.train", "--preset", config.preset, "--seed", str(config.seed)]
    for name, value in given.items():
        flag = flag_name(name) if value is not False else flag_name(f"no_{name}")
        line += [flag] if isinstance(value, bool) else [flag, str(value)]
    return shlex.join(line)
