"""What one does in the chat: say a line, turn a knob, and read the scripted reply."""

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
