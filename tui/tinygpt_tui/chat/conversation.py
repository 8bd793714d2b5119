"""A conversation with a model: a play in the format of the corpus, which is the model's prompt."""

import json
import typing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tinygpt_keras import atomic, files

CONTEXT = 20_000  # newest characters that are sent; more than any model's context window here
GAP = "\n\n"  # separates turns, and ends a reply
LARGEST = 2**23  # bytes of kept conversations
LONGEST_NAME = 300  # characters of an author's; a model is named after its folder


@dataclass
class Turn:
    """One speaker's turn, or a piece of free text."""

    text: str
    written: bool
    """Whether a model wrote it."""
    by: str = ""
    """The model that wrote it, if known."""
    given: int = 0
    """How many characters at its start were given to the model rather than generated."""

    def mark(self, model: str) -> str:
        """Return a line that names the author, or nothing if the author is this model or unknown."""
        return f"— by {self.by[:LONGEST_NAME]}" if self.by and self.by != model else ""


@dataclass
class Conversation:
    """The turns so far.

    In a dialogue a turn is `NAME:`, a line end and the speech; an empty line separates turns. In free continuation
    turns are concatenated. A model that replies sees the last line alone, as a turn of a play if it learned speeches.
    """

    dialogue: bool = True
    turns: list[Turn] = field(default_factory=list[Turn])
    replies: bool = False
    """Whether it is with a model that replies to each line by itself."""

    def say(self, speaker: str, text: str) -> None:
        """Add the user's turn.

        Args:
            speaker: The name to speak as, or nothing; ignored in free continuation.
            text: The text of the turn.
        """
        has_name = self.dialogue or self.replies
        self.turns.append(Turn((opening(speaker) if has_name else "") + text, written=False))

    def context(self, answered_by: str = "") -> str:
        """Return the prompt that the model continues.

        Args:
            answered_by: The next speaker; if empty, the model chooses.

        Returns:
            The prompt, cut to its newest `CONTEXT` characters.
        """
        if self.replies:
            return next((turn.text for turn in reversed(self.turns) if not turn.written), "")[-CONTEXT:]
        if not self.dialogue:
            return "".join(turn.text for turn in self.turns)[-CONTEXT:]
        play = "".join(turn.text.strip("\n") + GAP for turn in self.turns)
        return (play + opening(answered_by))[-CONTEXT:]

    def asked(self, number: int) -> str:
        """Return the prompt that the model continued when it wrote the turn with this index."""
        turn = self.turns[number]
        before = replace(self, turns=self.turns[:number]).context()
        return (before + turn.text[: turn.given])[-CONTEXT:]

    def stops(self) -> list[str]:
        """Return the strings that end a reply."""
        return [GAP] if self.dialogue else []

    def begin_reply(self, answered_by: str = "", by: str = "") -> Turn:
        """Add an empty turn for the model, to be filled as it writes.

        Args:
            answered_by: The speaker; if empty, the model chooses.
            by: The model's name.
        """
        given = opening(answered_by) if self.dialogue else ""
        turn = Turn(given, written=True, by=by, given=len(given))
        self.turns.append(turn)
        return turn

    def take_back_reply(self) -> Turn | None:
        """Remove and return the last turn if a model wrote it."""
        return self.turns.pop() if self.turns and self.turns[-1].written else None

    def take_back_line(self) -> str | None:
        """Remove the user's last turn and everything after it.

        Returns:
            The text of that turn, or `None` if there is none.
        """
        places = [place for place, turn in enumerate(self.turns) if not turn.written]
        if not places:
            return None
        text = self.turns[places[-1]].text
        del self.turns[places[-1] :]
        return speech(text)[1] if self.dialogue or self.replies else text

    def as_text(self, model: str = "") -> str:
        """Return the conversation as text, naming the author of each turn by a model other than this one."""
        if self.dialogue:
            turns = (turn.text.strip("\n") + f"\n{turn.mark(model)}".rstrip() for turn in self.turns)
            return GAP.join(turns) + "\n"
        texts = (turn.text + (f"\n{mark}\n" if (mark := turn.mark(model)) else "") for turn in self.turns)
        between = "" if not self.replies else GAP if any(speech(turn.text)[0] for turn in self.turns) else "\n"
        return between.join(texts).rstrip("\n") + "\n"


def opening(name: str) -> str:
    """Return the line that announces a speaker; empty without a name."""
    return f"{name}:\n" if name else ""


def speech(text: str) -> tuple[str, str]:
    """Split a turn into its speaker, empty if there is none, and the speech."""
    head, colon, rest = text.partition(":\n")
    return (head, rest) if colon and head and "\n" not in head else ("", text)


def as_json(conversations: list[Conversation]) -> list[dict[str, Any]]:
    """Convert conversations to JSON values."""
    kinds = ({"dialogue": c.dialogue, **({"replies": True} if c.replies else {})} for c in conversations)
    turns = ([as_list(turn) for turn in c.turns] for c in conversations)
    return [{**kind, "turns": each} for kind, each in zip(kinds, turns, strict=True)]


def as_list(turn: Turn) -> list[Any]:
    """Convert a turn to a JSON list, without trailing defaults."""
    facts = [turn.text, turn.written, turn.by, turn.given]
    return facts if turn.given else facts[: 3 if turn.by else 2]


def as_turn(text: object, written: object, by: object = "", given: object = 0) -> Turn:
    """Convert the items of `as_list` back to a turn; raise `ValueError` if they are invalid."""
    whole = str(text)
    if not isinstance(given, int) or not 0 <= given <= len(whole):
        raise ValueError
    return Turn(whole, written is True, str(by), given)


def save(path: Path, conversations: list[Conversation]) -> None:
    """Save conversations to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_text(path, json.dumps(as_json(conversations)) + "\n")


def load(path: Path) -> list[Conversation]:
    """Load the conversations that `save` wrote; return none if the file is missing or damaged."""
    try:
        content: Any = json.loads(files.read_bytes(path, LARGEST))
        kept: list[Conversation] = []
        for item in typing.cast(list[Any], content):
            turns = [as_turn(*facts) for facts in item["turns"]]
            kept.append(Conversation(item["dialogue"] is True, turns, item.get("replies") is True))
        return kept if as_json(kept) == content else []
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return []
