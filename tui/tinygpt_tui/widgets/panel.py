"""What the border of a panel says: what it shows, and the keys that act on it."""

import sys

from textual.content import Content
from textual.widget import Widget

from tinygpt_tui.text import plain


def title(words: str, key: str = "") -> Content:
    """Return a panel's title, after the key that acts on it."""
    return hint(key, words) if key else plain(words)


def hints(*pairs: tuple[str, str], columns: int = sys.maxsize) -> Content:
    """Return keys, each with what it does, for a panel's lower border: those that fit whole; the help lists all."""
    shown = list(pairs)
    while len(shown) > 1 and sum(len(key) + len(words) + 3 for key, words in shown) - 2 > columns:
        shown.pop()
    return Content("  ").join(hint(key, words) for key, words in shown)


def hint(key: str, words: str) -> Content:
    """Return a key with what it does."""
    return plain(key).stylize("bold $accent") + plain(f" {words}")


def caption(panel: Widget, above: Content, below: Content) -> None:
    """Set what a panel's borders say, which draws all of it anew, only if that changes."""
    if (str(panel.border_title), str(panel.border_subtitle)) != (above.markup, below.markup):
        panel.border_title, panel.border_subtitle = above, below
