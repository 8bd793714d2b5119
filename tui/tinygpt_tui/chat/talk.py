"""What was said with one model: a play and a free text, of which one is shown."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tinygpt_tui.chat.conversation import Conversation


@dataclass
class Talk:
    """Two conversations with one model."""

    play: Conversation = field(default_factory=Conversation)
    free: Conversation = field(default_factory=lambda: Conversation(dialogue=False))
    is_play: bool = True
    """Whether the play is the current one."""

    @property
    def both(self) -> list[Conversation]:
        """The play and the free text."""
        return [self.play, self.free]

    @property
    def current(self) -> Conversation:
        """The conversation that is shown and continued."""
        return self.play if self.is_play else self.free

    def copy_missing(self, other: "Talk") -> None:
        """Copy the conversations of another model where this one has none."""
        for own, heard in zip(self.both, other.both, strict=True):
            own.turns[:] = own.turns or heard.turns


def restore(talks: Sequence[Talk], kept: Sequence[Conversation]) -> None:
    """Put saved conversations into the talks: for each a play, then a free text."""
    for talk, pair in zip(talks, zip(kept[::2], kept[1::2], strict=False), strict=False):
        if [conversation.dialogue for conversation in pair] == [True, False]:
            talk.play, talk.free = pair
