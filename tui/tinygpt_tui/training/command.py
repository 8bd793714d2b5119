"""A run's recipe as one command: the flags of `train` that configure another run as this one was."""

import contextlib
import dataclasses
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tinygpt_keras.config import DEFAULT_PRESET, PRESETS, RunConfig, TrainingConfig, flag_name
from tinygpt_keras.config.flags import WITHOUT_FLAG, preset_for, shortened
from tinygpt_keras.config.origin import FREE, gentle
from tinygpt_keras.config.run import ADOPTED, TINY_SHAKESPEARE
from tinygpt_keras.config.tasks import TASKS
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.text import encodable
from tinygpt_tui.training.listing import as_typed

PROGRAM = ("python", "-m", "tinygpt_keras.train")
EXACT = 2**53  # below which every whole float is written exactly
LENGTH = ("steps", "minutes")
NO_COMMAND = "No command trains it again: its weights were trained elsewhere, or averaged by an earlier version."


def train_command(config: RunConfig, text: str) -> str:
    """Return the command that trains a run of this configuration.

    Args:
        config: The run's configuration.
        text: Where its text is; ignored for the embedded one.

    Returns:
        One line for bash or zsh; empty if no flags describe the run.
    """
    given = flags(config, text)
    if not given or any("\0" in flag for flag in given):
        return ""
    return command_line(map(encodable, given))


def command_line(given: Iterable[str]) -> str:
    """Return the command with some flags, as a person would type it: `--steps 400`, not `--steps=400`."""
    words = list(PROGRAM)
    for flag in given:
        name, _, value = flag.partition("=")
        # A value that looks like a flag must not stand alone.
        words += [name, value] if value and not value.startswith("-") else [flag]
    return " ".join(map(quoted, words))


def flags(config: RunConfig, text: str) -> list[str]:
    """Return the flags of `train` for a configuration, without those that repeat the preset.

    Args:
        config: The configuration.
        text: Where its text is; ignored for the embedded one.

    Returns:
        The flags; none for weights from elsewhere, and for those that an earlier version averaged.
    """
    if config.training.ema > 0 or (config.preset == ADOPTED and not config.start_from):
        return []
    # A preset of another version is unknown here: every difference from the default one is listed instead.
    preset = config.preset if config.preset in PRESETS else DEFAULT_PRESET
    has_recipe = not config.start_from or config.preset in PRESETS
    named = ["--preset", preset] if has_recipe else []
    if config.model.replies:
        named.append(f"--task={config.task}")
    if config.corpus.name != TINY_SHAKESPEARE and not TASKS[config.task].is_made:
        named.append(f"--data={text}")
    if config.start_from:
        named.append(f"--from={config.start_from}")
    if config.seed != RunConfig().seed:
        named.append(f"--seed={config.seed}")
    usual = preset_for(preset, config.task, config.seed)
    if not config.start_from:
        return named + differences(config, dataclasses.asdict(usual.model), usual.training)
    return named + differences(config, fitting(config), gentle(usual.training) if has_recipe else None)


def fitting(config: RunConfig) -> dict[str, Any]:
    """Return the model's fields that `--from` fixes whatever the other run is, which is not read here."""
    fixed = {name: value for name, value in dataclasses.asdict(config.model).items() if name not in FREE}
    if config.model.positions != "learned":
        del fixed["block_size"]  # may be longer than the other run's
    return fixed


def differences(config: RunConfig, model: dict[str, Any], recipe: TrainingConfig | None) -> list[str]:
    """Return a flag for each field that is not set already.

    Args:
        config: The configuration.
        model: The model's fields that are set.
        recipe: The training recipe that is set; `None` if it is not known.
    """
    training = config.training
    values = dataclasses.asdict(config.model) | dataclasses.asdict(training)
    base = model | (dataclasses.asdict(recipe) if recipe is not None else {})
    found: list[str] = []
    if training.minutes is not None:
        found.append(as_flag("minutes", training.minutes))
    elif recipe is None or recipe.steps != training.steps:
        found.append(f"--steps={training.steps}")
        if recipe is not None:
            unit = "gradient_accumulation_steps"
            given = {"steps": training.steps} | ({unit: values[unit]} if base[unit] != values[unit] else {})
            base |= shortened(recipe, given)
    changed = {name for name, value in values.items() if name not in base or base[name] != value}
    changed -= WITHOUT_FLAG | set(LENGTH)
    return found + [as_flag(name, value) for name, value in values.items() if name in changed]


def as_flag(name: str, value: object) -> str:
    """Return the flag that sets a field; a whole number has no decimal point."""
    if isinstance(value, bool):
        return flag_name(name, on=value)
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return f"{flag_name(name)}={value:.0f}"
    return f"{flag_name(name)}={value}"


def quoted(word: str) -> str:
    """Quote a word for bash and zsh on one line: pasted control characters would act on the terminal."""
    if word.isprintable():
        return shlex.quote(word)
    name, equals, value = word.partition("=")
    escaped = "".join(map(escape, value if equals else name))
    return f"{shlex.quote(name)}=$'{escaped}'" if equals else f"$'{escaped}'"


def escape(character: str) -> str:
    """Return a character as it is written inside `$'…'`."""
    if character in "\\'":
        return f"\\{character}"
    if character.isprintable():
        return character
    named = {"\n": "\\n", "\t": "\\t"}
    return named.get(character, f"\\U{ord(character):08x}" if ord(character) > 0x7F else f"\\{ord(character):03o}")


def command_of(directory: RunDirectory) -> str:
    """Return the command that trains another run like this one, from the working directory.

    Raises:
        InputError: When the run's configuration cannot be read.
    """
    return command_from_here(directory.config(), directory)


def command_from_here(config: RunConfig, directory: RunDirectory) -> str:
    """Return the command for the configuration of a run; its paths lead there from the working directory.

    The text is the run's own copy, which nobody changes, or else the path that it was read from.

    Args:
        config: The configuration.
        directory: The run.
    """
    copy = directory.corpus_file
    text = typed(copy) if copy.is_file() else from_here(config.corpus.name, directory)
    origin = from_here(config.start_from, directory) if config.start_from else ""
    return train_command(dataclasses.replace(config, start_from=origin), text)


def from_here(name: str, directory: RunDirectory) -> str:
    """Return a path as it was given to a run, or from the folder of `runs/` where it leads nowhere else.

    Args:
        name: The path. It may be relative to another working directory.
        directory: The run.
    """
    there = directory.path.parent.parent / name
    return typed(there) if not exists(Path(name)) and exists(there) else name


def typed(path: Path) -> str:
    """Return a path as one would type it here; as it is where the working directory is gone."""
    try:
        return as_typed(path.absolute())
    except FileNotFoundError:
        return str(path)


def exists(path: Path) -> bool:
    """Whether a path, which a stranger may have written, leads to something."""
    with contextlib.suppress(OSError, ValueError):
        return path.exists()
    return False
