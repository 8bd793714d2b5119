"""What one does in the chat: say a line, turn a knob, read the scripted reply, and ask why it was written."""

from textual.widgets import Input

from tests.tui.conftest import until


def reply(seed):
    return f"Thou art line {seed}."


async def say(pilot, line, wait=True):
    """Type a line and send it."""
    screen = pilot.app.screen
    screen.desk.prompt.value = line
    screen.desk.prompt.focus()
    await pilot.press("enter")
    if wait:
        await until(pilot, lambda: not screen.replies.writing and screen.columns[0].conversation.turns[-1].written)


def knob(pilot, name, value):
    pilot.app.screen.query_one(f"#knob-{name}", Input).value = str(value)


async def ask_why(pilot):
    """Press the key, and wait for the first answer."""
    await pilot.press("f7")
    await until(pilot, lambda: pilot.app.screen.name == "why")
    await answered(pilot)


async def answered(pilot):
    screen = pilot.app.screen
    await until(pilot, lambda: screen.is_answered)
    await pilot.pause()
