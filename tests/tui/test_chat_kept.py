"""What is kept of a chat: texts and pictures that one saves, and the sitting for the next time."""

import json
import time

import pytest

from tests.tui.chatting import knob, reply, say
from tests.tui.conftest import make_run, screen_text, shows, until
from tinygpt_tui.screens.dialogs import Confirm
from tinygpt_tui.widgets.transcript import NEWEST, Transcript


async def test_a_chat_is_saved_as_text_and_picture(ready, tmp_path, monkeypatch):
    """Several saves at once keep several files; a save that fails shows its error."""
    async with ready((200, 50)) as pilot:
        knob(pilot, "seed", 7)
        await say(pilot, "[bold] & <i>")
        await pilot.press("ctrl+s", "ctrl+o")
        text = await until(pilot, lambda: next(tmp_path.glob("chat-*.txt")).read_text("utf-8"))
        assert text == "ROMEO:\n[bold] & <i>\n\nJULIET:\nThou art line 7.\nAnd so it ends.\n"
        picture = await until(pilot, lambda: next(tmp_path.glob("chat-*.svg")).read_text("utf-8"))
        assert "[bold]" in picture
        assert "&lt;i&gt;" in picture
        await until(pilot, shows(pilot, "Saved as", ".txt", ".svg"))

        # Saved several times at once it is kept each time.
        for path in tmp_path.glob("chat-*"):
            path.unlink()
        pilot.app.clear_notifications()
        await pilot.press("ctrl+s", "ctrl+s", "ctrl+s")
        await until(pilot, lambda: len([path for path in tmp_path.glob("chat-*.txt") if path.stat().st_size]) == 3)
        said = [f"Saved as {path}" for path in tmp_path.glob("chat-*.txt")]
        await until(pilot, lambda: {note.message for note in pilot.app._notifications} == set(said))

        monkeypatch.setattr("tinygpt_tui.delivery.Path.cwd", lambda: tmp_path / "nowhere")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "No such file or directory" in [*pilot.app._notifications][-1].message)


async def test_the_sitting_is_kept_for_the_next_time(ready, runs_dir):
    async with ready() as pilot:
        knob(pilot, "seed", 7)
        await say(pilot, "Remember me")
    assert json.loads((runs_dir / ".sitting.json").read_text())
    async with ready() as pilot:
        await until(pilot, shows(pilot, "Remember me", reply(7)))
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await until(pilot, lambda: pilot.app.screen.query_one("#go").region.size)
        await pilot.click("#go")
        await until(pilot, lambda: "Remember me" not in screen_text(pilot.app))
    async with ready() as pilot:
        assert "Remember me" not in screen_text(pilot.app)


async def test_where_no_sitting_is_kept_none_is(ready, runs_dir):
    async with ready(keeps_sitting=False) as pilot:
        await say(pilot, "Ho")
    assert not (runs_dir / ".sitting.json").exists()


async def test_a_long_sitting_opens_with_its_newest_turns(ready, runs_dir):
    """It is nobody's own if it came with a shared folder, and may name an endless author and speaker."""
    turns = [[f"ROMEO:\nLine {number}.", False] for number in range(20_000)]
    turns += [["x" * 2**20 + ":\nAy.", False], ["JULIET:\nNo.", True, "y" * 2**21]]
    make_run(runs_dir, "one")
    talk = [{"dialogue": True, "turns": turns}, {"dialogue": False, "turns": []}]
    (runs_dir / ".sitting.json").write_text(json.dumps(talk))
    began = time.monotonic()
    async with ready() as pilot:
        await until(pilot, shows(pilot, "Ay.", "No."))
        assert time.monotonic() - began < 20
        transcript = pilot.app.screen.query(Transcript).first()
        assert len(transcript.turns.children) == NEWEST + 1
        assert "19,902 earlier turns; Ctrl+S saves all" in str(transcript.turns.children[0].render())
        assert len(transcript.conversation.turns) == 20_002
        transcript.refresh_all()
        assert "Line 19902." in str(transcript.turns.children[1].render())
        await say(pilot, "Ho")


@pytest.mark.parametrize("content", ["{", '[{"dialogue": 1, "turns": 2}]'])
async def test_a_damaged_sitting_is_no_obstacle(ready, runs_dir, content):
    make_run(runs_dir, "one")
    (runs_dir / ".sitting.json").write_text(content)
    async with ready() as pilot:
        await say(pilot, "Ho")
