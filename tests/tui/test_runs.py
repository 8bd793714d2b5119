"""The table of runs, and what is done with them."""

import json
import shutil

import pytest
from textual.widgets import DataTable, Input

from tests.tui.conftest import make_checkpoint, make_run, recorded, screen_text, shows, until
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.screens.dialogs import Ask, Confirm
from tinygpt_tui.screens.runs import RunsScreen
from tinygpt_tui.screens.watch import WatchScreen


async def table(pilot, *names):
    """Go to the table and put the cursor on a run."""
    await pilot.press("f4")
    await until(pilot, lambda: pilot.app.screen.query_one(DataTable).row_count)
    if names:
        rows = [run.name for run in pilot.app.screen.runs]
        pilot.app.screen.query_one(DataTable).move_cursor(row=rows.index(names[0]))
    return pilot.app.screen


async def test_the_table_lists_sorts_and_opens_runs(opened, three):
    """Enter opens a run, and C chats with its model."""
    events = [{**event, "val_loss": 2.1, "best": False} if event["event"] == "eval" else event for event in recorded()]
    make_run(three, "overfits", [*events[:-1], {**events[-1], "best_val_loss": 1.8}])
    async with opened() as pilot:
        screen = await table(pilot)
        await until(pilot, shows(pilot, "overfits"))
        rows = (line.strip("│ ") for line in screen_text(pilot.app).splitlines())
        lines = {row.split()[0]: row for row in rows if row.split()}
        assert {"finished", "tiny", "804,224", "1,800", "1.4784"} <= set(lines["a-finished"].split())
        assert "‖ interrupted" in lines["b-interrupted"]
        assert "! damaged" in lines["c-damaged"]
        assert "↑ 1.8000" in lines["overfits"], "it has risen"
        for _ in range(8):
            await pilot.press("o")
            before = [run.name for run in screen.runs]
            if screen.table.sorted_by == "name":
                assert before == sorted(before)
            if screen.table.sorted_by == "best loss":
                losses = [run.best_loss for run in screen.runs if run.best_loss is not None]
                assert losses == sorted(losses)
        await pilot.click(DataTable, offset=(3, 0))
        assert screen.table.sorted_by == "name"

        await table(pilot, "a-finished")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, WatchScreen))
        await until(pilot, shows(pilot, "a-finished · finished"))
        await table(pilot, "a-finished")
        await pilot.press("c")
        await until(pilot, lambda: pilot.app.screen.columns[0].choice.label == "a-finished, best")
        await table(pilot, "b-interrupted")
        await pilot.press("c")
        await until(pilot, shows(pilot, "has no weights yet", "u Resume"))
        assert "c Chat" not in screen_text(pilot.app).splitlines()[-1], "only what the run allows is offered"
        await pilot.press("e")
        assert isinstance(pilot.app.screen, RunsScreen), "there is nothing to export"
        await table(pilot, "a-finished")
        await until(pilot, shows(pilot, "c Chat", "u Train further", "o sorted by name"))


async def test_a_run_that_trains_is_listed_as_running(opened, runs_dir):
    path = make_run(runs_dir, "one")
    with RunDirectory(path).locked():
        async with opened() as pilot:
            await table(pilot, "one")
            await until(pilot, shows(pilot, "running"))
            for key in ("d", "m"):
                await pilot.press(key)
                await until(pilot, shows(pilot, "is training. Stop it first."))
                assert isinstance(pilot.app.screen, RunsScreen), "there is nothing to ask"
                pilot.app.clear_notifications()
            assert path.exists()


async def test_delete_asks_first_and_resume_goes_on_and_watches(opened, three):
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
        assert pilot.app.screen.chosen.name == "b-interrupted", "its neighbour"
        await pilot.press("u")
        await until(pilot, shows(pilot, "b-interrupted · finished"))
    assert (three / "b-interrupted" / "best.keras").exists()


async def test_a_finished_run_is_trained_further(opened, runs_dir):
    """From the table and from its curves; the dialog names what is no length, and Esc changes nothing."""
    for name in ("one", "two"):
        make_checkpoint(make_run(runs_dir, name), 1800)
    async with opened() as pilot:
        app = pilot.app
        for name, answer, flag in (("one", "3,600", "--steps=3600"), ("two", "0.5 min", "--minutes=0.5")):
            await table(pilot, name)
            await until(pilot, shows(pilot, "✓ finished"))
            if name == "two":
                await pilot.press("enter")
                await until(pilot, lambda: isinstance(app.screen, WatchScreen))
                await until(pilot, shows(pilot, "two · finished", "u train further"))
            await pilot.press("u")
            await until(pilot, shows(pilot, f"{name} has done 1,800 steps"))
            await pilot.press("escape")
            await until(pilot, lambda: not isinstance(app.screen, Ask))
            await pilot.press("u")
            await until(pilot, lambda: isinstance(app.screen, Ask) and app.focused)
            assert app.screen.query_one(Input).value == "3600"
            app.screen.query_one(Input).value = "1800"
            await pilot.press("enter")
            await until(pilot, shows(pilot, "1,800 steps are done"))
            app.screen.query_one(Input).value = answer
            await pilot.press("enter")
            await until(pilot, lambda name=name: json.loads((runs_dir / name / ".argv").read_text())[2:])
            assert json.loads((runs_dir / name / ".argv").read_text())[2:] == ["--resume", flag]
            await until(pilot, shows(pilot, f"{name} · finished"))
        assert len(app.started) == 2


async def test_rename(opened, three):
    async with opened() as pilot:
        await table(pilot, "a-finished")
        for key in ("escape", "enter"):  # a name that is not changed changes nothing
            await pilot.press("m")
            await until(pilot, lambda: isinstance(pilot.app.screen, Ask))
            await pilot.press(key)
            await until(pilot, lambda: isinstance(pilot.app.screen, RunsScreen))
            assert (three / "a-finished").exists()
        await pilot.press("m")
        await until(pilot, lambda: isinstance(pilot.app.screen, Ask))
        await until(pilot, shows(pilot, "Enter", "Esc"))
        for name, words in [
            ("", "the field is empty"),
            ("../x", "is not a valid run name"),
            ("b-interrupted", "there is a run b-interrupted already"),
        ]:
            pilot.app.screen.query_one(Input).value = name
            await pilot.press("enter")
            await until(pilot, shows(pilot, words))
            assert (three / "a-finished").exists()
        pilot.app.screen.query_one(Input).value = "better"
        await until(pilot, lambda: words not in screen_text(pilot.app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunsScreen))
        assert not (three / "a-finished").exists()
        assert (three / "better" / "config.json").exists()
        await until(pilot, shows(pilot, "better"))
        assert pilot.app.screen.chosen.name == "better"


async def test_restarting_without_a_checkpoint_asks_first(opened, runs_dir):
    for name in ("one", "two"):
        make_run(runs_dir, name, recorded()[:30])
    async with opened() as pilot:
        app = pilot.app
        for begun, (name, place) in enumerate((("one", "runs"), ("two", "watch"))):
            await table(pilot, name)
            if place == "watch":
                await pilot.press("enter")
                await until(pilot, lambda: isinstance(app.screen, WatchScreen))
            await until(pilot, shows(pilot, name, "interrupted"))
            for keys, started in ((["enter"], 0), (["tab", "enter"], 1)):
                await pilot.press("u")
                await until(pilot, lambda: isinstance(app.screen, Confirm) and app.focused)
                await until(pilot, shows(pilot, "no checkpoint left, so training begins again at step 0"))
                await pilot.press(*keys)
                await until(pilot, lambda: not isinstance(app.screen, Confirm))
                await until(pilot, lambda started=begun + started: len(app.started) == started)
            await until(pilot, shows(pilot, f"{name} · finished"))


async def test_refreshing_the_table_keeps_scroll_and_selection(opened, runs_dir):
    for number in range(40):
        make_run(runs_dir, f"run-{number:02}", recorded()[:3], weights=False)
    async with opened((100, 24)) as pilot:
        screen = await table(pilot, "run-35")
        table_ = screen.query_one(DataTable)
        table_.scroll_to(y=12, animate=False)
        await until(pilot, lambda: table_.scroll_y == 12)
        reading = screen.look()  # or one that the clock begins in its place
        await until(pilot, lambda: reading.is_finished)
        await pilot.pause()
        assert (table_.scroll_y, screen.chosen.name) == (12, "run-35")
        shutil.rmtree(runs_dir / "run-00")  # the last
        await until(pilot, lambda: table_.row_count == 39)
        await pilot.pause()
        assert (table_.scroll_y, screen.chosen.name) == (12, "run-35")


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


async def test_no_column_is_narrower_than_what_stands_in_it(opened, runs_dir):
    """They once were when one came back: Textual measures them after it may have painted them."""
    path = make_run(runs_dir, "tiny-20260102-030405")
    make_run(runs_dir, "tiny-20260102-030506", recorded()[:30])
    async with opened((80, 24)) as pilot:
        await table(pilot)
        whole = ["tiny-20260102-030405", "✓ finished", "‖ interrupted", "1.4784", "1,800", "just now", "age"]
        await until(pilot, shows(pilot, *whole))
        for place in ("f2", "f3", "f2"):
            await pilot.press(place, "f4")
            pilot.app.screen.draw()
            await until(pilot, shows(pilot, *whole))
        with RunDirectory(path).locked():
            await pilot.press("f2", "f4")
            await until(pilot, shows(pilot, "running", "interrupted", "just now"))
            table_ = pilot.app.screen.query_one(DataTable)
            assert all(not column.auto_width for column in table_.columns.values())
        await pilot.resize_terminal(120, 40)
        await until(pilot, shows(pilot, "tiny-20260102-030405", "tiny-20260102-030506", "just now"))
