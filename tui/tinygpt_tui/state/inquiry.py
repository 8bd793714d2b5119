"""A question about a conversation: why a model wrote a character, and which character that is."""

from dataclasses import dataclass, field
from typing import NamedTuple

from tinygpt_tui.state.choices import Choice
from tinygpt_tui.state.conversation import Conversation


class Place(NamedTuple):
    """Where a written character stands."""

    turn: int
    offset: int


@dataclass
class Inquiry:
    """A conversation with a model, and one of the characters that were written in it."""

    choice: Choice
    """The model that is asked."""
    talk: Conversation
    places: list[Place] = field(default_factory=list[Place])
    """Every written character."""
    at: int = 0
    """Which of them is asked about."""

    def __post_init__(self) -> None:
        """Find the written characters, and begin with the first of the last turn that has any."""
        self.places = [
            Place(number, offset)
            for number, turn in enumerate(self.talk.turns)
            if turn.written
            for offset in range(turn.given, len(turn.text))
        ]
        if self.places:
            self.at = self.places.index(next(place for place in self.places if place.turn == self.places[-1].turn))

    @property
    def place(self) -> Place:
        """Where the character stands."""
        return self.places[self.at]

    @property
    def character(self) -> str:
        """The character."""
        return self.talk.turns[self.place.turn].text[self.place.offset]

    @property
    def author(self) -> str:
        """Who wrote it, where it was another model."""
        return self.talk.turns[self.place.turn].mark(self.choice.label)

    @property
    def prompt(self) -> str:
        """What the model was given before it began to write."""
        return self.talk.asked(self.place.turn)

    @property
    def written(self) -> str:
        """What it had written before the character."""
        turn = self.talk.turns[self.place.turn]
        return turn.text[turn.given : self.place.offset]

    @property
    def rest(self) -> str:
        """What it wrote after the character."""
        return self.talk.turns[self.place.turn].text[self.place.offset + 1 :]

    def move(self, way: int) -> None:
        """Go to the next character (1) or to the one before (-1), or as many further, up to the ends."""
        self.at = min(max(self.at + way, 0), len(self.places) - 1)

    def point(self, way: int) -> bool:
        """Go to the character of the same turn so many further, or back; says whether it was written by a model."""
        place = self.place._replace(offset=self.place.offset + way)
        if place not in self.places:
            return False
        self.at = self.places.index(place)
        return True

    def move_line(self, way: int) -> None:
        """Go to the beginning of the next line (1), or of this one or the one before (-1)."""
        starts = [at for at in range(len(self.places)) if self.begins_line(at)]
        if way > 0:
            self.at = next((at for at in starts if at > self.at), len(self.places) - 1)
        else:
            self.at = next((at for at in reversed(starts) if at < self.at), 0)

    def begins_line(self, at: int) -> bool:
        """Say whether a written character is the first of its line or turn."""
        turn, offset = self.places[at]
        return at == 0 or self.places[at - 1].turn != turn or self.talk.turns[turn].text[offset - 1] == "\n"
