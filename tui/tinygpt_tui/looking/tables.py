"""Findings as rows of text, as wide as there is room."""

import textwrap
from collections.abc import Collection, Mapping, Sequence

from rich.cells import cell_len
from textual.content import Content

from tinygpt_keras.findings import BOTH_WAYS, Attention, Chance, Lens, Next, Surprise, Without
from tinygpt_keras.findings.words import (
    after,
    head_name,
    in_words,
    looks_at,
    one_line,
    percent,
    symbol,
    where_in_source,
)
from tinygpt_tui.looking.rows import Rows
from tinygpt_tui.looking.versions import Versions
from tinygpt_tui.text import plain

NATS = 0.6931471805599453  # of a bit
MARK = "▸"
JOINED = "\u00a0"  # a space at which no line ends
BEFORE = 8  # characters that versions share, shown
BAR = "$primary"
FOLLOWS = "◂"
LISTED = 6  # versions of a text
SURPRISING = 5  # characters named, at least
ROOMY = 60  # columns in which there is room for more words, or a bar
LEAST = 1.0  # bits that a whole bar stands for at least: where nothing is surprising, no bar is long
ROWS = 10  # of a view, from which on there is room for more than its main thing
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


def two_bars(
    names: tuple[str, str], first: Sequence[Chance], second: Sequence[Chance], row: int, columns: int, follows: str
) -> Rows:
    """Draw two probabilities of each character side by side.

    Args:
        names: What they are.
        first: The first ones, which give the order.
        second: The second ones; a character that is missing has none.
        row: The row that is marked; -1 marks none.
        columns: The width to fill.
        follows: The character that follows in the text, which has a sign; empty if none does.
    """
    wide = max((columns - 4 - 2 * 9) // 2, 3)
    other = {chance.character: chance.probability for chance in second}

    def draw(number: int) -> Content:
        chance, here = first[number], number == row
        start = plain(f"{MARK if here else ' '}{letter(chance.character)}{sign(chance, follows)}")
        then = other.get(chance.character, 0.0)
        bars = [coloured_bar(chance.probability, wide), coloured_bar(then, wide)]
        words = start + bars[0] + plain(f" {share(chance.probability)}  ") + bars[1] + plain(f" {share(then)}")
        return words.stylize("bold") if here or chance.character == follows else words

    return Rows([plain(f"    {names[0]:<{wide + 10}}{names[1]}").stylize("bold")], len(first), draw)


def sign(chance: Chance, follows: str) -> str:
    """Return the sign of a character that follows in the text, or a space."""
    return FOLLOWS if chance.character == follows else " "


def next_rows(found: Next, row: int, columns: int, follows: str, wrong: str) -> Rows:
    """Draw what comes next, before and after the settings of sampling.

    Args:
        found: What comes next.
        row: The row that is marked.
        columns: The width to fill.
        follows: The character that follows in the text; empty if none does.
        wrong: What is wrong with the settings, of which the last right ones are drawn; may be empty.
    """
    bars = two_bars(("the model", "after settings"), found.raw, found.drawn, row, columns, follows)
    notes = wrapped(f"✗ {wrong} The last right settings are drawn.", columns, "bold") if wrong else []
    return Rows([*notes, plain(follows_words(found.raw, follows, columns)), *bars.above], bars.length, bars.draw)


def follows_words(chances: Sequence[Chance], follows: str, columns: int) -> str:
    """Return a line on the character that follows in the text, with its rank and chance."""
    rank = next((rank for rank, chance in enumerate(chances, 1) if chance.character == follows), None)
    if rank is None:
        return "the text ends here"
    words = "follows in the text" if columns >= ROOMY else "follows"
    chance = percent(chances[rank - 1].probability)
    return f"{FOLLOWS} {words}: {symbol(follows)}, choice {rank} of {len(chances)}, {chance}"


def without_rows(found: Without, off: Collection[str], columns: int, follows: str) -> Rows:
    """Draw what a text costs and what comes next, with the whole model and without the parts that are `off`."""
    more = found.bits_without - found.bits
    words = "nothing is switched off"
    if set(found.off) != set(off):
        words = "the model reads the text anew …"  # what stands below is of the parts that were off before
    elif found.off:
        words = f"{found.bits_without:.3f} bits, {more:+.3f}, without {'; '.join(map(in_words, found.off))}"
    bars = two_bars(("whole", "without"), found.next, found.next_without, -1, columns, follows)
    read = (
        f"{found.bits:.3f} bits a character with the whole model, in the mean of the {len(found.text):,} that it reads"
    )
    whole = wrapped(read, columns)
    above = [*wrapped(words, columns, "bold" if found.off else ""), *whole]
    above += [plain(follows_words(found.next, follows, columns))]
    return Rows([*above, *bars.above], bars.length, bars.draw)


def attention_rows(found: Attention, block: int, head: int, columns: int, lines: int) -> list[Content]:
    """Describe what a head looks at from the cursor, in lines of some columns; a sentence alone for less than ROWS."""
    weights = found.weights[block][head]
    sentence = f"{in_words(head_name(found.kind, block, head))} {looks_at(found.text, weights, found.seen)}"
    if found.kind == BOTH_WAYS:
        sentence = f"from {where_in_source(found.seen, found.place)}: {sentence}"
    most = sorted(range(len(weights)), key=lambda place: -weights[place])[:LOOKED]
    where = [
        where_in_source(found.seen, n) if found.seen else f"“{symbol(found.text[n])}” {found.place - n} back"
        for n in most
    ]
    shares = "; ".join(f"{words} {percent(weights[n])}" for words, n in zip(where, most, strict=True))
    more = wrapped(f"most: {shares}", columns) if lines >= ROWS else []
    return [*wrapped(sentence, columns, "bold"), *more]


def lens_rows(found: Lens, columns: int, lines: int, follows: str) -> list[Content]:
    """Draw what the embedding and each block would have said comes next: a line a character, or else a line a stage.

    Args:
        found: The likeliest characters of each stage.
        columns: The width to fill.
        lines: The height to fill.
        follows: The character that follows in the text, which has a sign; empty if none does.
    """
    stacked = len(found.stages) * len(found.stages[0]) < lines
    words = f"  {FOLLOWS} follows in the text" if columns >= ROOMY and follows else ""
    rows = [plain(f"{'after':<11}likeliest next characters{words}").stylize("bold")]
    for number, stage in enumerate(found.stages):
        name = f"block {number}" if number else "embedding"
        rows += stage_rows(name, stage, columns, follows) if stacked else [stage_row(name, stage, columns, follows)]
        if stacked and len(found.stages) * (len(stage) + 1) < lines:
            rows.append(plain(""))
    return rows


def stage_rows(name: str, stage: Sequence[Chance], columns: int, follows: str) -> list[Content]:
    """Draw what a stage would have said, a line a character."""
    wide = max(columns - 11 - 11, 3)
    lines: list[Content] = []
    for number, c in enumerate(stage):
        start = plain(f"{'' if number else name:<11}{letter(c.character)}{sign(c, follows)}")
        lines.append(start + coloured_bar(c.probability, wide) + plain(f" {share(c.probability)}"))
    return lines


def stage_row(name: str, stage: Sequence[Chance], columns: int, follows: str) -> Content:
    """Draw what a stage would have said in a line: as many characters as there is room for."""
    fitting = stage[: max((columns - 11) // 11, 1)]
    cells = [plain(f"{letter(c.character)}{sign(c, follows)}{share(c.probability)} ") for c in fitting]
    return Content("").join([plain(f"{name:<11}"), *cells])


def surprise_rows(
    found: Surprise, rungs: Mapping[str, float], loss: float | None, columns: int, lines: int
) -> list[Content]:
    """Draw a text's mean surprise beside simpler models of the same training text, and its most surprising characters.

    Args:
        found: The surprise of each character.
        rungs: Validation losses of simpler models in nats, by name.
        loss: The run's own validation loss in nats, if it is known.
        columns: The width to fill.
        lines: The height to fill.
    """
    scale = {name: value / NATS for name, value in rungs.items()}
    if loss is not None:
        scale["this run, validation"] = loss / NATS
    scale["this text"] = found.mean_bits
    most = max(*scale.values(), LEAST)
    wide = max(columns - 32, 3)
    more = "; a loss in nats is 0.693 times that" if columns >= ROOMY else ""
    rows = [plain(f"mean, in bits a character{more}").stylize("bold")]
    for name, value in sorted(scale.items(), key=lambda item: -item[1]):
        line = plain(f"{name:<21} {value:6.3f}  ") + coloured_bar(value / most, wide)
        rows.append(line.stylize("bold") if name == "this text" else line)
    rows += [plain(""), plain("most surprising, in bits").stylize("bold")]
    count = max(lines - len(rows), SURPRISING)
    places = sorted(range(len(found.bits)), key=lambda place: -found.bits[place])[:count]
    most = max(found.bits[places[0]], LEAST) if places else LEAST
    return rows + [surprising(found, place, most, columns) for place in places]


def surprising(found: Surprise, place: int, most: float, columns: int) -> Content:
    """Draw a character's surprise, with what stands before it."""
    bar = coloured_bar(found.bits[place] / most, columns - 50) if columns >= ROOMY else plain("")
    start = plain(f"{letter(found.text[place])} {found.bits[place]:5.1f}  ")
    return start + bar + plain(f"{' ' if columns >= ROOMY else ''}{after(found.text[:place])}")


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
