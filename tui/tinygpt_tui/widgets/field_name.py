"""The name of a field in a form, with a sign where its value is at fault."""

from textual.content import Content
from textual.widgets import Label

from tinygpt_tui.text import plain

WORD_WIDTH = 11  # of the newcomer's word before a field's own name
SIGN = "✗ "


class FieldName(Label):
    """Shows a newcomer's word, and the field's own name beside it.

    Args:
        word: The word; empty for none.
        name: The field's own name.
        field: The field, as errors name it.
        id: Its identifier.
    """

    DEFAULT_CSS = "FieldName.-wrong { color: $text-error; text-style: bold; }"

    def __init__(self, word: str, name: str, field: str, id: str | None = None) -> None:
        super().__init__(labelled(word, name), classes="name -worded" if word else "name", id=id)
        self.field = field
        self._words = word, name
        self._is_wrong = False

    def rename(self, name: str, field: str) -> None:
        """Show another field's name beside the word."""
        self.field = field
        self.show((self._words[0], name), self._is_wrong)

    def mark(self, is_wrong: bool) -> None:
        """Put a sign before the name, or take it away."""
        self.show(self._words, is_wrong)

    def show(self, words: tuple[str, str], is_wrong: bool) -> None:
        """Show the name, unless it is shown already; its width is fixed, so nothing is laid out anew."""
        if (words, is_wrong) != (self._words, self._is_wrong):
            self._words, self._is_wrong = words, is_wrong
            word, name = words
            signed = (f"{SIGN}{word}", name) if word else ("", f"{SIGN}{name}")
            self.set_class(is_wrong, "-wrong")
            self.update(labelled(*signed) if is_wrong else labelled(word, name), layout=False)


def labelled(word: str, name: str) -> Content:
    """Return a row's label: a newcomer's word, and the field's own name beside it."""
    return plain(word.ljust(WORD_WIDTH)) + plain(name).stylize("$foreground 60%") if word else plain(name)
