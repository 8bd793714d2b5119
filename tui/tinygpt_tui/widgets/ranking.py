"""Rows of likely characters, of those with the most attention, and of heads."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message

from tinygpt_keras.findings.words import symbol, where_in_short, where_in_source, where_it_looks
from tinygpt_tui.chat.insight import Insight, greatest
from tinygpt_tui.looking.rows import Rows
from tinygpt_tui.looking.tables import MARK, coloured_bar, letter, share
from tinygpt_tui.text import plain
from tinygpt_tui.widgets.lines import Lines

LONG, SHORT = 34, 20  # columns of what a head looks at, in full and in short
BESIDE = 13  # columns of a head's name and share
LEAST_BAR, LONGEST_BAR = 3, 16  # columns of a share of 1, of a head
LEAST = 0.0005  # smaller shares would be shown as 0.0 %
ACROSS = "×"  # marks the heads that look across at the source
EXCERPT = 9  # characters, the last of which is the attended one


class Ranking(Lines):
    """A list of rows in a panel."""

    class Picked(Message):
        """A row was clicked."""

        def __init__(self, ranking: "Ranking", row: int) -> None:
            super().__init__()
            self.ranking = ranking
            self.row = row

        @property
        def control(self) -> "Ranking":
            """The list, by whose id handlers are chosen."""
            return self.ranking

    class Resized(Message):
        """The list has another size, for which its rows are still to be drawn."""

    DEFAULT_CLASSES = "panel"

    @property
    def room(self) -> tuple[int, int]:
        """How many rows are in sight at once, and how many columns they have."""
        return max(self.size.height, 1), self.size.width

    def on_resize(self) -> None:
        """Ask for rows of the new width."""
        super().on_resize()
        self.post_message(self.Resized())

    def on_click(self, event: events.Click) -> None:
        """Post which row was clicked."""
        at = event.get_content_offset(self)
        if at is not None and self.scroll_offset.y + at.y < len(self.lines):
            self.post_message(self.Picked(self, self.scroll_offset.y + at.y))


def likely(found: Insight, character: str, count: int, columns: int) -> list[Content]:
    """Return rows of the likeliest characters, always including the one that was written.

    Args:
        found: The model's answer.
        character: The character that was written.
        count: How many rows.
        columns: The width to fill.

    Returns:
        The rows; the written character's is marked.
    """
    rank = found.rank(character)
    chosen = list(range(min(count, len(found.chances))))
    if rank is not None and rank > count:
        chosen[-1] = rank - 1
    rows: list[Content] = []
    for place in chosen:
        one, chance = found.chances[place]
        bar = coloured_bar(chance, max(columns - 18, 3))
        row = plain(f"{place + 1:>3} {letter(one)}  ") + bar + plain(f" {share(chance)}")
        rows.append((row + plain(" ◂")).stylize("bold") if one == character else row)
    return rows


def looked_at(found: Insight, shares: Sequence[float], count: int, columns: int) -> list[Content]:
    """Return rows of the characters with the most attention.

    Args:
        found: The model's answer.
        shares: The attention to each character of the context.
        count: How many rows, at most.
        columns: The width to fill.

    Returns:
        The rows: the share, the character with those before it, how far back it is, and a bar.
    """
    rows: list[Content] = []
    for place, part in greatest(list(shares), count):
        if part < LEAST:
            break
        excerpt = "".join(map(symbol, found.context[max(place + 1 - EXCERPT, 0) : place + 1]))
        back = f"{len(found.context) - place:,} back"
        if place < len(found.source):
            back = f"{place + 1} of {len(found.source) - 1}" if place < len(found.source) - 1 else "its end"
        words = plain(f"{share(part)}  {fit(excerpt, EXCERPT)}  {back:<10}")
        rows.append(words + coloured_bar(part, max(columns - 30, 3)))
    return rows


def heads(found: Insight, block: int | None, head: int | None, columns: int) -> Rows:
    """Return a row for each head: what it looks at most.

    Args:
        found: The model's answer.
        block: The chosen block; all if `None`.
        head: The chosen head of each of them; all if `None`.
        columns: The width to keep to.

    Returns:
        The rows: the head, what it looks at, the share, and a bar where there is room; those of the chosen heads are
        marked unless all are.
    """
    wide = LONG if columns >= BESIDE + LONG else SHORT
    name_place = where_it_looks if wide == LONG else where_in_short
    room = min(columns - BESIDE - wide - 1, LONGEST_BAR)

    def draw(number: int) -> Content:
        at, which = divmod(number, found.heads)
        weights = found.attention[at][which]
        most = max(range(len(weights)), key=weights.__getitem__)
        is_chosen = block in (None, at) and head in (None, which) and (block, head) != (None, None)
        name, where = f"{at + 1}.{which + 1}", ""
        if which >= found.own:
            name, where = f"{at + 1}.{which + 1 - found.own}{ACROSS}", where_in_source(found.source, most)
        else:
            where = name_place(found.context[len(found.source) :], most - len(found.source))
        padded = where + " " * (wide - cell_len(where))
        row = plain(f"{MARK if is_chosen else ' '}{name:<4} {padded}{share(weights[most])}")
        if room >= LEAST_BAR:
            row += plain(" ") + coloured_bar(weights[most], room)
        return row.stylize("bold") if is_chosen else row

    return Rows((), found.blocks * found.heads, draw)


def fit(text: str, width: int) -> str:
    """Pad a text on the left to `width` columns."""
    return " " * (width - cell_len(text)) + text
