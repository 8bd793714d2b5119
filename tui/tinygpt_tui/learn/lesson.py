"""What the tour says about its steps beside their own three sentences, and about the numbers of a sentence."""

import math

from tinygpt_keras.console import printable
from tinygpt_keras.tour.station import LONGEST, Station, Table
from tinygpt_tui.learn.formats import labels

SENTENCE = "But soft"
SAME = 1e-5
"""A greater difference is more than rounding."""
NOTES = {
    "mean_by_loop": "Each character of the sentence holds six numbers. Here they are drawn at random; a model learns "
    "them.",
    "mean_by_matrix": "Read the matrix by rows: how much the character of a row takes from the character of a column.",
    "mean_by_softmax": "A score of 0 lets a character be seen, one of −∞ hides it. All visible scores are alike here.",
    "one_head": "The matrices that make queries, keys and values are drawn at random here; training finds better ones. "
    "Equal characters hold equal numbers, so nothing tells yet which comes first: a model adds numbers of each "
    "position's own, or turns queries and keys by their place.",
    "scaled_head": "Press s to switch the division off and on, and watch the largest shares.",
    "several_heads": "Each head reads three of the six numbers that a query, key or value has, so both together cost "
    "as much as one.",
    "block": "Before, plus what attention adds, plus what the feed-forward adds: that is after. A model is a few such "
    "blocks in a row, and a last matrix that turns what a position then holds into logits for the next character.",
    "looking_both_ways": "An encoder is a few blocks with this attention. This sentence stands alone, so that none of "
    "it is padding. A GPT cannot look like this: it would see the character that it has to guess.",
    "looking_across": "The sentence is the source, and the reply is the same backwards. In a decoder, each block has "
    "this cross-attention after its self-attention, with matrices of its own.",
}
CHANGES = {
    "mean_by_loop": "all but the first character now also hold something of those before them",
    "mean_by_matrix": "the two forms count differently",
    "mean_by_softmax": "the two forms count differently",
    "one_head": "the shares are no longer equal",
    "scaled_head": "large shares became smaller, and small ones larger",
    "several_heads": "each head takes in its own way",
    "block": "it has added to what each character held",
    "looking_both_ways": "what comes later is no longer hidden",
    "looking_across": "the rows are of the reply now",
}
FORMS = "before", "after"
UNSCALED = "The code's division is left out now."


def used(typed: str, is_tiny: bool) -> str:
    """Return which part of a typed sentence the numbers are of.

    Args:
        typed: The sentence.
        is_tiny: Whether there is room for a few columns only.
    """
    if len(typed) <= LONGEST:
        return f"up to {LONGEST}" if is_tiny else f"up to {LONGEST} characters"
    if is_tiny:
        return f"first {LONGEST}"
    return f"the first {LONGEST} of {len(typed):,} characters: “{printable(typed[:LONGEST])}”"


def verdict(name: str, station: Station, sentence: str) -> str:
    """Return the greatest difference between the two forms, and what that means.

    Args:
        name: The name of the step.
        station: The step on the sentence.
        sentence: The sentence.

    Returns:
        Two or three sentences.
    """
    size = written(station.difference)
    if station.difference < SAME:
        meaning = "That is rounding: the two are the same." if station.difference else "The two are the same."
    else:
        meaning = f"The step changes the result: {CHANGES[name]}."
    words = [f"Greatest difference between the two tables: {size}. {meaning}"]
    if station.after.reply:
        words.append(most_taken(station.after, sentence))
    elif station.after.kind == "weights" and station.difference >= SAME:
        words.append(most_changed(station, sentence, ("in head 1", "in head 2") if name == "several_heads" else FORMS))
    if name == "one_head" and station.further:
        words.append(by_hand(station, sentence))
    return " ".join(words)


def by_hand(station: Station, sentence: str) -> str:
    """Return how a score comes from a query and a key: how the last character looks at the first."""
    queries, keys, scores, _ = station.further
    products = zip(queries.rows[-1], keys.rows[0], strict=True)
    total = " + ".join(f"{number(one)}×{number(other)}" for one, other in products)
    names = labels(sentence)
    return f"“{names[-1]}” looks at “{names[0]}” with a score of {total} ≈ {number(scores.rows[-1][0])}."


def number(value: float | None) -> str:
    """Write a number with two decimals and a true minus sign."""
    return f"{value or 0.0:.2f}".replace("-", "−")


def most_changed(station: Station, sentence: str, forms: tuple[str, str]) -> str:
    """Return the weight that differs most between the two forms, in words."""
    before, after = station.before.rows, station.after.rows
    places = [(row, column) for row, shares in enumerate(before) for column in range(len(shares))]
    row, column = max(places, key=lambda place: abs(share(after, place) - share(before, place)))
    names = labels(sentence)
    source = "itself" if column == row else f"“{names[column]}”"
    first, then = (f"{100 * share(rows, (row, column)):.0f} %" for rows in (before, after))
    return f"“{names[row]}” takes {first} from {source} {forms[0]}, and {then} {forms[1]}."


def most_taken(table: Table, sentence: str) -> str:
    """Return the largest weight from a reply to the sentence, in words."""
    places = [(row, column) for row, shares in enumerate(table.rows) for column in range(len(shares))]
    row, column = max(places, key=lambda place: share(table.rows, place))
    writer, read = labels(table.reply)[row], labels(sentence)[column]
    most = 100 * share(table.rows, (row, column))
    return f"“{writer}” of the reply takes most from one character: {most:.0f} % from “{read}” of the sentence."


def share(rows: list[list[float | None]], place: tuple[int, int]) -> float:
    """Return the weight at a row and a column."""
    return rows[place[0]][place[1]] or 0.0


def written(value: float) -> str:
    """Write a difference without an exponent, a small one to its first digit that is not zero."""
    decimals = 2 if value >= 0.01 or not value else -math.floor(math.log10(value))
    return f"{value:.{decimals}f}" if value else "0"
