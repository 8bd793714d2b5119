"""The answers to recent questions, so that going back costs nothing."""

from tinygpt_keras.findings import AnyFinding
from tinygpt_tui.looking.questions import Question

KEPT = 60  # a head's map of a whole context takes a few hundred kilobytes

Answer = AnyFinding | str
"""What a view found, or why it found nothing."""


class Answers:
    """Remembers the last answers."""

    def __init__(self) -> None:
        self._kept: dict[Question, Answer] = {}
        self.age = 0
        """How often everything was forgotten."""

    def __contains__(self, question: Question) -> bool:
        return question in self._kept

    def get(self, question: Question) -> Answer | None:
        """Return the answer to a question, if there is one."""
        return self._kept.get(question)

    def keep(self, question: Question, answer: Answer) -> None:
        """Keep an answer, and forget the oldest one."""
        self._kept[question] = answer
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]

    def forget_failures(self) -> None:
        """Forget the questions that failed: what was wrong may have been repaired."""
        self._kept = {question: answer for question, answer in self._kept.items() if not isinstance(answer, str)}

    def forget(self) -> None:
        """Forget everything: the weights have changed."""
        self._kept.clear()
        self.age += 1
