"""Questions about a conversation: why a model wrote a character, and selecting that character."""

from dataclasses import dataclass

from tinygpt_tui.chat.conversation import CONTEXT, GAP, Conversation, Turn
from tinygpt_tui.looking.subject import Subject
from tinygpt_tui.runs.choices import Choice


@dataclass(frozen=True)
class Question:
    """Why a model wrote a character."""

    choice: Choice
    """The model that is asked."""
    prompt: str
    """The prompt given to the model that wrote it."""
    written: str
    """What that model had written before the character."""
    character: str
    """The character."""
    rest: str
    """What that model wrote after the character."""
    author: str
    """A line that names the author, if it was another model."""
    number: int
    """The character's index among all written characters of the conversation."""
    total: int
    """How many characters were written in the conversation."""


@dataclass
class Inquiry:
    """A conversation with a selected written character; there must be at least one such character."""

    choice: Choice
    """The model that is asked."""
    talk: Conversation
    number: int = 0
    """The index of the selected character among the written ones."""

    def __post_init__(self) -> None:
        """Select the first character of the last turn that a model wrote."""
        replies = self.replies
        self.number = self.total - length(replies[-1][1]) if replies else 0

    @property
    def replies(self) -> list[tuple[int, Turn]]:
        """The turns in which a model wrote something, with their indices in the conversation."""
        return [(at, turn) for at, turn in enumerate(self.talk.turns) if turn.written and length(turn)]

    @property
    def total(self) -> int:
        """How many characters were written."""
        return sum(length(turn) for _, turn in self.replies)

    @property
    def question(self) -> Question:
        """The question about the selected character."""
        at, turn, offset = self.find()
        before, after = turn.text[turn.given : offset], turn.text[offset + 1 :]
        prompt, author = self.talk.asked(at), turn.mark(self.choice.label)
        return Question(self.choice, prompt, before, turn.text[offset], after, author, self.number, self.total)

    @property
    def subject(self) -> Subject:
        """The conversation around the selected character, and the place of the last one before it.

        From there Look shows how the selected character came about. A reply to a line alone stands by itself.
        """
        at, turn, offset = self.find()
        if self.talk.replies:
            return Subject(self.choice, turn.text[turn.given :], offset - turn.given - 1, self.talk.asked(at))
        before = self.talk.asked(at) + turn.text[turn.given : offset]
        gap = GAP if self.talk.dialogue else ""
        later = "".join(gap + (turn.text.strip("\n") if gap else turn.text) for turn in self.talk.turns[at + 1 :])
        return Subject(self.choice, before + turn.text[offset:] + later[:CONTEXT], max(len(before) - 1, 0))

    def find(self) -> tuple[int, Turn, int]:
        """Find the selected character: return the index of its turn, the turn, and the offset in its text."""
        left = self.number
        for at, turn in self.replies:
            if left < length(turn):
                return at, turn, turn.given + left
            left -= length(turn)
        raise IndexError(self.number)

    def move(self, way: int) -> None:
        """Move the selection by some characters, forwards or (negative) back, stopping at the ends."""
        self.number = min(max(self.number + way, 0), self.total - 1)

    def move_line(self, way: int) -> None:
        """Move to the start of the next line (1), or of this line, or if already there, the previous one (-1)."""
        if way > 0:
            _, turn, offset = self.find()
            end = turn.text.find("\n", offset)
            self.move((len(turn.text) if end < 0 else end + 1) - offset)
            return
        if self.number == line_start(self):
            self.move(-1)
        self.number = line_start(self)


def length(turn: Turn) -> int:
    """Return how many characters of a turn the model wrote."""
    return len(turn.text) - turn.given


def line_start(inquiry: Inquiry) -> int:
    """Return the index of the first written character in the line of the selected one."""
    _, turn, offset = inquiry.find()
    return inquiry.number - (offset - max(turn.text.rfind("\n", turn.given, offset) + 1, turn.given))
