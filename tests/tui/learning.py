"""What one does in Learn: open it, type a sentence, and wait for its numbers."""

from textual.widgets import Input

from tests.tui.conftest import shows, until
from tinygpt_tui.screens.learn import LearnScreen


async def learn(pilot):
    """Go to the place, and wait for the first numbers."""
    await pilot.press("f10")
    await until(pilot, lambda: isinstance(pilot.app.screen, LearnScreen))
    await computed(pilot)
    return pilot.app.screen


async def computed(pilot):
    await until(pilot, lambda: pilot.app.screen.is_answered and not pilot.app.screen.asking)
    await pilot.pause()


async def sentence(pilot, text):
    """Put a sentence into the field."""
    pilot.app.screen.query_one("#sentence", Input).value = text
    await pilot.pause()
    await computed(pilot)


async def walk_to(pilot, step):
    """Press the keys that lead to a step, counted from 1."""
    way = step - 1 - pilot.app.screen.place
    await pilot.press(*["right" if way > 0 else "left"] * abs(way))
    await until(pilot, shows(pilot, f"{step} of 9"))
