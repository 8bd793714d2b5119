"""A question about a conversation: why a model wrote a character, and which character that is."""

from dataclasses import dataclass

from tinygpt_tui.chat.conversation import Conversation, Turn
from tinygpt_tui.runs.choices import Choice


@dataclass(frozen=True)
class Question:
    """Why a model wrote a character."""

    choice: Choice
    """The model that is asked."""
    prompt: str
    """What was given to the model that wrote it."""
    written: str
    """What that had written before the character."""
    character: str
    """The character."""
    rest: str
    """What it wrote after it."""
    author: str
    """Who wrote it, where it was another model."""
    number: int
    """Which of the characters that were written in the conversation it is, from 0."""
    total: int
    """How many were."""


@dataclass
class Inquiry:
    """A conversation with a model, and one of the characters that were written in it; there is at least one."""

    choice: Choice
    """The model that is asked."""
    talk: Conversation
    number: int = 0
    """Which of the written characters is asked about."""

    def __post_init__(self) -> None:
        """Begin with the first character of the last turn that a model wrote."""
        replies = self.replies
        self.number = self.total - length(replies[-1][1]) if replies else 0

    @property
    def replies(self) -> list[tuple[int, Turn]]:
        """The turns in which a model wrote something, with their places in the conversation."""
        return [(at, turn) for at, turn in enumerate(self.talk.turns) if turn.written and length(turn)]

    @property
    def total(self) -> int:
        """How many characters were written."""
        return sum(length(turn) for _, turn in self.replies)

    @property
    def question(self) -> Question:
        """What is asked."""
        at, turn, offset = self.find()
        before, after = turn.text[turn.given : offset], turn.text[offset + 1 :]
        prompt, author = self.talk.asked(at), turn.mark(self.choice.label)
        return Question(self.choice, prompt, before, turn.text[offset], after, author, self.number, self.total)

    def find(self) -> tuple[int, Turn, int]:
        """Find the character: the place of its turn, the turn, and how far into its text it stands."""
        left = self.number
        for at, turn in self.replies:
            if left < length(turn):
                return at, turn, turn.given + left
            left -= length(turn)
        raise IndexError(self.number)

    def move(self, way: int) -> None:
        """Go some characters further, or back (negative), up to the ends."""
        self.number = min(max(self.number + way, 0), self.total - 1)

    def move_line(self, way: int) -> None:
        """Go to the beginning of the next line (1), or to that of this line or else of the one before (-1)."""
        if way > 0:
            _, turn, offset = self.find()
            end = turn.text.find("\n", offset)
            self.move((len(turn.text) if end < 0 else end + 1) - offset)
            return
        if self.number == line_start(self):
            self.move(-1)
        self.number = line_start(self)


def length(turn: Turn) -> int:
    """Count the characters of a turn that were written and not given."""
    return len(turn.text) - turn.given


def line_start(inquiry: Inquiry) -> int:
    """Give the number of the first written character in the line of the one that is asked about."""
    _, turn, offset = inquiry.find()
    return inquiry.number - (offset - max(turn.text.rfind("\n", turn.given, offset) + 1, turn.given))
