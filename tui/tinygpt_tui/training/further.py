"""Training a finished run further: what is asked, and the flags of `train` for the answer."""

import dataclasses
import re

from tinygpt_keras.config import TrainingConfig
from tinygpt_keras.config.fields import FieldError
from tinygpt_keras.config.run import ADOPTED
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.runs.choices import kept_steps
from tinygpt_tui.training.recipe import in_form_words

STEPS = re.compile(r"([0-9][0-9,]{0,15})( steps?)?")
MINUTES = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?m(?:in|inutes?)?")
MORE_MINUTES = "5 min"
"""Proposed where a run's length is in minutes."""


@dataclasses.dataclass(frozen=True)
class Further:
    """How far a finished run is, and how it trains further."""

    name: str
    training: TrainingConfig
    done: int
    """The step of its newest checkpoint."""

    @property
    def question(self) -> str:
        """What is asked."""
        return (
            f"{self.name} has done {self.done:,} steps. To which step shall it train, "
            f"or how many minutes more ({MORE_MINUTES})?"
        )

    @property
    def proposal(self) -> str:
        """The answer that is proposed: as many steps again, or some minutes."""
        return MORE_MINUTES if self.training.minutes is not None else str(2 * self.done or self.training.steps)

    def flags(self, answer: str) -> list[str]:
        """Return the flags of `train --resume` for an answer.

        Args:
            answer: A number of steps, or of minutes with their unit.

        Returns:
            One flag.

        Raises:
            InputError: When the answer is neither, out of bounds, or no more than is done already.
        """
        answer = answer.strip().lower()
        if found := MINUTES.fullmatch(answer):
            name, value = "minutes", float(found[1])
        elif found := STEPS.fullmatch(answer):
            name, value = "steps", int(found[1].replace(",", ""))
            if value <= self.done:
                raise InputError(f"{value:,} is the new total, and {self.done:,} steps are done. Give a larger one.")
        else:
            raise InputError(f"{answer!r} is no length. Give steps, such as {2 * self.done or 100}, or {MORE_MINUTES}.")
        try:
            dataclasses.replace(self.training, **{"minutes": None, name: value})
        except FieldError as error:
            raise InputError(in_form_words(error)) from None
        return [f"--{name}={value}"]


def further(directory: RunDirectory) -> Further:
    """Return how a finished run trains further.

    Raises:
        InputError: When its configuration cannot be read, or it was trained elsewhere.
    """
    config, name, kept = directory.config(), directory.path.name, kept_steps(directory)
    if config.preset == ADOPTED and not config.start_from and not kept:
        raise InputError(f"{name} was trained elsewhere. In Runs, press f to begin a new run with its weights.")
    return Further(name, config.training, max(kept, default=0))
