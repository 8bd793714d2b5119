"""The scripted worker's tour: its means are true, its heads are a script's; it loads nothing."""

import itertools
import math
from typing import Any


def shares(scores: list[list[float | None]]) -> list[list[float]]:
    """The softmax of each row; `None` is minus infinity."""
    sizes = [[0.0 if score is None else math.exp(score) for score in row] for row in scores]
    return [[size / sum(row) for size in row] for row in sizes]


def means(rows: list[list[float]]) -> list[list[float]]:
    """The mean of each row and those before it."""
    return [[sum(column) / len(column) for column in zip(*rows[: end + 1], strict=True)] for end in range(len(rows))]


def scripted_stations(sentence: str, divisor: float) -> dict[str, Any]:
    """The nine steps of the tour on a sentence."""
    places, codes = range(len(sentence)), [ord(character) for character in sentence]
    held = [[(code * number % 41) / 10 - 2 for number in range(3, 9)] for code in codes]
    equal = shares([[0.0 if place <= row else None for place in places] for row in places])

    def all_scores(salt: int, divisor: float, of: list[int]) -> list[list[float | None]]:
        return [[((code * salt + other * 3) % 80 / 10 - 4) / divisor for other in codes] for code in of]

    def scores(salt: int, divisor: float) -> list[list[float | None]]:
        rows = all_scores(salt, divisor, codes)
        return [[rows[row][place] if place <= row else None for place in places] for row in places]

    def table(title: str, kind: str, rows: Any, sees_all: bool = False, reply: str = "") -> dict[str, Any]:
        numbers = [[v if v is None else round(v, 3) for v in row] for row in rows]
        return {"title": title, "kind": kind, "rows": numbers, "sees_all": sees_all, "reply": reply}

    def station(kind: str, before: Any, after: Any, *further: dict[str, Any]) -> dict[str, Any]:
        pairs = zip(itertools.chain(*before[1]), itertools.chain(*after[1]), strict=True)
        difference = max(abs(one - other) for one, other in pairs)
        compared = {name: table(form[0], kind, *form[1:]) for name, form in (("before", before), ("after", after))}
        return {**compared, "difference": difference, "further": list(further)}

    head, scaled = shares(scores(7, 1)), shares(scores(7, divisor))
    both, across = all_scores(7, divisor, codes), all_scores(7, divisor, codes[::-1])
    mean, rounded = means(held), [[value + 6e-8 for value in row] for row in means(held)]
    added = [[value / 2 for value in row] for row in mean]
    after = [[one + 2 * two for one, two in zip(*rows, strict=True)] for rows in zip(held, added, strict=True)]
    return {
        "mean_by_loop": station("channels", ("what each holds", held), ("the mean so far", mean)),
        "mean_by_matrix": station(
            "channels", ("by the loop", mean), ("by the matrix", rounded),
            table("the matrix", "weights", equal),
        ),
        "mean_by_softmax": station(
            "weights", ("the matrix", equal), ("softmax of scores", equal),
            table("the scores", "scores", scores(0, 1e9)),
        ),
        "one_head": station(
            "weights", ("all alike", equal), ("each chooses", head), table("the queries", "channels", held),
            table("the keys", "channels", mean), table("the scores", "scores", scores(7, 1)),
            table("the values", "channels", added),
        ),
        "scaled_head": station(
            "weights", ("not divided", head), (f"divided by {divisor:.1f}", scaled),
            table("the scores", "scores", scores(7, divisor)),
        ),
        "several_heads": station(
            "weights", ("head 1", shares(scores(5, divisor))), ("head 2", shares(scores(11, divisor))),
            table("one wide head", "weights", scaled),
        ),
        "block": station(
            "channels", ("before the block", held), ("after the block", after),
            table("what attention adds", "channels", added), table("what feed-forward adds", "channels", added),
        ),
        "looking_both_ways": station(
            "weights", ("only back", scaled), ("both ways", shares(both), True),
            table("all scores", "scores", both, True),
        ),
        "looking_across": station(
            "weights", ("at itself", shares(both), True), ("across", shares(across), True, sentence[::-1]),
            table("its scores", "scores", across, True, sentence[::-1]),
        ),
    }  # fmt: skip
