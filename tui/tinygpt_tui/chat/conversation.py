"""A conversation with a model: a play in the corpus's own format, which is all that the model sees."""

import json
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tinygpt_keras import atomic

CONTEXT = 20_000  # newest characters that are sent; no model here reads as many
GAP = "\n\n"  # between two turns, and where a reply ends


@dataclass
class Turn:
    """What one speaker says, or a piece of free text."""

    text: str
    written: bool
    """By a model."""
    by: str = ""
    """Which model wrote it, where that is known."""
    given: int = 0
    """How many characters at its beginning the model was given."""

    def mark(self, model: str) -> str:
        """Say who wrote it, where it was another than this model."""
        return f"— by {self.by}" if self.by and self.by != model else ""


@dataclass
class Conversation:
    """The turns so far.

    In a dialogue a turn is `NAME:`, a line end and the speech, and an empty line parts two turns. In free
    continuation turns simply follow one another.
    """

    dialogue: bool = True
    turns: list[Turn] = field(default_factory=list[Turn])

    def say(self, speaker: str, text: str) -> None:
        """Add what the person says.

        Args:
            speaker: The name they speak as; of no matter in free continuation.
            text: What they say.
        """
        self.turns.append(Turn(f"{speaker}:\n{text}" if self.dialogue else text, written=False))

    def context(self, answered_by: str = "") -> str:
        """Give what the model continues.

        Args:
            answered_by: Who is to speak next; the model chooses when empty.

        Returns:
            The prompt, its newest part when it is long.
        """
        if not self.dialogue:
            return "".join(turn.text for turn in self.turns)[-CONTEXT:]
        play = "".join(turn.text.strip("\n") + GAP for turn in self.turns)
        return (play + opening(answered_by))[-CONTEXT:]

    def asked(self, number: int) -> str:
        """Give what the model continued when it wrote the turn of this number."""
        turn = self.turns[number]
        before = Conversation(self.dialogue, self.turns[:number]).context()
        return (before + turn.text[: turn.given])[-CONTEXT:]

    def stops(self) -> list[str]:
        """Say what ends a reply."""
        return [GAP] if self.dialogue else []

    def begin_reply(self, answered_by: str = "", by: str = "") -> Turn:
        """Add an empty turn of the model's, to be filled as it writes.

        Args:
            answered_by: Who speaks; the model chooses when empty.
            by: Which model it is.
        """
        given = opening(answered_by) if self.dialogue else ""
        turn = Turn(given, written=True, by=by, given=len(given))
        self.turns.append(turn)
        return turn

    def take_back_reply(self) -> Turn | None:
        """Remove and give the model's last turn, if the last turn is the model's."""
        return self.turns.pop() if self.turns and self.turns[-1].written else None

    def take_back_line(self) -> str | None:
        """Remove the person's last turn and all after it.

        Returns:
            What they had said, or `None` when they said nothing.
        """
        places = [place for place, turn in enumerate(self.turns) if not turn.written]
        if not places:
            return None
        text = self.turns[places[-1]].text
        del self.turns[places[-1] :]
        return speech(text)[1] if self.dialogue else text

    def as_text(self, model: str = "") -> str:
        """Give the whole as a text file would hold it, with the name of every other model than this one."""
        if self.dialogue:
            turns = (turn.text.strip("\n") + f"\n{turn.mark(model)}".rstrip() for turn in self.turns)
            return GAP.join(turns) + "\n"
        texts = (turn.text + (f"\n{mark}\n" if (mark := turn.mark(model)) else "") for turn in self.turns)
        return "".join(texts).rstrip("\n") + "\n"


def opening(name: str) -> str:
    """Give the line that announces a speaker, or nothing."""
    return f"{name}:\n" if name else ""


def speech(text: str) -> tuple[str, str]:
    """Part a turn into its speaker, empty when there is none, and what is said."""
    head, colon, rest = text.partition(":\n")
    return (head, rest) if colon and head and "\n" not in head else ("", text)


def as_json(conversations: list[Conversation]) -> list[dict[str, Any]]:
    """Give conversations as what JSON can hold."""
    return [{"dialogue": c.dialogue, "turns": [as_list(t) for t in c.turns]} for c in conversations]


def as_list(turn: Turn) -> list[Any]:
    """Give a turn as what JSON can hold."""
    facts = [turn.text, turn.written, turn.by, turn.given]
    return facts if turn.given else facts[: 3 if turn.by else 2]


def as_turn(text: object, written: object, by: object = "", given: object = 0) -> Turn:
    """Make a turn of what `as_list` gave, or raise a `ValueError`."""
    whole = str(text)
    if not isinstance(given, int) or not 0 <= given <= len(whole):
        raise ValueError
    return Turn(whole, written is True, str(by), given)


def save(path: Path, conversations: list[Conversation]) -> None:
    """Keep conversations in a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_text(path, json.dumps(as_json(conversations)) + "\n")


def load(path: Path) -> list[Conversation]:
    """Read what `save` wrote; a file that is missing or holds anything else is no conversation."""
    try:
        content: Any = json.loads(path.read_text("utf-8"))
        kept: list[Conversation] = []
        for item in typing.cast(list[Any], content):
            turns = [as_turn(*facts) for facts in item["turns"]]
            kept.append(Conversation(item["dialogue"] is True, turns))
        return kept if as_json(kept) == content else []
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return []
