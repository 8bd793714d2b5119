"""The footer: the keys of a screen that have room, and the help always."""

import asyncio

from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Footer, Static
from textual.widgets._footer import FooterKey

PALETTE_FROM = 60  # columns of a terminal that also has room for the key of the palette
GAP = 2  # columns between keys, which themselves have one inside


class KeyBar(Footer):
    """A footer that shows whole keys only, the help at the right; what has no room is in the help."""

    DEFAULT_CSS = """
    KeyBar .space { width: 1fr; height: 1; }
    KeyBar { padding: 0 0 0 1; }
    KeyBar FooterKey, KeyBar.-compact FooterKey { min-width: 1; margin: 0 2 0 0; }
    KeyBar.-compact FooterKey.-command-palette { margin: 0; padding: 0 1 0 0; }
    """

    def __init__(self) -> None:
        super().__init__(compact=True)
        self._fitted = 0
        self._making = asyncio.Lock()

    def compose(self) -> ComposeResult:
        """Yield the keys that have room, in their order."""
        children: list[Widget] = list(super().compose())
        keys = [child for child in children if isinstance(child, FooterKey)]
        width = self._fitted = self.outer_size.width or self.screen.size.width
        right = [key for key in keys if key.action in ("help", "app.help") or key.has_class("-command-palette")]
        if width < PALETTE_FROM:
            right = [key for key in right if not key.has_class("-command-palette")]
        room = width - 1 - sum(map(width_of, right))
        for key in keys:
            if key in right or key.has_class("-command-palette"):
                continue
            room -= width_of(key)
            if room < 0:
                break
            yield key
        yield Static(classes="space")
        yield from right

    async def recompose(self) -> None:
        """Make the keys anew; one call at a time, as two that overlap would leave every key twice."""
        async with self._making:
            await super().recompose()

    def on_resize(self) -> None:
        """Show as many keys as have room now."""
        if self._fitted and self.outer_size.width != self._fitted:
            self.call_after_refresh(self.recompose)


def width_of(key: FooterKey) -> int:
    """Return the columns of a key with its description and the gap after it, where the palette's has a line instead."""
    return len(key.key_display) + 1 + len(key.description) + GAP
