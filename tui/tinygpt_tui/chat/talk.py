"""What was said with one model: a play, a free text, and lines that were replied to, of which one is shown."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tinygpt_keras.config.tasks import SPEECHES, TASKS, TEXT
from tinygpt_tui.chat.conversation import Conversation


@dataclass
class Talk:
    """The conversations with one model."""

    play: Conversation = field(default_factory=Conversation)
    free: Conversation = field(default_factory=lambda: Conversation(dialogue=False))
    answers: Conversation = field(default_factory=lambda: Conversation(dialogue=False, replies=True))
    is_play: bool = True
    """Whether the play is the current one, with a model that continues a text."""
    task: str = TEXT
    """What the model learned: to continue a text, or to reply to each line by itself."""
    example: str = ""
    """A line that a model which replies knows how to reply to."""

    @property
    def replies(self) -> bool:
        """Whether the model replies to each line by itself."""
        return self.task != TEXT

    @property
    def has_answers(self) -> bool:
        """Whether each line has one right reply."""
        return TASKS[self.task].has_answers

    @property
    def has_speaker(self) -> bool:
        """Whether a line to the model begins with the name of who says it."""
        return self.task == SPEECHES if self.replies else self.is_play

    @property
    def both(self) -> list[Conversation]:
        """The play and the free text."""
        return [self.play, self.free]

    @property
    def current(self) -> Conversation:
        """The conversation that is shown and continued."""
        if self.replies:
            return self.answers
        return self.play if self.is_play else self.free

    def say(self, speaker: str, line: str) -> None:
        """Add the user's line to what is shown, as this speaker's if the model expects a name."""
        self.current.say(speaker if self.has_speaker else "", line)

    def copy_missing(self, other: "Talk") -> None:
        """Copy the conversations of another model where this one has none."""
        for own, heard in zip([*self.both, self.answers], [*other.both, other.answers], strict=True):
            own.turns[:] = own.turns or heard.turns


def together(talks: Sequence[Talk]) -> list[Conversation]:
    """Return all conversations in the order in which they are saved, those of earlier versions first."""
    return [each for talk in talks for each in talk.both] + [talk.answers for talk in talks]


def restore(talks: Sequence[Talk], kept: Sequence[Conversation]) -> None:
    """Put saved conversations into the talks: for each a play and a free text, then what was replied to."""
    continued = [conversation for conversation in kept if not conversation.replies]
    for talk, pair in zip(talks, zip(continued[::2], continued[1::2], strict=False), strict=False):
        if [conversation.dialogue for conversation in pair] == [True, False]:
            talk.play, talk.free = pair
    for talk, answers in zip(talks, (one for one in kept if one.replies and not one.dialogue), strict=False):
        talk.answers = answers
