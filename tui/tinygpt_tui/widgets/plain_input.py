"""A line of input that shows whatever was pasted harmlessly, and strikes out what a model does not know."""

from collections.abc import Callable
from typing import Any

from rich.style import Style
from rich.text import Text
from textual import events
from textual.widgets import Input

from tinygpt_keras.console import printable

LONGEST = 2_000  # characters taken from one paste: a model reads a few hundred
STRUCK = Style(strike=True, reverse=True)


def everything_known(character: str) -> bool:
    """Say that a character is known."""
    del character
    return True


class PlainInput(Input):
    """An `Input` for any text.

    Args:
        known: Says whether a character means anything to whoever gets the text.
        **options: Those of `Input`.
    """

    def __init__(self, value: str = "", *, known: Callable[[str], bool] = everything_known, **options: Any) -> None:
        super().__init__(value, **options)
        self.known = known
        self.highlighter = self.show

    def show(self, value: Text) -> Text:
        """Draw the value: controls as pictures, unknown characters struck out.

        Args:
            value: What was typed.

        Returns:
            As many characters, none of which acts on the terminal.
        """
        shown = Text(printable(value.plain), no_wrap=True, overflow="ignore", end="")
        unknown = {character for character in set(value.plain) if not self.known(character)}
        for place, character in enumerate(value.plain if unknown else ""):
            if character in unknown:
                shown.stylize(STRUCK, place, place + 1)
        return shown

    def _on_paste(self, event: events.Paste) -> None:
        """Take pasted lines as one, the newest part of a long text."""
        event.prevent_default()
        event.stop()
        if len(event.text) > LONGEST:
            count = len(event.text)
            self.notify(
                f"Of {count:,} pasted characters the last {LONGEST:,} are kept; the model reads only the newest "
                "few hundred anyway.",
                markup=False,
            )
        text = " ".join(event.text[-LONGEST:].splitlines())
        start, end = self.selection
        self.replace(text, *sorted((start, end)))
