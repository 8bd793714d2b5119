"""Findings in words: characters that can be seen, shares, parts of a model, and where a head looks."""

from collections.abc import Iterable, Sequence

from tinygpt_keras.console import printable
from tinygpt_keras.findings.values import Chance

QUOTED = 30  # characters of a text in quotation marks
FEW = 3  # characters: a head that takes more than half from so few looks at them, another one spreads its gaze
SHORT = {
    "the character itself": "itself",
    "the character before": "the one before",
    "the character after": "after",
    "the beginning of the": "start of the",
}
"""Places in fewer words."""
HALF, MOST = 0.5, 0.8  # of a head's gaze


def one_line(text: str) -> str:
    """Return a text on one line, without control characters."""
    return printable(text.replace("\n", "↵"))


def symbol(character: str) -> str:
    """Return a character that can be seen."""
    return {" ": "␣"}.get(character, one_line(character))


def quoted(text: str) -> str:
    """Return the end of a text in quotation marks."""
    return f"“{'…' if len(text) > QUOTED else ''}{one_line(text[-QUOTED:])}”"


def after(text: str) -> str:
    """Name a place in a text by the characters before it."""
    return f"after {quoted(text)}" if text else "at the beginning"


def percent(share: float) -> str:
    """Format a share, such as 0.125 as 12.5 %."""
    return f"{100 * share:.1f} %"


def likely(chances: Iterable[Chance]) -> str:
    """Return characters with their probabilities."""
    return ", ".join(f"{symbol(chance.character)} {percent(chance.probability)}" for chance in chances)


def in_words(part: str) -> str:
    """Name a part of a model, such as `blocks.0.head.2` as `block 1, head 3`."""
    words = part.split(".")
    if words[0] == "encoder":
        return f"encoder, {in_words('.'.join(words[1:]))}"
    if len(words) == 1:
        return part.replace("_", "-")
    block = f"block {int(words[1]) + 1}"
    if len(words) == 2:
        return block
    name = words[2].replace("_", "-")
    return f"{block}, {name} {int(words[3]) + 1}" if len(words) == 4 else f"{block}, {name}"


def head_name(kind: str, block: int, head: int) -> str:
    """Return the name of a head, such as `encoder.blocks.0.head.2`, of a kind of attention; see `Attention`."""
    stack, dot, layer = kind.rpartition(".")
    return f"{stack}{dot}blocks.{block}.{'cross_head' if layer == 'cross_attention' else 'head'}.{head}"


def looks_at(text: str, weights: Sequence[float], seen: str = "") -> str:
    """Return in words what a head looks at: `looks at the character after the last “e”, 45.0 %, …`.

    Args:
        text: What the model read.
        weights: `(t + 1,)`: what the head took from each character up to the place that it looks from; or `(S,)`, from
            each of the source.
        seen: The source, if the head looks at one.

    Returns:
        The end of a sentence whose subject is the head: one character or few that have more than half of its gaze,
        or else over how many it spreads most of it.
    """
    most = max(range(len(weights)), key=weights.__getitem__)
    where = where_in_source(seen, most) if seen else where_it_looks(text[: len(weights)], most)
    share = percent(weights[most])
    few, held = holders(weights, HALF)
    if few == 1:
        return f"looks at {where}, {share}"
    if few <= FEW:
        others = "1 other" if few == 2 else f"{few - 1} others"
        return f"looks at {where}, {share}, and at {others}, {percent(held)} together"
    many, held = holders(weights, MOST)
    return f"spreads {percent(held)} of its gaze over {many} characters, most at {where}, {share}"


def holders(weights: Sequence[float], share: float) -> tuple[int, float]:
    """Return the least number of characters that have more than a share of a head's weights, and what they have."""
    held = 0.0
    for count, weight in enumerate(sorted(weights, reverse=True), 1):
        held += weight
        if held > share:
            return count, held
    return len(weights), held


def where_in_short(text: str, most: int) -> str:
    """Name a place in a text as seen from its last character, in at most 20 columns."""
    where = where_it_looks(text, most)
    for long, short in SHORT.items():
        where = where.replace(long, short)
    return where


def where_in_source(source: str, most: int) -> str:
    """Name a place in a source, such as `“M”, 8 of 15`, whose last character stands for its end."""
    if most == len(source) - 1:
        return "the end of the source"
    return f"“{symbol(source[most])}”, {most + 1} of {len(source) - 1}"


def where_it_looks(text: str, most: int) -> str:
    """Name a place in a text as seen from its last character, by the first rule that fits."""
    place, here = len(text) - 1, text[-1]
    last_same = text.rfind(here, 0, place)
    line, word = text.rfind("\n", 0, place), text.rfind(" ", 0, place)
    rules = (
        (place, "the character itself"),
        (place - 1, "the character before"),
        (last_same + 1 if last_same >= 0 else -1, f"the character after the last “{symbol(here)}”"),
        (last_same, f"the last “{symbol(here)}”"),
        (line, "the last line break"),
        (line + 1, "the beginning of the line" if line >= 0 else "the beginning of the text"),
        (word, "the last space"),
        (max(word, line) + 1, "the beginning of the word"),
    )
    back = f"“{symbol(text[most])}”, {place - most} back"
    return next((words for at, words in rules if at == most), back)
