"""Looking inside a model that replies: the source stands above the reply, and all views follow the cursor in it."""

from textual.widgets import TextArea

from tests.tui.conftest import make_replying_run, screen_text, shows, until
from tests.tui.looks import known, views
from tinygpt_keras.worker.protocol import Write
from tinygpt_tui.runs.choices import Choice
from tinygpt_tui.screens.look import LookScreen
from tinygpt_tui.screens.looking import KEYS
from tinygpt_tui.widgets.shaded_text import ShadedText


async def test_every_view_follows_a_pair(opened, asked, runs_dir):
    """From the chat, with a source that is typed, and without waiting for a model that has not loaded."""
    path = make_replying_run(runs_dir, num_layers=2, num_heads=2)
    async with opened() as pilot:
        pilot.app.look_at(Choice(str(path)), "July", 0, "May 3")
        await until(pilot, lambda: isinstance(pilot.app.screen, LookScreen) and pilot.app.screen.gaze)
        await known(pilot)
        screen = pilot.app.screen
        await until(pilot, shows(pilot, "May 3␃", "──────", "␂July␃", "◂ follows in the text: u", "1 of 4", "t source"))
        await pilot.press("end")
        await until(pilot, shows(pilot, "4 of 4"))
        await pilot.press("home", "left")
        await until(pilot, shows(pilot, "0 of 4", "◂ follows in the text: J"))
        await pilot.resize_terminal(40, 12)
        for key in KEYS.values():
            await pilot.press(key)
            await known(pilot)
        await pilot.resize_terminal(120, 40)
        assert {request.source for request in views(asked).values()} == {"May 3"}
        assert {request.text for request in views(asked).values()} == {"July"}
        text = screen.query_one(ShadedText)
        await pilot.press("s")
        await known(pilot)
        await until(pilot, lambda: text.first == len("May 3␃␂"))
        await pilot.press("a")
        for kind, words in (
            ("cross_attention", "block 1, cross-head 1 looks at “M”, 1 of 5"),
            ("attention", "block 1, head 1 looks at"),
            ("encoder.attention", "encoder, block 1, head 1 looks at"),
        ):
            await known(pilot)
            await until(pilot, shows(pilot, words, "c cross/own/encoder"))
            assert views(asked)["heads"].part == screen.needed["attention"].part == kind
            assert text.first == (len("May 3␃") if kind == "attention" else 0)
            await pilot.press("c")
        await pilot.press("o", "H", "space", "x", "c", "c", "x")
        await known(pilot)
        assert set(views(asked)["without"].without) == {"cross_attention", "positions", "encoder.positions"}
        await until(pilot, shows(pilot, "without cross-attention", "all of cross-attention", "encoder 2"))


def told(pilot):
    """The notices that are shown in a corner, without their line breaks."""
    return " ".join(notice.message for notice in pilot.app._notifications)


async def test_what_a_model_does_not_read_of_a_source_is_told(opened, runs_dir):
    path = make_replying_run(runs_dir, num_layers=2, num_heads=2)
    async with opened(size=(120, 40)) as pilot:
        pilot.app.look_at(Choice(str(path)), "Ay", None, "May 3" * 60 + "語")
        await until(pilot, lambda: "語; left out" in told(pilot) and "the first 45 of the source" in told(pilot))
        assert pilot.app.screen.gaze.source == ("May 3" * 60)[45:]
        await pilot.press("t")
        await until(pilot, lambda: isinstance(pilot.app.focused, TextArea))
        pilot.app.focused.text = "June" * 70
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "the first 25 of the source" in told(pilot))


async def test_a_source_is_typed_and_the_model_replies(opened, asked, runs_dir, monkeypatch):
    """Meanwhile the view says what it waits for; the reply is the greedy one, and it is written on from a character."""
    path = make_replying_run(runs_dir, num_layers=2, num_heads=2)
    monkeypatch.setenv("SCRIPTED_START_S", "1")
    async with opened() as pilot:
        pilot.app.look_at(Choice(str(path)), "Ay", None, "May 3")
        await until(pilot, shows(pilot, "TensorFlow is loading"))
        await known(pilot)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(pilot.app.focused, TextArea))
        pilot.app.focused.text = "June day"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.screen, LookScreen) and asked and pilot.app.screen.gaze.text)
        screen = pilot.app.screen
        await until(pilot, lambda: screen.gaze.text.startswith("\x02Thou") and not screen.writer.is_writing)
        request = next(request for request in reversed(asked) if isinstance(request, Write))
        assert (request.prompt, request.written, request.options.temperature) == ("June day", "", 0)
        await known(pilot)
        await pilot.press("right", "right", "j", "enter")
        await until(pilot, lambda: len(screen.versions.all) == 2 and not screen.writer.is_writing)
        request = next(request for request in reversed(asked) if isinstance(request, Write))
        assert (request.prompt, request.written) == ("June day", screen.gaze.text[1:4])
        assert request.written[:2] == "Th"
        assert request.options.temperature == 0.8
        assert "␂Th" in screen_text(pilot.app)
