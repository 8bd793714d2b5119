"""Findings as rows of text, as wide as there is room."""

import textwrap
from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from textual.content import Content

from tinygpt_keras.findings import Attention, Chance, Lens, Next, Surprise, Unit, Without
from tinygpt_keras.findings.words import in_words, looks_at, one_line, percent, quoted, symbol
from tinygpt_tui.looking.rows import Rows
from tinygpt_tui.looking.versions import Versions
from tinygpt_tui.text import plain

NATS = 0.6931471805599453  # of a bit
MARK = "▸"
JOINED = "\u00a0"  # a space at which no line ends
BEFORE = 8  # characters that versions share, shown
BAR = "$primary"
LISTED = 6  # versions of a text
WITH_ACTIVITY = 42  # columns in which units are listed with their activity
SURPRISING = 5  # characters named
LOOKED = 3  # places that a head looked at, named


def bar(share: float, columns: int) -> str:
    """Return a share as a bar, drawn in eighths of a column."""
    full, part = divmod(round(min(max(share, 0.0), 1.0) * columns * 8), 8)
    return ("█" * full + (" ▏▎▍▌▋▊▉"[part] if part else "")).ljust(columns)


def coloured_bar(share: float, columns: int) -> Content:
    """Return a bar in colour."""
    return plain(bar(share, columns)).stylize(BAR)


def wrapped(text: str, columns: int, style: str = "") -> list[Content]:
    """Return a text in lines of some columns; none ends between a number and its sign."""
    lines = textwrap.wrap(text.replace(" %", f"{JOINED}%"), columns)
    return [plain(line.replace(JOINED, " ")).stylize(style) for line in lines]


def letter(character: str) -> str:
    """Return a character that can be seen, two columns wide."""
    shown = symbol(character)
    return " " * (2 - cell_len(shown)) + shown


def share(value: float) -> str:
    """Return a share in per cent, seven columns wide."""
    return f"{percent(value):>7}"


def two_bars(names: tuple[str, str], first: Sequence[Chance], second: Sequence[Chance], row: int, columns: int) -> Rows:
    """Draw two probabilities of each character side by side.

    Args:
        names: What they are.
        first: The first ones, which give the order.
        second: The second ones; a character that is missing has none.
        row: The row that is marked; -1 marks none.
        columns: The width to fill.
    """
    wide = max((columns - 4 - 2 * 9) // 2, 3)
    other = {chance.character: chance.probability for chance in second}

    def draw(number: int) -> Content:
        chance, here = first[number], number == row
        start = plain(f"{MARK if here else ' '}{letter(chance.character)} ")
        then = other.get(chance.character, 0.0)
        bars = [coloured_bar(chance.probability, wide), coloured_bar(then, wide)]
        words = start + bars[0] + plain(f"{share(chance.probability)}  ") + bars[1] + plain(share(then))
        return words.stylize("bold") if here else words

    return Rows([plain(f"    {names[0]:<{wide + 9}}{names[1]}").stylize("bold")], len(first), draw)


def next_rows(found: Next, row: int, columns: int) -> Rows:
    """Draw what comes next, before and after the settings of sampling."""
    return two_bars(("the model", "after settings"), found.raw, found.drawn, row, columns)


def without_rows(found: Without, columns: int) -> Rows:
    """Draw what a text costs and what comes next, with the whole model and without the parts that are off."""
    more = found.bits_without - found.bits
    words = "nothing is switched off"
    if found.off:
        words = f"{found.bits_without:.3f} bits, {more:+.3f}, without {'; '.join(map(in_words, found.off))}"
    bars = two_bars(("whole", "without"), found.next, found.next_without, -1, columns)
    whole = wrapped(f"{found.bits:.3f} bits a character with the whole model", columns)
    above = [*whole, *wrapped(words, columns, "bold" if found.off else ""), plain("")]
    return Rows([*above, *bars.above], bars.length, bars.draw)


def attention_rows(found: Attention, block: int, head: int, columns: int) -> list[Content]:
    """Describe what a head looks at from the cursor, in lines of some columns."""
    weights = found.weights[block][head]
    sentence = f"{in_words(f'blocks.{block}.head.{head}')} {looks_at(found.text, weights)}"
    most = sorted(range(len(weights)), key=lambda place: -weights[place])[:LOOKED]
    back = [f"“{symbol(found.text[n])}” {found.place - n} back {percent(weights[n])}" for n in most]
    return [*wrapped(sentence, columns, "bold"), *wrapped("most: " + ", ".join(back), columns)]


def lens_rows(found: Lens, columns: int) -> list[Content]:
    """Draw what the embedding and each block would have said comes next."""
    wide = max((columns - 11) // max(len(found.stages[0]), 1) - 12, 0)
    lines = [plain(f"{'after':<11}likeliest next characters").stylize("bold")]
    for number, stage in enumerate(found.stages):
        name = f"block {number}" if number else "embedding"
        cells = [
            plain(f"{letter(c.character)} ") + coloured_bar(c.probability, wide) + plain(f"{share(c.probability)}  ")
            for c in stage
        ]
        lines.append(Content("").join([plain(f"{name:<11}"), *cells]))
    return lines


def surprise_rows(found: Surprise, rungs: Mapping[str, float], loss: float | None, columns: int) -> list[Content]:
    """Draw a text's mean surprise beside simpler models of the same training text, and its most surprising characters.

    Args:
        found: The surprise of each character.
        rungs: Validation losses of simpler models in nats, by name.
        loss: The run's own validation loss in nats, if it is known.
        columns: The width to fill.
    """
    scale = {name: value / NATS for name, value in rungs.items()}
    if loss is not None:
        scale["this run, validation"] = loss / NATS
    scale["this text"] = found.mean_bits
    most = max(*scale.values(), 1e-9)
    wide = max(columns - 32, 3)
    lines = [plain("bits a character").stylize("bold")]
    for name, value in sorted(scale.items(), key=lambda item: -item[1]):
        line = plain(f"{name:<21} {value:6.3f}  ") + coloured_bar(value / most, wide)
        lines.append(line.stylize("bold") if name == "this text" else line)
    lines += [plain(""), plain("most surprising").stylize("bold")]
    places = sorted(range(len(found.bits)), key=lambda place: -found.bits[place])[:SURPRISING]
    lines += [plain(f"{letter(found.text[n])} {found.bits[n]:5.1f}  after {quoted(found.text[:n])}") for n in places]
    return lines


def unit_rows(units: Sequence[Unit], row: int, place: int, columns: int) -> list[Content]:
    """List hidden units with what they tell and, where there is room, how active each one is at the cursor.

    Args:
        units: The units.
        row: The one that is marked.
        place: The cursor in what the model read.
        columns: The width to keep to.
    """
    has_room = columns >= WITH_ACTIVITY
    lines = [plain(f"  {'detects':<22} {'unit':<6} AUC {' here' if has_room else ''}").stylize("bold")]
    for number, unit in enumerate(units):
        here, name = number == row, f"{unit.block + 1}.{unit.unit + 1}"
        words = f"{MARK if here else ' '} {unit.concept or 'nothing measured':<22} {name:<6} {unit.auc:.2f}"
        if has_room and place < len(unit.activations):
            words += f" {unit.activations[place]:.2f}"
        lines.append(plain(words).stylize("bold" if here else ""))
    return lines


def version_rows(versions: Versions, columns: int) -> list[Content]:
    """List the last versions of a text: what was taken instead, and how surprising each one is on the whole."""
    lines: list[Content] = []
    begin = max((versions.current.branched or versions.all[-1].branched) - BEFORE, 0)
    for number, version in list(enumerate(versions.all))[-LISTED:]:
        here = number == versions.shown
        bits = "…" if version.mean_bits is None else f"{version.mean_bits:.2f} bits"
        excerpt = one_line(version.text[begin : begin + max(columns - 16, 8)])
        words = f"{MARK if here else ' '}{number + 1:>2} {bits:>9}  {excerpt}"
        lines.append(plain(words).stylize("bold" if here else ""))
    return lines
