"""Findings drawn in a terminal."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from tinygpt_keras.drawing.cells import heat
from tinygpt_keras.drawing.colours import STEPS, shade
from tinygpt_keras.findings import (
    ACROSS,
    SELF,
    AnyFinding,
    Attention,
    Costs,
    Head,
    Heads,
    Lens,
    Memorised,
    Next,
    Surprise,
    Units,
    Without,
)
from tinygpt_keras.findings.words import (
    after,
    head_name,
    in_words,
    likely,
    looks_at,
    one_line,
    percent,
    quoted,
    symbol,
    where_in_source,
)

MOST = 12  # rows of a ranking
BAR = 20  # columns of a bar of 100 %
SURPRISING = 8.0  # bits at which a character has the brightest colour
GAP = 2  # columns between pictures
LABELS = 3  # columns beside the picture of a head
BESIDE = 46  # columns of what stands beside a text in a table


def draw(finding: AnyFinding, width: int) -> RenderableType:
    """Draw a finding.

    Args:
        finding: What a view found.
        width: Of the terminal, in columns.

    Returns:
        A drawing for Rich, whose texts cannot control the terminal.
    """
    columns = max(width - BESIDE, 10)
    match finding:
        case Next():
            return draw_next(finding)
        case Attention():
            return draw_attention(finding, columns)
        case Head():
            return draw_head(finding, max(width - LABELS, 2))
        case Heads():
            return draw_heads(finding, width)
        case Surprise():
            return draw_surprise(finding)
        case Lens():
            return draw_lens(finding)
        case Without():
            return draw_without(finding)
        case Costs():
            return draw_costs(finding)
        case Units():
            return draw_units(finding, columns)
        case Memorised():
            return draw_memorised(finding)


def draw_next(finding: Next) -> RenderableType:
    """Draw the likeliest characters as bars, before and after the settings."""
    drawn = {chance.character: chance.probability for chance in finding.drawn}
    table = grid("next", "the model", "", "after the settings", "")
    for chance in finding.raw[:MOST]:
        after = drawn.get(chance.character, 0.0)
        cells = percent(chance.probability), bar(chance.probability), percent(after), bar(after)
        table.add_row(symbol(chance.character), *cells)
    others = [chance.probability for chance in finding.raw[MOST:]]
    rest = [Text(f"{len(others)} others together {percent(sum(others))}")] if others else []
    return Group(ending(finding.text[: finding.place + 1]), table, *rest)


def draw_attention(finding: Attention, columns: int) -> RenderableType:
    """Draw what each head looks at from the last character: the text, shaded, in a row for each head."""
    table = grid("block", "head", "looks at", "most")
    for block, heads in enumerate(finding.weights, 1):
        for head, last in enumerate(heads, 1):
            most = max(range(len(last)), key=last.__getitem__)
            text = finding.seen or finding.text[: finding.place + 1]
            strip = shaded(text[-columns:], [weight / max(last[most], 1e-9) for weight in last[-columns:]])
            where = where_in_source(text, most) if finding.seen else f"{symbol(text[most])} {len(last) - 1 - most} back"
            table.add_row(str(block), str(head), strip, f"{where}, {percent(last[most])}")
    return Group(table, Text(f"Brightest: where each head looks most, from {looker(finding)}."))


def looker(finding: Attention) -> str:
    """Name the character that heads look from."""
    text = finding.text[: finding.place + 1]
    return {SELF: "the last character", ACROSS: f"the reply {quoted(text)}"}.get(
        finding.kind, f"“{symbol(text[-1])}”, {len(text)} of the source"
    )


def draw_head(finding: Head, columns: int) -> RenderableType:
    """Draw what one head looks at from each of the last characters, a row a character, two rows a line."""
    text, across = finding.text[-columns:], (finding.seen or finding.text)[-columns:]
    left = max(len(finding.seen or finding.text) - columns, 0)
    rows = [row[left:] for row in finding.weights[max(len(finding.text) - columns, 0) :]]
    lines = [Text.assemble("   ", one_line(across))]
    for number, line in enumerate(picture(rows, len(across))):
        label = one_line(text[2 * number : 2 * number + 2])
        lines.append(Text.assemble(f"{label:2} ", line))
    name = in_words(head_name(finding.kind, finding.block, finding.head))
    words = f"{name} {looks_at(finding.text, finding.weights[-1], finding.seen)}"
    whence = "those of the source" if finding.seen else "those before it"
    return Group(*lines, Text(words), Text(f"Each row: a character, and what the head takes from {whence}."))


def draw_heads(finding: Heads, width: int) -> RenderableType:
    """Draw a small picture of each head, the heads of a block side by side as far as they fit."""
    side = max(len(finding.maps[0][0][-1]), len("head 10")) + GAP
    beside = max(width // side, 1)
    tables: list[RenderableType] = []
    for block, heads in enumerate(finding.maps, 1):
        for first in range(0, len(heads), beside):
            some = heads[first : first + beside]
            table = Table(box=None, pad_edge=False, padding=(0, GAP, 1, 0), title_justify="left", header_style="")
            for head in range(first, first + len(some)):
                table.add_column(f"{block}.{head + 1}", no_wrap=True, width=side - GAP)
            table.add_row(*(Text("\n").join(picture(rows, len(rows[-1]))) for rows in some))
            tables.append(table)
    return Group(*tables, Text("block.head. Down: the characters that look. Across: those that they look at."))


def picture(rows: Sequence[Sequence[float]], columns: int) -> list[Text]:
    """Draw weights, two rows a line."""
    return [
        Text.assemble(*((text, Style(color=letter or None, bgcolor=ground or None)) for text, letter, ground in line))
        for line in heat(rows, columns)
    ]


def draw_surprise(finding: Surprise) -> RenderableType:
    """Draw the text, each character shaded by its bits, and name the most surprising ones."""
    text = shaded(finding.text, [bits / SURPRISING for bits in finding.bits], newlines=True)
    scale = shaded("0 1 2 3 4 5 6 7+", [n / 2 / SURPRISING for n in range(16)])
    places = sorted(range(len(finding.bits)), key=lambda place: -finding.bits[place])[:5]
    most = [f"{symbol(finding.text[n])} {finding.bits[n]:.1f} bits, {after(finding.text[:n])}" for n in places]
    mean = f"mean {finding.mean_bits:.4f} bits, {finding.loss:.4f} nats a character"
    return Group(text, Text(), Text.assemble(mean, "   bits: ", scale), *(Text(line) for line in most))


def draw_lens(finding: Lens) -> RenderableType:
    """Draw a row for the embedding and each block: what the model would say if it ended there."""
    table = grid("after", *(["likely", ""] * len(finding.stages[0])))
    for number, stage in enumerate(finding.stages):
        cells = [cell for chance in stage for cell in (symbol(chance.character), percent(chance.probability))]
        table.add_row(f"block {number}" if number else "embedding", *cells)
    return Group(ending(finding.text[: finding.place + 1]), table)


def draw_without(finding: Without) -> RenderableType:
    """Draw the likeliest characters as bars, with the whole model and without some parts."""
    without = {chance.character: chance.probability for chance in finding.next_without}
    table = grid("next", "the whole model", "", "without", "")
    for chance in finding.next[:MOST]:
        after = without[chance.character]
        cells = percent(chance.probability), bar(chance.probability), percent(after), bar(after)
        table.add_row(symbol(chance.character), *cells)
    more = finding.bits_without - finding.bits
    words = f"{finding.bits:.3f} bits a character, {finding.bits_without:.3f} without: {more:+.3f}"
    off = "; ".join(map(in_words, finding.off)) or "nothing"
    return Group(Text(f"without {off}"), ending(finding.text[: finding.place + 1]), table, Text(words))


def draw_costs(finding: Costs) -> RenderableType:
    """Draw what the text costs without each part, the dearest first."""
    table = grid("without", "bits", "", "then likely")
    dearest = sorted(finding.parts, key=lambda cost: -cost.more)
    for cost in dearest:
        share = max(cost.more, 0) / max(dearest[0].more, 1e-9)
        table.add_row(in_words(cost.part), f"{cost.more:+.3f}", bar(share / 2), likely(cost.next))
    whole = f"the whole model: {finding.bits:.3f} bits a character; then likely {likely(finding.next)}"
    return Group(ending(finding.text), Text(whole), table)


def draw_units(finding: Units, columns: int) -> RenderableType:
    """Draw the text, shaded by the activation of the unit that tells each concept best."""
    if not finding.units:
        return Text("The validation text has no place with any of the concepts.")
    table = grid("detects", "block", "unit", "AUC", "active")
    for unit in finding.units:
        top = max(*unit.activations, 1e-9)
        strip = shaded(finding.text[-columns:], [value / top for value in unit.activations[-columns:]])
        table.add_row(unit.concept, str(unit.block + 1), str(unit.unit + 1), f"{unit.auc:.3f}", strip)
    return Group(table, Text("AUC: how surely the unit's activation tells the concept, 0.5 by chance, 1 always."))


def draw_memorised(finding: Memorised) -> RenderableType:
    """Draw the run that the text shares with the training text, in its surroundings there."""
    end = finding.begin + finding.characters
    share = [float(finding.begin <= place < end) for place in range(len(finding.text))]
    words = f"longest run that also stands in the training text: {finding.characters} of {len(finding.text)} characters"
    there = Text.assemble(
        f"there, from character {finding.place:,}: …",
        one_line(finding.before),
        (one_line(finding.text[finding.begin : end]), shade(1)),
        one_line(finding.after),
        "…",
    )
    return Group(shaded(finding.text, share, newlines=True), Text(), Text(words), there)


def grid(*headings: str) -> Table:
    """Return an empty table without lines."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in headings:
        table.add_column(heading, no_wrap=True)
    return table


def shaded(text: str, shares: Sequence[float], newlines: bool = False) -> Text:
    """Return a text whose characters have the colours of their shares, 0 to 1; new lines also break the line."""
    found = Text(no_wrap=not newlines)
    for character, share in zip(text, shares, strict=True):
        found.append(one_line(character), shade(share))
        if newlines and character == "\n":
            found.append("\n")
    return found


def ending(text: str) -> Text:
    """Return a line on what was read."""
    return Text(after(text))


def bar(share: float) -> Text:
    """Return a bar of blocks for a share from 0 to 1."""
    return Text("█" * round(share * BAR), style=STEPS[3])
