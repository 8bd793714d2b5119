"""What the border of a panel says: what it shows, and the keys that act on it."""

from textual.content import Content

from tinygpt_tui.text import plain


def title(words: str, key: str = "") -> Content:
    """Return a panel's title, after the key that acts on it."""
    return hint(key, words) if key else plain(words)


def hints(*pairs: tuple[str, str]) -> Content:
    """Return keys, each with what it does, for a panel's lower border."""
    return Content("  ").join(hint(key, words) for key, words in pairs)


def hint(key: str, words: str) -> Content:
    """Return a key with what it does."""
    return plain(key).stylize("bold $accent") + plain(f" {words}")
