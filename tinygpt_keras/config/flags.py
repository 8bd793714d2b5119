"""Command-line flags generated from the configuration fields."""

import argparse
import dataclasses
import typing
from collections.abc import Callable, Container
from typing import Any, TypeVar

from tinygpt_keras.config.fields import FieldError, Options, describe, flag_name, parse_value, value_type
from tinygpt_keras.config.presets import PRESETS, Preset
from tinygpt_keras.config.run import RunConfig
from tinygpt_keras.config.tasks import REPLYING, SPEECHES, TASKS, TEXT
from tinygpt_keras.config.training import TrainingConfig
from tinygpt_keras.errors import InputError

Config = TypeVar("Config", bound=Options)
# Fields without a flag: the vocabulary is counted from the text, and weights are no longer averaged.
WITHOUT_FLAG = {"vocab_size", "ema"}


class CommandParser(argparse.ArgumentParser):
    """An argument parser whose errors are reported as all others are."""

    def error(self, message: str) -> typing.NoReturn:
        """Raise the error, instead of printing it as it is."""
        raise InputError(f"{message}. Run {self.prog} --help for usage.")


def add_flags(
    parser: argparse.ArgumentParser,
    config: type[Options],
    title: str,
    show_defaults: bool,
    leave_out: Container[str] = (),
) -> None:
    """Add one flag for each field of a configuration; the parsed result holds only the flags that were given.

    Args:
        parser: The command's parser.
        config: The configuration's class.
        title: The heading of these flags in `--help`.
        show_defaults: Whether `--help` shows the fields' defaults.
        leave_out: Fields that have no effect on the command.
    """
    group = parser.add_argument_group(title)
    hints = typing.get_type_hints(config)
    for field in dataclasses.fields(typing.cast(Any, config)):
        if field.name in WITHOUT_FLAG or field.name in leave_out:
            continue
        kind = value_type(hints[field.name])
        words = field.metadata["help"] + (f", in {field.metadata['unit']}" if field.metadata["unit"] else "")
        if show_defaults and field.default not in (None, ""):
            words += f" (default {field.default})"
        arguments: dict[str, Any] = {"default": argparse.SUPPRESS, "dest": field.name}
        if kind is bool:
            arguments["action"] = argparse.BooleanOptionalAction
        elif field.metadata["choices"]:
            arguments["choices"] = field.metadata["choices"]
        else:
            arguments["metavar"] = {int: "N", float: "X", str: "TEXT"}[kind]
            arguments["type"] = flag_type(kind)
            words += f"; {describe(field, kind)}" if kind is not str else ""
        group.add_argument(flag_name(field.name), help=words.replace("%", "%%"), **arguments)


def flag_type(kind: type) -> Callable[[str], Any]:
    """Return `parse_value` for this type, as a function named after the type because argparse prints that name."""

    def read(text: str) -> Any:
        return parse_value(kind, text)

    read.__name__ = kind.__name__
    return read


def config_from_flags(preset: str, flags: dict[str, Any], seed: int, task: str | None = None) -> RunConfig:
    """Override the fields of a preset with those of a task, and with flags.

    Args:
        preset: A name in `PRESETS`.
        flags: Values by field name; other names are ignored.
        seed: The run's seed.
        task: A name in `TASKS`; by default the speeches of a play for an encoder-decoder, and a text for the others.

    Returns:
        The run's configuration, without corpus and versions.

    Raises:
        InputError: When the preset is unknown or a value is invalid.
    """
    replies = flags.get("architecture", named_preset(preset).model.architecture) == REPLYING
    task = task or (SPEECHES if replies else TEXT)
    config = config_over(preset_for(preset, task, seed), flags, seed)
    check_task(config)
    return config


def preset_for(preset: str, task: str, seed: int) -> RunConfig:
    """Return a preset with the changes of a task, which it may still not fit.

    Raises:
        InputError: When the preset is unknown.
    """
    named = named_preset(preset)
    base = RunConfig(preset, seed, named.model, named.training, task=task)
    changes = {**TASKS[task].changes, **(named.made if TASKS[task].is_made else {})}
    return config_over(base, changes, seed)


def named_preset(name: str) -> Preset:
    """Return a preset by its name, or raise an `InputError` that lists all names."""
    if name not in PRESETS:
        raise InputError(f"there is no preset {name!r}. Choose one of {', '.join(PRESETS)}.")
    return PRESETS[name]


def check_task(config: RunConfig) -> None:
    """Reject a model that cannot learn the task: an encoder-decoder learns pairs, and the others texts."""
    replies = config.model.replies
    if replies and config.task == TEXT:
        raise FieldError(
            lambda named: (
                f"an encoder-decoder learns pairs, not a text. Choose another {named('task')}, or another model."
            )
        )
    if not replies and config.task != TEXT:
        presets = " or ".join(name for name, preset in PRESETS.items() if preset.model.replies)

        def words(named: Callable[..., str]) -> str:
            needs = f"{named('task')} {config.task} needs an encoder-decoder, "
            if config.start_from:
                return f"{needs}and {config.start_from} is none. Choose another --from, or drop it."
            return f"{needs}{named('architecture')} {REPLYING}. Choose {named('preset')} {presets}."

        raise FieldError(words)


def config_over(base: RunConfig, flags: dict[str, Any], seed: int) -> RunConfig:
    """Override the fields of a configuration with flags.

    Flags that set `steps` also unset `minutes`, and shorten the warm-up and the evaluation interval if needed.

    Args:
        base: The configuration.
        flags: Values by field name; other names are ignored.
        seed: The run's seed.

    Returns:
        The configuration with these values.

    Raises:
        InputError: When a value is invalid.
    """
    if "steps" in flags:
        flags = {"minutes": None, **shortened(base.training, flags), **flags}
    model, training = overlay(base.model, flags), overlay(base.training, flags)
    return dataclasses.replace(base, seed=seed, model=model, training=training)


def check_one_limit(given: Container[str]) -> None:
    """Reject `steps` and `minutes` given together.

    Args:
        given: Names of the given fields.

    Raises:
        InputError: When both are given.
    """
    if "steps" in given and "minutes" in given:
        raise FieldError(
            lambda named: f"{named('steps')} and {named('minutes')} both say how long to train. Give one of them."
        )


def shortened(training: TrainingConfig, flags: dict[str, Any]) -> dict[str, Any]:
    """Return the warm-up and evaluation interval for a shorter run: at most a tenth and a quarter of its steps."""
    steps = flags["steps"]
    unit = max(flags.get("gradient_accumulation_steps", training.gradient_accumulation_steps), 1)
    return {
        "eval_every": min(training.eval_every, max(steps // 4 // unit, 1) * unit),
        "warmup_steps": min(training.warmup_steps, max(steps, 0) // 10),
    }


def overlay(config: Config, flags: dict[str, Any]) -> Config:
    """Return a configuration with the fields replaced that the flags set."""
    names = {field.name for field in dataclasses.fields(typing.cast(Any, config))} - WITHOUT_FLAG
    given = {name: value for name, value in flags.items() if name in names}
    return typing.cast(Config, dataclasses.replace(typing.cast(Any, config), **given))
