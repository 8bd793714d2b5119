"""What each part of a model does to the next character, those that do most first."""

from collections.abc import Sequence

from textual.content import Content

from tinygpt_keras.findings import Chance, Cost, Costs
from tinygpt_keras.findings.words import in_words, percent, symbol
from tinygpt_tui.looking.tables import ROOMY, wrapped
from tinygpt_tui.text import plain


def cost_rows(found: Costs, columns: int, follows: str) -> list[Content]:
    """Rank the parts by how much less likely a character is without each of them.

    Args:
        found: What the text costs without each part, and what comes next.
        columns: The width to fill.
        follows: The character that follows in the text; the likeliest one where that is none of the likely ones.
    """
    listed = [chance.character for chance in found.next]
    asked = follows if follows in listed else listed[0]
    whole = chance_of(asked, found.next)
    ranked = sorted(found.parts, key=lambda cost: chance_of(asked, cost.next) or 0.0)
    name, says = symbol(asked), "follows" if asked == follows else "is likeliest"
    heading = f"“{name}” {says}: {percent(whole or 0.0)} with the whole model"
    titles = row("without it, most first", f"“{name}”", "bits a character", columns).stylize("bold")
    return [*wrapped(heading, columns, "bold"), titles, *(cost_row(cost, asked, columns) for cost in ranked)]


def cost_row(cost: Cost, asked: str, columns: int) -> Content:
    """Return a part, how likely the character is without it, and how many bits a character the text then costs."""
    left = chance_of(asked, cost.next)
    chance = f"under {percent(min(one.probability for one in cost.next))}" if left is None else percent(left)
    return row(in_words(cost.part), chance, f"{cost.more:+.3f}", columns)


def row(part: str, chance: str, more: str, columns: int) -> Content:
    """Lay out a row; the bits have no room where it is narrow."""
    return plain(f"{part:<28}{chance:>13}" + (f"{more:>18}" if columns >= ROOMY else ""))


def chance_of(character: str, chances: Sequence[Chance]) -> float | None:
    """Return the chance of a character, if it is among the listed ones."""
    return next((chance.probability for chance in chances if chance.character == character), None)
