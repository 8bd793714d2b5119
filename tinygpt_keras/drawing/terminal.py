"""Findings drawn in a terminal."""

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tinygpt_keras.console import printable
from tinygpt_keras.drawing.colours import STEPS, shade
from tinygpt_keras.inspection.findings import (
    Attention,
    Chance,
    Costs,
    Finding,
    Lens,
    Memorised,
    Next,
    Surprise,
    Units,
)

MOST = 12  # rows of a ranking
BAR = 20  # columns of a bar of 100 %
SURPRISING = 8.0  # bits at which a character has the brightest colour
QUOTED = 30  # characters of a text in quotation marks
BESIDE = 46  # columns of what stands beside a text in a table


def draw(finding: Finding, width: int) -> RenderableType:
    """Draw a finding.

    Args:
        finding: What a view found.
        width: Of the terminal, in columns.

    Returns:
        A drawing for Rich, whose texts cannot control the terminal.
    """
    if isinstance(finding, Next):
        return draw_next(finding)
    if isinstance(finding, Attention):
        return draw_attention(finding, max(width - BESIDE, 10))
    if isinstance(finding, Surprise):
        return draw_surprise(finding)
    if isinstance(finding, Lens):
        return draw_lens(finding)
    if isinstance(finding, Costs):
        return draw_costs(finding)
    if isinstance(finding, Units):
        return draw_units(finding, max(width - BESIDE, 10))
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
    return Group(ending(finding.text), table, *rest)


def draw_attention(finding: Attention, columns: int) -> RenderableType:
    """Draw what each head looks at from the last character: the text, shaded, in a row for each head."""
    table = grid("block", "head", "looks at", "most")
    for block, heads in enumerate(finding.weights, 1):
        for head, rows in enumerate(heads, 1):
            last = rows[-1]
            most = max(range(len(last)), key=last.__getitem__)
            strip = shaded(finding.text[-columns:], [weight / max(last[most], 1e-9) for weight in last[-columns:]])
            words = f"{symbol(finding.text[most])} {len(last) - 1 - most} back, {percent(last[most])}"
            table.add_row(str(block), str(head), strip, words)
    return Group(table, Text("Brightest: where each head looks most, from the last character."))


def draw_surprise(finding: Surprise) -> RenderableType:
    """Draw the text, each character shaded by its bits, and name the most surprising ones."""
    text = shaded(finding.text, [bits / SURPRISING for bits in finding.bits], newlines=True)
    scale = shaded("0 1 2 3 4 5 6 7+", [n / 2 / SURPRISING for n in range(16)])
    places = sorted(range(len(finding.bits)), key=lambda place: -finding.bits[place])[:5]
    most = [f"{symbol(finding.text[n])} {finding.bits[n]:.1f} bits, after {quoted(finding.text[:n])}" for n in places]
    mean = f"mean {finding.mean_bits:.4f} bits, {finding.loss:.4f} nats a character"
    return Group(text, Text(), Text.assemble(mean, "   bits: ", scale), *(Text(line) for line in most))


def draw_lens(finding: Lens) -> RenderableType:
    """Draw a row for the embedding and each block: what the model would say if it ended there."""
    table = grid("after", *(["likely", ""] * len(finding.stages[0])))
    for number, stage in enumerate(finding.stages):
        cells = [cell for chance in stage for cell in (symbol(chance.character), percent(chance.probability))]
        table.add_row(f"block {number}" if number else "embedding", *cells)
    return Group(ending(finding.text), table)


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


def one_line(text: str) -> str:
    """Return a text on one line, without control characters."""
    return printable(text.replace("\n", "↵"))


def symbol(character: str) -> str:
    """Return a character that can be seen."""
    return {" ": "␣"}.get(character, one_line(character))


def quoted(text: str) -> str:
    """Return the end of a text in quotation marks."""
    return f"“{'…' if len(text) > QUOTED else ''}{one_line(text[-QUOTED:])}”"


def ending(text: str) -> Text:
    """Return a line on what was read."""
    return Text(f"after {quoted(text)}")


def percent(share: float) -> str:
    """Format a share, such as 0.125 as 12.5 %."""
    return f"{100 * share:.1f} %"


def bar(share: float) -> Text:
    """Return a bar of blocks for a share from 0 to 1."""
    return Text("█" * round(share * BAR), style=STEPS[3])


def likely(chances: Iterable[Chance]) -> str:
    """Return characters with their probabilities."""
    return ", ".join(f"{symbol(chance.character)} {percent(chance.probability)}" for chance in chances)


def in_words(part: str) -> str:
    """Name a part of a model, such as `blocks.0.head.2` as `block 1, head 3`."""
    words = part.split(".")
    if len(words) == 1:
        return part
    block = f"block {int(words[1]) + 1}"
    if len(words) == 2:
        return block
    return f"{block}, head {int(words[3]) + 1}" if words[2] == "head" else f"{block}, {words[2].replace('_', '-')}"
