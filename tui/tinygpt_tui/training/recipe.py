"""The training form's contents as a configuration and as flags of `train`: typed values override a preset's."""

import dataclasses
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tinygpt_keras.config import (
    PRESETS,
    ModelConfig,
    RunConfig,
    TrainingConfig,
    config_from_flags,
    flag_name,
)
from tinygpt_keras.config.fields import FieldError, describe, parse_value, value_type
from tinygpt_keras.config.flags import WITHOUT_FLAG, check_one_limit, preset_for
from tinygpt_keras.config.origin import config_from_origin, gentle
from tinygpt_keras.config.tasks import TEXT
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import PRETRAINED, RunDirectory, run_at
from tinygpt_keras.text.corpus import check_length, split_point
from tinygpt_keras.text.pairs import cut_pairs_notice
from tinygpt_tui.training.text_facts import TextFacts, expanded

MAIN = ("embed_dim", "num_heads", "num_layers", "block_size", "batch_size")  # always shown; the rest is "advanced"
LENGTH = ("steps", "minutes")  # alternatives, shown in a row of their own
# Parameters per character of text above which the form warns of overfitting. nanoGPT's GPU recipe has 11 on tiny
# Shakespeare, and overfits after a third of its steps.
LITTLE_TEXT = 5.0
HELD_OUT = "a held-out source"  # what a model that replies is asked for samples
CHECKPOINT_BYTES = 12  # per parameter: its value and two moments, in float32
CHECKPOINTS_AT_MOST = 500_000_000  # bytes in one run's folder


@dataclass(frozen=True)
class Field:
    """One field of the configuration as a form shows it."""

    name: str
    help: str
    unit: str
    kind: type
    choices: tuple[str, ...]
    accepts: str
    """The accepted values, in words."""

    @property
    def label(self) -> str:
        """What the form calls it."""
        return label(self.name)

    def parse(self, text: str) -> Any:
        """Parse the typed text.

        Args:
            text: The text, not empty.

        Returns:
            The value; the configuration checks its bounds.

        Raises:
            InputError: When it is not a value of the field's type.
        """
        if self.kind is bool and text in self.choices:
            return text == "yes"
        if "\0" in text or self.kind is bool:
            raise self.refusal(text)
        try:
            return parse_value(self.kind, text)
        except ValueError:
            raise self.refusal(text) from None

    def refusal(self, text: str) -> FieldError:
        """Return the error for a text that is not of the field's kind."""
        return FieldError(lambda named: f"{named(self.name)} is {text!r}. Give it {self.accepts}.")


def fields() -> dict[str, Field]:
    """Return every field of the model's and the training's configuration, by name."""
    found: dict[str, Field] = {}
    for config in (ModelConfig, TrainingConfig):
        hints = typing.get_type_hints(config)
        for field in dataclasses.fields(config):
            if field.name not in WITHOUT_FLAG:
                kind = value_type(hints[field.name])
                choices = ("yes", "no") if kind is bool else field.metadata["choices"]
                words = describe(field, kind)
                meta = field.metadata
                found[field.name] = Field(field.name, meta["help"], meta["unit"], kind, choices, words)
    return found


def in_form_words(error: InputError) -> str:
    """Return an error's message with the fields named as the form does."""
    return error.named(label) if isinstance(error, FieldError) else str(error)


def label(name: str, on: bool = True) -> str:
    """Return what the form calls a field, or one that is switched off."""
    words = f"length in {name}" if name in LENGTH else name.replace("_", " ")
    return words if on else f"no {words}"


class Origin(NamedTuple):
    """The run whose weights a new one starts from."""

    name: str
    """Its path, or `pretrained`."""
    config: RunConfig


def read_origin(path: str) -> Origin | None:
    """Read the configuration of a run to start from.

    Args:
        path: The run's folder; empty for none.

    Returns:
        The run, named as `train --from` expects.

    Raises:
        InputError: When its configuration cannot be read.
    """
    if not path:
        return None
    directory = RunDirectory(Path(path))
    name = PRETRAINED if run_at(PRETRAINED).path == directory.path else path
    return Origin(name, directory.config())


def presets(task: str) -> list[str]:
    """Return the names of the presets that learn a task."""
    return [name for name, preset in PRESETS.items() if preset.model.replies == (task != TEXT)]


def preset_value(preset: str, name: str, origin: Origin | None = None, task: str = TEXT) -> str:
    """Return a field's default as the form shows it: that of the preset for the task, or of the model to start from."""
    usual = preset_for(preset, task, RunConfig().seed)
    model, training = usual.model, usual.training
    if origin is not None:
        model, training = origin.config.model, gentle(training)
    if name == "sample_prompt" and task != TEXT:
        return HELD_OUT
    value = getattr(model if hasattr(model, name) else training, name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value.encode("unicode_escape").decode("ascii")
    return "" if value is None else str(value)


def parse(
    preset: str,
    typed: dict[str, str],
    facts: TextFacts | None,
    origin: Origin | None = None,
    task: str | None = None,
) -> RunConfig:
    """Build the configuration that the form describes.

    Args:
        preset: The preset that it starts from.
        typed: The typed texts, by field; empty ones are ignored.
        facts: Facts about the text, if known.
        origin: The run whose weights it starts from, if any.
        task: What it learns; by default what the model is made for.

    Returns:
        The configuration.

    Raises:
        InputError: When a value is invalid or out of bounds, or two values contradict each other.
    """
    known = fields()
    values = {name: known[name].parse(text.strip()) for name, text in typed.items() if text.strip()}
    check_one_limit(values)
    seed = RunConfig().seed
    if origin is None:
        config = config_from_flags(preset, values, seed, task)
    else:
        config = config_from_origin(origin.config, origin.name, preset, values, seed, task)
    if facts is None:
        return config
    if config.task == TEXT:
        check_length("the text", facts.characters, config.model.block_size)
    return dataclasses.replace(config, model=dataclasses.replace(config.model, vocab_size=facts.vocab_size))


def remarks(config: RunConfig, facts: TextFacts | None) -> list[str]:
    """Return warnings about settings that are allowed, but probably not intended.

    Args:
        config: The configuration.
        facts: Facts about the text, if known.

    Returns:
        Sentences.
    """
    found: list[str] = []
    training, model = config.training, config.model
    if facts is not None and model.parameters() > LITTLE_TEXT * split_point(facts.characters):
        found.append("The model is large for so short a text: it may learn it by heart.")
    if facts is not None and (cut := facts.cut(model.block_size)):
        found.append(f"{cut_pairs_notice(cut, facts.pairs, model.block_size)}.")
    if training.minutes is None and training.eval_every > training.steps:
        found.append("It is evaluated only at its end.")
    if model.parameters() > 5_000_000:
        found.append("Without a GPU a model of this size takes hours.")
    return found


def all_checkpoints_fit(config: RunConfig) -> bool:
    """Whether a run may keep all its checkpoints, so that the chat can compare any two of its steps.

    Args:
        config: The run's configuration.

    Returns:
        Whether they take at most `CHECKPOINTS_AT_MOST`; `False` for a run limited in minutes, whose number is unknown.
    """
    training = config.training
    if training.minutes is not None:
        return False
    return training.steps / training.eval_every * CHECKPOINT_BYTES * config.model.parameters() <= CHECKPOINTS_AT_MOST


def flags(
    preset: str, typed: dict[str, str], source: str, origin: Origin | None = None, task: str | None = None
) -> list[str]:
    """Return the flags of `train` for the form's contents.

    Args:
        preset: The preset that it starts from.
        typed: The typed texts, by field, already checked.
        source: The text's path; empty for tiny Shakespeare.
        origin: The run whose weights it starts from, if any.
        task: What it learns, where that is not what every model of the kind learns.

    Returns:
        The flags.
    """
    known = fields()
    given = ["--preset", preset]
    if task not in (None, TEXT):
        given.append(f"--task={task}")
    if source:
        given += [f"--data={expanded(source)}"]
    if origin is not None:
        given += [f"--from={origin.name}"]
    for name, text in typed.items():
        text = text.strip()
        if text and known[name].kind is bool:
            given.append(flag_name(name, on=text == "yes"))
        elif text:
            given.append(f"{flag_name(name)}={text}")
    return given
