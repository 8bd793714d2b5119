"""The speeches of a play: blocks of text that begin with a line `NAME:` and end with an empty line."""

import re
from collections.abc import Iterator

SPEECH = re.compile(r"[^\n:]{1,60}:[ \t]*\n.", re.DOTALL)  # how one begins
EMPTY_LINES = re.compile(r"\n\s*\n")  # one or more; what holds only white space looks empty
SCENE_BREAK = "\n* * *\n\n"  # a block that is no speech: the speeches beside it do not answer each other


def blocks(text: str) -> Iterator[tuple[int, str]]:
    """Yield the blocks of a text that empty lines part, each with the place where it begins."""
    place = 0
    for gap in EMPTY_LINES.finditer(text):
        yield place, text[place : gap.start()]
        place = gap.end()
    yield place, text[place:]


def is_speech(block: str) -> bool:
    """Whether a block begins as a speech of a play does."""
    return SPEECH.match(block) is not None
