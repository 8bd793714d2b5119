"""A run is begun with the weights of another one, from the form or from the table."""

import json

from textual.widgets import Input, Select

from tests.tui.conftest import make_run, screen_text, shows, until
from tinygpt_keras.config import config_from_flags
from tinygpt_keras.runs.directory import pretrained_run
from tinygpt_tui.places import RUNS
from tinygpt_tui.screens.train import TrainScreen


def small(path):
    """Let a recorded run have another model."""
    config = json.loads((path / "config.json").read_text("utf-8"))
    config["model"].update(embed_dim=64, num_layers=2)
    (path / "config.json").write_text(json.dumps(config), "utf-8")
    return path


async def listed(pilot):
    """Go to the form and wait until it lists the runs to begin from."""
    select = pilot.app.screen.query_one("#origin", Select)
    await until(pilot, lambda: len(select._options) > 1)
    return select


async def test_the_form_begins_with_the_pretrained_weights(opened, runs_dir):
    async with opened() as pilot:
        await pilot.press("f2")
        select = await listed(pilot)
        select.value = str(pretrained_run().path)
        pilot.app.screen.query_one("#name", Input).value = "mine"
        await pilot.pause()
        await pilot.press("ctrl+s")
        argv = await until(pilot, lambda: json.loads((runs_dir / "mine" / ".argv").read_text()))
        assert "--from=pretrained" in argv
        await until(pilot, shows(pilot, "finished"))


async def test_f_in_the_table_begins_with_that_run(opened, runs_dir):
    path = small(make_run(runs_dir, "one"))
    make_run(runs_dir, "two", weights=False)
    async with opened() as pilot:
        await pilot.press("f4")
        await until(pilot, lambda: len(pilot.app.screen.runs) == 2)
        names = [run.name for run in pilot.app.screen.runs]
        pilot.app.screen.query_one("DataTable").move_cursor(row=names.index("two"))
        await pilot.press("f")
        await until(pilot, shows(pilot, "two has no weights yet"))
        pilot.app.screen.query_one("DataTable").move_cursor(row=names.index("one"))
        await pilot.press("f")
        await until(pilot, lambda: isinstance(pilot.app.screen, TrainScreen))
        await until(pilot, lambda: pilot.app.screen.query_one("#origin", Select).value == str(path))
        await until(pilot, lambda: pilot.app.screen.query_one("#field-embed_dim", Input).placeholder == "64")
        pilot.app.screen.query_one("#field-embed_dim", Input).value = "32"
        await until(pilot, shows(pilot, "embed dim 32 does not fit the weights of"))
        # A model that replies brings its task along.
        replying = config_from_flags("paper", {}, 1, "dates")
        (path / "config.json").write_text(replying.to_json(), "utf-8")
        pilot.app.screen.query_one("#field-embed_dim", Input).value = ""
        pilot.app.screen.read_origin()
        await until(pilot, lambda: pilot.app.screen.form.task == "dates")
        await until(pilot, shows(pilot, "--preset encdec --task dates", "ready to start"))
        pilot.app.screen.form.task = "text"
        await until(pilot, shows(pilot, "an encoder-decoder learns pairs, not a text"))


async def test_an_origin_that_cannot_be_read_starts_nothing(opened, runs_dir):
    path = make_run(runs_dir, "one")
    intact = (path / "config.json").read_text()
    async with opened() as pilot:
        await pilot.press("f2")
        select = await listed(pilot)
        nothing = select.value
        for content in ("{}", "[" * 100_000):
            (path / "config.json").write_text(content)
            select.value = str(path)
            await until(pilot, shows(pilot, "config.json is not"))
            await pilot.press("ctrl+s")
            await pilot.pause()
            assert isinstance(pilot.app.screen, TrainScreen)
            assert [entry.name for entry in runs_dir.iterdir()] == ["one"]
            (path / "config.json").write_text(intact)
            select.value = nothing
            await until(pilot, lambda: "config.json is not" not in screen_text(pilot.app))


async def test_who_may_change_nothing_begins_nothing(opened, runs_dir):
    make_run(runs_dir, "one")
    async with opened(may_change=False) as pilot:
        await pilot.press("f4")
        await until(pilot, lambda: pilot.app.screen.runs)
        await pilot.press("f")
        await pilot.pause()
        assert pilot.app.screen.PLACE is RUNS
