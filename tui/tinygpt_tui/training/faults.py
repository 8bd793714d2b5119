"""What keeps the form's run from starting, and which of its fields are at fault."""

from collections.abc import Collection
from typing import NamedTuple

from tinygpt_keras.config.fields import FieldError
from tinygpt_keras.errors import InputError
from tinygpt_tui.training.recipe import in_form_words

TASK, TEXT, ORIGIN, NAME = "task", "data", "from", "run_dir"
"""The fields that are not of the configuration, named as their flags."""


class Fault(NamedTuple):
    """Why a run cannot start; without words, it can."""

    words: str = ""
    fields: frozenset[str] = frozenset()
    """The fields at fault."""


def fault_of(error: InputError, typed: Collection[str], otherwise: Collection[str] = ()) -> Fault:
    """Return what an error says, and the fields that it is about.

    Args:
        error: The error.
        typed: The fields that were filled in: of several that do not fit together, these are at fault.
        otherwise: The fields at fault if the error names none.

    Returns:
        The fault.
    """
    named: list[str] = []
    if isinstance(error, FieldError):

        def note(name: str, *on: object) -> str:
            del on
            named.append(name)
            return name

        error.named(note)
    fields = [name for name in named if name in typed] or named or otherwise
    return Fault(in_form_words(error), frozenset(fields))
