"""The table of runs, and what is done with them."""

import pytest
from textual.widgets import DataTable, Input

from tests.tui.conftest import make_run, recorded, screen_text, shows, until
from tinygpt_keras.runs import RunDirectory
from tinygpt_tui.screens.dialogs import Ask, Confirm
from tinygpt_tui.screens.watch import WatchScreen


@pytest.fixture
def three(runs_dir):
    """A finished run, an interrupted one without weights, and one whose configuration is broken."""
    make_run(runs_dir, "a-finished")
    make_run(runs_dir, "b-interrupted", recorded()[:30], weights=False)
    (make_run(runs_dir, "c-damaged") / "config.json").write_text("{")
    return runs_dir


async def table(pilot, *names):
    """Go to the table and put the cursor on a run."""
    await pilot.press("f4")
    await until(pilot, lambda: pilot.app.screen.query_one(DataTable).row_count)
    if names:
        rows = [run.name for run in pilot.app.screen.runs]
        pilot.app.screen.query_one(DataTable).move_cursor(row=rows.index(names[0]))
    return pilot.app.screen


@pytest.mark.usefixtures("three")
async def test_every_run_is_listed_with_what_is_known_of_it(opened):
    async with opened() as pilot:
        await table(pilot)
        lines = {line.split()[0]: line for line in screen_text(pilot.app).splitlines() if line.split()}
        assert {"finished", "tiny", "804,224", "1,800", "1.4784"} <= set(lines["a-finished"].split())
        assert "interrupted" in lines["b-interrupted"]
        assert "damaged" in lines["c-damaged"]


async def test_a_run_that_trains_is_listed_as_running(opened, runs_dir):
    path = make_run(runs_dir, "one")
    with RunDirectory(path).locked():
        async with opened() as pilot:
            await table(pilot, "one")
            await until(pilot, shows(pilot, "running"))
            await pilot.press("d")
            await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
            await pilot.click("#go")
            await until(pilot, shows(pilot, "is training. Stop it first."))
            assert path.exists()


@pytest.mark.usefixtures("three")
async def test_sorting_by_key_and_by_mouse(opened):
    async with opened() as pilot:
        screen = await table(pilot)
        for _ in range(7):
            await pilot.press("o")
            before = [run.name for run in screen.runs]
            if screen.sorted_by == "name":
                assert before == sorted(before)
            if screen.sorted_by == "best loss":
                losses = [run.best_loss for run in screen.runs if run.best_loss is not None]
                assert losses == sorted(losses)
        await pilot.click(DataTable, offset=(3, 0))
        assert screen.sorted_by == "name"


@pytest.mark.usefixtures("three")
async def test_enter_opens_and_c_chats(opened):
    async with opened() as pilot:
        await table(pilot, "a-finished")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, WatchScreen))
        await until(pilot, shows(pilot, "a-finished · finished"))
        await table(pilot, "a-finished")
        await pilot.press("c")
        await until(pilot, lambda: pilot.app.screen.columns[0].choice.label == "a-finished")
        await table(pilot, "b-interrupted")
        await pilot.press("c")
        await until(pilot, shows(pilot, "has no weights yet"))


async def test_delete_asks_first(opened, three):
    async with opened() as pilot:
        await table(pilot, "a-finished")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("enter")
        await pilot.pause()
        assert (three / "a-finished").exists()
        await pilot.press("d")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("tab", "enter")
        await until(pilot, lambda: not (three / "a-finished").exists())
        await until(pilot, lambda: "a-finished" not in screen_text(pilot.app))
        assert (three / "b-interrupted").exists()


async def test_rename(opened, three):
    async with opened() as pilot:
        for name, done in [("../x", False), ("b-interrupted", False), ("better", True)]:
            await table(pilot, "a-finished")
            await pilot.press("m")
            await until(pilot, lambda: isinstance(pilot.app.screen, Ask))
            pilot.app.screen.query_one(Input).value = name
            await pilot.press("enter")
            await until(pilot, lambda: not isinstance(pilot.app.screen, Ask))
            await pilot.pause()
            assert (three / "a-finished").exists() is not done
        assert (three / "better" / "config.json").exists()
        await until(pilot, shows(pilot, "better"))


async def test_resume_goes_on_and_watches(opened, three):
    async with opened() as pilot:
        await table(pilot, "b-interrupted")
        await pilot.press("u")
        await until(pilot, shows(pilot, "b-interrupted · finished"))
    assert (three / "b-interrupted" / "best.keras").exists()


async def test_export_shows_its_progress_and_where_it_wrote(opened, three, tmp_path):
    async with opened() as pilot:
        await table(pilot, "a-finished")
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, Ask))
        pilot.app.screen.query_one(Input).value = str(tmp_path / "out [/]")
        await pilot.press("enter")
        await until(pilot, shows(pilot, "Written to"))
        assert (tmp_path / "out [/]" / "1").is_dir()
    assert three.exists()


@pytest.mark.usefixtures("three")
async def test_one_who_may_only_watch_is_offered_nothing_else(opened):
    async with opened(may_change=False) as pilot:
        await table(pilot, "a-finished")
        await pilot.press("d", "m", "e", "u")
        await pilot.pause()
        assert pilot.app.screen.query(DataTable)
        assert "Delete" not in screen_text(pilot.app)


async def test_an_empty_folder_says_what_to_do(opened):
    async with opened() as pilot:
        await pilot.press("f4")
        await until(pilot, shows(pilot, "There is no run yet. Press F2 to train one"))
        await pilot.press("enter", "c", "d", "m", "e", "u", "o")
        assert pilot.app.is_running
