"""What one does in Look: type a text, and wait for what a view needs to know."""

from textual.widgets import TextArea

from tests.tui.conftest import until
from tinygpt_keras.worker.protocol import Look
from tinygpt_tui.screens.look import LookScreen

TEXT = "ROMEO:\nBut soft"


async def type_text(pilot, text):
    """Look at a text that is typed."""
    await pilot.press("t")
    await until(pilot, lambda: pilot.app.screen.query_one(TextArea).has_focus)
    pilot.app.screen.query_one(TextArea).text = text
    await pilot.press("ctrl+s")
    await until(pilot, lambda: isinstance(pilot.app.screen, LookScreen))
    await known(pilot)


async def known(pilot):
    """Wait until the view has all that it needs."""

    def is_known():
        screen = pilot.app.screen
        return screen.needed and all(question in screen.answers for question in screen.needed.values())

    await until(pilot, is_known)
    await pilot.pause()


def views(asked):
    """What was asked last of each view."""
    return {request.view: request for request in asked if isinstance(request, Look)}
