"""The answers to recent questions, so that going back costs nothing."""

import msgspec

from tinygpt_keras.findings import AnyFinding
from tinygpt_tui.looking.questions import Question

HELD = 500_000  # numbers, about 16 MB; a head's map of 256 characters has 33,000
LEAST = 8  # answers that are kept whatever their size: more than a view needs

Answer = AnyFinding | str
"""What a view found, or why it found nothing."""


class Answers:
    """Remembers the answers that were used last, as many as there is room for."""

    def __init__(self) -> None:
        self._kept: dict[Question, tuple[Answer, int]] = {}  # with their sizes, the one that was used last at the end
        self._size = 0
        self._ages = {True: 0, False: 0}

    def __contains__(self, question: Question) -> bool:
        return question in self._kept

    def age(self, question: Question) -> int:
        """How often answers to questions on the same weights were forgotten: an answer to an older one is outdated."""
        return self._ages[question.step is None]

    def get(self, question: Question) -> Answer | None:
        """Return the answer to a question, if there is one."""
        found = self._kept.pop(question, None)
        if found is None:
            return None
        self._kept[question] = found
        return found[0]

    def keep(self, question: Question, answer: Answer) -> None:
        """Keep an answer, and forget those that were not used for longest where there is no room for all."""
        self._drop(question)
        self._kept[question] = answer, (size := numbers(answer))
        self._size += size
        while self._size > HELD and len(self._kept) > LEAST:
            self._drop(next(iter(self._kept)))

    def forget_failures(self) -> None:
        """Forget the questions that failed: what was wrong may have been repaired."""
        for question in [question for question, (answer, _) in self._kept.items() if isinstance(answer, str)]:
            self._drop(question)

    def forget(self) -> None:
        """Forget everything: the weights have changed."""
        self._kept.clear()
        self._size = 0
        self._ages = {is_best: age + 1 for is_best, age in self._ages.items()}

    def forget_best(self) -> None:
        """Forget what was found with the best weights: there are better ones. Those of a step stay as they are."""
        for question in [question for question in self._kept if question.step is None]:
            self._drop(question)
        self._ages[True] += 1

    def _drop(self, question: Question) -> None:
        """Forget one answer, if it is there."""
        self._size -= self._kept.pop(question, ("", 0))[1]


def numbers(value: object) -> int:
    """Count the numbers and texts that an answer holds; its lists have items of one kind."""
    if isinstance(value, msgspec.Struct):
        return sum(numbers(getattr(value, name)) for name in value.__struct_fields__)
    if isinstance(value, list):
        items: list[object] = value
        is_deep = bool(items) and isinstance(items[0], (list, msgspec.Struct))
        return sum(map(numbers, items)) if is_deep else len(items)
    return 1
