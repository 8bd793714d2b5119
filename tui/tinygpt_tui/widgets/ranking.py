"""Rows of likely characters, and of those with the most attention."""

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

from tinygpt_tui.chat.insight import Insight, greatest, visible
from tinygpt_tui.text import plain

BAR = 12  # columns of a share of 1
LEAST = 0.0005  # smaller shares would be shown as 0.0 %
EXCERPT = 9  # characters, the last of which is the attended one


class Ranking(Static):
    """A titled list of rows."""

    rows = 0
    """How many rows are shown."""

    DEFAULT_CLASSES = "panel"
    DEFAULT_CSS = "Ranking { height: auto; text-wrap: nowrap; text-overflow: ellipsis; }"

    def show(self, title: str, rows: list[Content], about: str = "") -> None:
        """Show rows with a title above and a subtitle, `about`, beneath."""
        self.border_title, self.border_subtitle = title, about
        before, self.rows = self.rows, len(rows)
        self.update(Content("\n").join(rows), layout=before != self.rows)


def likely(found: Insight, character: str, count: int) -> list[Content]:
    """Return rows of the likeliest characters, always including the one that was written.

    Args:
        found: The model's answer.
        character: The character that was written.
        count: How many rows.

    Returns:
        The rows; the written character's is marked.
    """
    rank = found.rank(character)
    chosen = list(range(min(count, len(found.chances))))
    if rank is not None and rank > count:
        chosen[-1] = rank - 1
    rows: list[Content] = []
    for place in chosen:
        letter, chance = found.chances[place]
        row = f"{place + 1:>3} {fit(visible(letter), 2)}  {bar(chance)} {percent(chance)}"
        rows.append(plain(f"{row} ◂").stylize("bold") if letter == character else plain(row))
    return rows


def looked_at(found: Insight, shares: list[float], count: int) -> list[Content]:
    """Return rows of the characters with the most attention.

    Args:
        found: The model's answer.
        shares: The attention to each character of the context.
        count: How many rows, at most.

    Returns:
        The rows: the share, the character with those before it, and how far back it is.
    """
    rows: list[Content] = []
    for place, share in greatest(shares, count):
        if share < LEAST:
            break
        excerpt = "".join(map(visible, found.context[max(place + 1 - EXCERPT, 0) : place + 1]))
        back = len(found.context) - place
        rows.append(plain(f"{percent(share)}  {fit(excerpt, EXCERPT)}  {back:,} back"))
    return rows


def fit(text: str, width: int) -> str:
    """Pad a text on the left to `width` columns."""
    return " " * (width - cell_len(text)) + text


def bar(share: float) -> str:
    """Return a share as a bar, drawn in eighths of a column."""
    eighths = round(share * BAR * 8)
    full, part = divmod(eighths, 8)
    return ("█" * full + (" ▏▎▍▌▋▊▉"[part] if part else "")).ljust(BAR)


def percent(share: float) -> str:
    """Return a share in per cent."""
    return f"{100 * share:5.1f} %"
