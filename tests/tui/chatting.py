"""What one does in the chat: say a line, turn a knob, read the scripted reply, and ask why it was written."""

import contextlib

from textual.widgets import Input, Select

from tests.tui.conftest import make_run, until
from tinygpt_tui.runs.choices import Choice
from tinygpt_tui.screens.why import WhyScreen


def reply(seed):
    return f"Thou art line {seed}."


async def say(pilot, line, wait=True):
    """Type a line and send it."""
    screen = pilot.app.screen
    screen.desk.prompt.value = line
    screen.desk.prompt.focus()
    await pilot.press("enter")
    if wait:
        await until(pilot, lambda: not screen.replies.open and screen.columns[0].conversation.turns[-1].written)


def spoken(pilot, line, reply, column=0):
    """Have said a line and got a reply to it; gives both."""
    column = pilot.app.screen.columns[column]
    column.conversation.say("ROMEO", line)
    column.conversation.begin_reply("JULIET", column.label).text += reply
    column.show()
    return column.conversation.turns


def knob(pilot, name, value):
    pilot.app.screen.query_one(f"#knob-{name}", Input).value = str(value)


async def ask_why(pilot):
    """Press the key, and wait for the first answer."""
    await pilot.press("f7")
    await until(pilot, lambda: isinstance(pilot.app.screen, WhyScreen))
    await answered(pilot)


async def answered(pilot):
    screen = pilot.app.screen
    await until(pilot, lambda: screen.is_answered)
    await pilot.pause()


@contextlib.asynccontextmanager
async def two_models(ready, runs_dir, *names):
    """Open the chat with two models side by side."""
    for name in names:
        if not (runs_dir / name).exists():
            make_run(runs_dir, name)
    async with ready() as pilot:
        screen = pilot.app.screen
        await pilot.press("f6")
        for column, name in zip(screen.columns, names, strict=True):
            column.query_one(Select).value = Choice(str(runs_dir / name))
        await until(pilot, lambda: all(column.tokenizer for column in screen.columns))
        yield pilot
