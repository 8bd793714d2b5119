"""A run is exported from the table, with its progress, and not lost by leaving."""

import pytest
from textual.widgets import Input

from tests.tui.conftest import screen_text, shows, until
from tests.tui.test_runs import table
from tinygpt_tui.screens.dialogs import Ask
from tinygpt_tui.screens.runs import RunsScreen


async def ask_to_export(pilot, folder):
    """Ask for the run under the cursor to be exported."""
    await pilot.press("e")
    await until(pilot, lambda: isinstance(pilot.app.screen, Ask))
    pilot.app.screen.query_one(Input).value = folder
    await pilot.press("enter")


async def test_export_shows_its_progress_and_where_it_wrote(opened, three, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    async with opened() as pilot:
        await table(pilot, "a-finished")
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, Ask))
        (tmp_path / "taken" / "1").mkdir(parents=True)
        refused = {
            " ": "the field is empty",
            str(tmp_path / "taken"): "exists already. Choose another",
            str(tmp_path / "out [/]"): "contains [",
        }
        for out, words in refused.items():
            pilot.app.screen.query_one(Input).value = out
            await pilot.press("enter")
            await until(pilot, shows(pilot, words))
        pilot.app.screen.query_one(Input).value = str(tmp_path / "out {/}")
        await pilot.press("enter")
        await until(pilot, shows(pilot, "Written to"))
        assert (tmp_path / "out {/}" / "1").is_dir()
        assert three.exists()

        pilot.app.clear_notifications()
        await until(pilot, lambda: not isinstance(pilot.app.screen, Ask) and "Written to" not in screen_text(pilot.app))
        await ask_to_export(pilot, "~/out")  # a tilde is the home folder
        await until(pilot, shows(pilot, "Written to"))
        assert (tmp_path / "home" / "out" / "1").is_dir()
        assert not (tmp_path / "~").exists()


@pytest.mark.usefixtures("three")
async def test_quitting_during_an_export_asks_first(opened, monkeypatch):
    monkeypatch.setenv("SCRIPTED_PAUSE_S", "1000")
    async with opened() as pilot:
        await table(pilot, "a-finished")
        await ask_to_export(pilot, "out")
        await until(pilot, shows(pilot, "Exporting a-finished: opening the run"))
        for key in ("escape", "enter"):
            await pilot.press("ctrl+q")
            await until(pilot, shows(pilot, "Quitting ends the export of a-finished"))
            await pilot.press(key)
            await until(pilot, lambda: isinstance(pilot.app.screen, RunsScreen))
            assert not pilot.app._exit
        await pilot.press("d")
        await until(pilot, shows(pilot, "Delete a-finished"))
        await pilot.press("ctrl+q")
        await until(pilot, shows(pilot, "Quitting ends the export"))
        assert not pilot.app._exit
        await pilot.press("ctrl+q")
        await until(pilot, lambda: pilot.app._exit)
