"""Whether a text is a play in the form that the chat writes: a name, a colon, and the speech on the next line."""

import re
from itertools import islice

from tinygpt_keras import files
from tinygpt_keras.config.run import TINY_SHAKESPEARE
from tinygpt_keras.config.tasks import SPEECHES, TEXT
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.text.speeches import blocks, is_speech
from tinygpt_keras.text.tokenizer import CharTokenizer
from tinygpt_tui.runs.summary import events_backwards

INDENTED = re.compile(r"[^\n]*\n[ \t]")  # below the first line: as under a program's `else:`, not as in the chat
MOSTLY = 0.5  # of the paragraphs are turns: tiny Shakespeare has 99 %, verse, prose and programs under 5 %
PASSAGES = 8  # looked at, evenly spread over the text: a preface is no play
PASSAGE = 2**14  # bytes of each
FEWEST = 2  # paragraphs that a sample needs to tell anything
SAMPLES = 3  # the newest ones that are looked at
EVENTS = 2000  # in which they are looked for


def speaks_in_turns(text: str, cut: bool = True) -> bool | None:
    """Whether most paragraphs of a text are turns of a play.

    Args:
        text: The text.
        cut: Whether its first and last paragraphs may be incomplete, and do not count.

    Returns:
        The answer; `None` if there are too few paragraphs to tell.
    """
    paragraphs = [block for _, block in blocks(text.strip("\n"))]
    whole = [paragraph for paragraph in (paragraphs[1:-1] if cut else paragraphs) if paragraph.strip()]
    if len(whole) < FEWEST:
        return None
    turns = sum(is_speech(paragraph) and not INDENTED.match(paragraph) for paragraph in whole)
    return turns / len(whole) >= MOSTLY


def is_play(directory: RunDirectory) -> bool:
    """Whether the text that a run learned from is a play in the chat's form.

    Measured on the text that the run keeps, or else on what it wrote last; without either, any model that knows a colon
    and a line end may write one.

    Args:
        directory: The run; slow enough for a thread.
    """
    try:
        config = directory.config()
        if config.corpus.name == TINY_SHAKESPEARE:
            return True
        found = speaks_in_turns(passages(directory)) if files.is_regular(directory.corpus_file) else None
        if found is None:
            found = speaks_in_turns(samples(directory))
        if found is None:
            return {":", "\n"} <= set(CharTokenizer.load(directory.vocab_file).characters)
    except (InputError, OSError, ValueError):
        return True
    return found


def learned(directory: RunDirectory) -> tuple[str, str]:
    """Return a run's task, and the line that its samples reply to; a run that cannot be read continues a text."""
    try:
        config = directory.config()
    except (InputError, OSError):
        return TEXT, ""
    prompt = config.training.sample_prompt
    # The chat puts the speaker's name before a speech.
    return config.task, prompt.partition(":\n")[2] or prompt if config.task == SPEECHES else prompt


def passages(directory: RunDirectory) -> str:
    """Return passages of the text that a run keeps, evenly spread, with a cut paragraph where two meet."""
    with open(directory.corpus_file, "rb", opener=files.opener) as file:
        size = file.seek(0, 2)
        apart = max((size - PASSAGE) // (PASSAGES - 1), PASSAGE)
        found: list[str] = []
        for place in range(0, size, apart):
            file.seek(place)
            found.append(file.read(PASSAGE).decode("utf-8", "ignore"))
            if len(found) == PASSAGES:
                break
    return "".join(found)


def samples(directory: RunDirectory) -> str:
    """Return what a run wrote last, as paragraphs."""
    events = islice(events_backwards(directory.events_file), EVENTS)
    texts = (event.get("text") for event in events if event["event"] == "sample")
    # Each is cut at its end, and the first paragraph may go on from the prompt.
    return "\n\n".join(islice((text for text in texts if isinstance(text, str)), SAMPLES))
