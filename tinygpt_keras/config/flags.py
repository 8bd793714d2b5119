"""Command-line flags made from the configuration's fields."""

import argparse
import dataclasses
import typing
from typing import Any, TypeVar

from tinygpt_keras.config.fields import describe, flag_name, value_type
from tinygpt_keras.config.model import ModelConfig
from tinygpt_keras.config.presets import PRESETS
from tinygpt_keras.config.run import RunConfig
from tinygpt_keras.config.training import TrainingConfig
from tinygpt_keras.errors import InputError

Config = TypeVar("Config", ModelConfig, TrainingConfig)
DERIVED = {"vocab_size"}  # counted from the text, never given


def add_config_flags(parser: argparse.ArgumentParser) -> None:
    """Add one flag for each field of the model's and the training's configuration.

    Args:
        parser: The command's parser.
    """
    for title, config in (("model", ModelConfig), ("training", TrainingConfig)):
        group = parser.add_argument_group(f"{title} (defaults are the preset's)")
        hints = typing.get_type_hints(config)
        for field in dataclasses.fields(config):
            if field.name in DERIVED:
                continue
            kind = value_type(hints[field.name])
            words = field.metadata["help"] + (f", in {field.metadata['unit']}" if field.metadata["unit"] else "")
            arguments: dict[str, Any] = {"default": argparse.SUPPRESS, "dest": field.name, "help": words}
            if kind is bool:
                group.add_argument(flag_name(field.name), action=argparse.BooleanOptionalAction, **arguments)
            elif field.metadata["choices"]:
                group.add_argument(flag_name(field.name), choices=field.metadata["choices"], **arguments)
            else:
                arguments["metavar"] = {int: "N", float: "X", str: "TEXT"}[kind]
                arguments["type"] = kind
                arguments["help"] += f" ({describe(field, kind)})" if kind is not str else ""
                group.add_argument(flag_name(field.name), **arguments)


def config_from_flags(preset: str, flags: dict[str, Any], seed: int) -> RunConfig:
    """Lay the given flags over a preset.

    Args:
        preset: A name in `PRESETS`.
        flags: Values by field name; other names are ignored.
        seed: The run's seed.

    Returns:
        The run's configuration, without corpus and versions.

    Raises:
        InputError: When the preset is unknown or a value is out of bounds.
    """
    if preset not in PRESETS:
        raise InputError(f"there is no preset {preset!r}. Choose one of {', '.join(PRESETS)}.")
    chosen = PRESETS[preset]

    training = chosen.training
    if "eval_every" not in flags and "steps" in flags:
        # A short run still wants a few evaluations on its way.
        unit = flags.get("gradient_accumulation_steps", training.gradient_accumulation_steps)
        quarter = max(flags["steps"] // 4 // max(unit, 1) * unit, unit, 1)
        flags = {**flags, "eval_every": min(training.eval_every, quarter)}
    return RunConfig(preset=preset, seed=seed, model=overlay(chosen.model, flags), training=overlay(training, flags))


def overlay(config: Config, flags: dict[str, Any]) -> Config:
    """Replace the fields of a configuration that flags name."""
    names = {field.name for field in dataclasses.fields(config)} - DERIVED
    return dataclasses.replace(config, **{name: value for name, value in flags.items() if name in names})
