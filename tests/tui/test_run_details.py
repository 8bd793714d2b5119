"""A closer look at the marked run, beside the table of runs."""

import dataclasses
import json
import os
import shutil
import time

from tests.tui.conftest import make_run, recorded, screen_text, shows, until
from tests.tui.histories import event
from tests.tui.test_runs import table
from tinygpt_keras.config import config_from_flags
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.screens.runs import MARK_EVERY_S
from tinygpt_tui.training.details import DetailsReader


async def test_a_closer_look_follows_the_mark_and_the_run(opened, runs_dir):
    """The recipe of the marked run is copied; a live run's panels follow it."""
    make_run(runs_dir, "a-finished")
    path = make_run(runs_dir, "b-live", recorded()[:20])
    adopted = json.loads((make_run(runs_dir, "c-adopted", []) / "config.json").read_text())
    (runs_dir / "c-adopted" / "config.json").write_text(json.dumps({**adopted, "preset": "adopted"}))
    dates = config_from_flags("paper", {}, 1, "dates")
    said = {"prompt": "16th of June 2831", "text": "2831-06-17", "right_reply": "2831-06-16"}
    events = [event("start", 0, config=dataclasses.asdict(dates)), event("eval", 100, val_loss=0.1, exact=0.985)]
    made = make_run(runs_dir, "d-dates", [*events, event("sample", 100, **said)])
    (made / "config.json").write_text(dates.to_json())
    copied = []
    with RunDirectory(path).locked():
        async with opened() as pilot:
            pilot.app.copy_to_clipboard = copied.append
            screen = await table(pilot, "a-finished")
            await until(pilot, shows(pilot, "its loss", "best 1.4784 at step 1,800", "4-gram; nanoGPT"))
            await until(pilot, shows(pilot, "what it wrote at step 1,800", "tiny Shakespeare, 1,115,394 characters"))
            await until(pilot, shows(pilot, "no checkpoints", "python -m tinygpt_keras.train --preset tiny"))
            await pilot.resize_terminal(200, 60)
            await until(pilot, shows(pilot, "n-grams", "uniform 4.17", "4-gram 1.78", "1,500"))
            await pilot.press("y")
            await until(pilot, shows(pilot, "Copied the recipe of"))
            assert copied == [screen.details.command]
            await table(pilot, "b-live")
            await until(pilot, lambda: screen.details.path == path)
            await until(pilot, shows(pilot, "b-live · running", "what it wrote at step 100", "n-grams"))
            await until(pilot, lambda: "1,500" not in screen_text(pilot.app))
            await pilot.resize_terminal(120, 40)
            await until(pilot, shows(pilot, "its loss", "it learned from"))
            with (path / "events.jsonl").open("a") as file:
                file.writelines(json.dumps(event) + "\n" for event in recorded()[20:40])
            await until(pilot, shows(pilot, "what it wrote at step 200"))
            await table(pilot, "c-adopted")
            await until(pilot, shows(pilot, "No command trains it again", "No loss was measured yet"))
            await pilot.press("y")
            await until(pilot, lambda: any("No command" in note.message for note in pilot.app._notifications))
            assert len(copied) == 1
            await table(pilot, "d-dates")
            await until(pilot, shows(pilot, "dates: write 3rd of May 1607 as 1607-05-03", "98.5% of held-out"))
            await until(pilot, shows(pilot, "16th of June 2831 → 2831-06-17", "✗ right is 2831-06-16"))
            await until(pilot, shows(pilot, "sources up to 31 characters", "--preset paper", "--task"))
            await pilot.press("escape")
            await until(pilot, lambda: pilot.app.current_mode == "home")


async def test_a_held_key_passes_hundreds_of_runs(opened, runs_dir, monkeypatch):
    """Only some of them are read, one at a time."""
    read, reading = [], DetailsReader.read

    def count(reader, is_live):
        read.append(reader.directory.path.name)
        return reading(reader, is_live)

    monkeypatch.setattr(DetailsReader, "read", count)
    make_run(runs_dir, "run-0000")
    for number in range(1, 200):
        shutil.copytree(runs_dir / "run-0000", runs_dir / f"run-{number:04}", copy_function=os.link)
    async with opened() as pilot:
        screen = await table(pilot)
        await until(pilot, lambda: screen.table.row_count == 200)
        begun = time.monotonic()
        await pilot.press(*["down"] * 60)
        took = time.monotonic() - begun
        chosen = screen.chosen.name
        await until(pilot, lambda: screen.details.path.name == chosen)
        assert read[-1] == chosen
        assert len(read) < 3 + 2 * took / MARK_EVERY_S
