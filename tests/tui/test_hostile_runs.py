"""Every hostile run can be listed and watched, and disturbs no other."""

import shutil

import pytest

from tests.hostile import corpus
from tests.hostile.cases import CHECKPOINTS, REFUSED, UNUSABLE, WEIGHTS
from tests.hostile.readers import ALLOWED, peak
from tests.tui.conftest import screen_text, shows, until
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.screens.watch import WatchScreen

CHANGES = {
    **{case: change for case, (change, _) in (REFUSED | UNUSABLE | WEIGHTS).items()},
    **{case: CHECKPOINTS[case] for case in ("progress 250.5", "metadata of a gigabyte", "arrays that are pipes")},
    "a history of gigabytes": corpus.sparse("events.jsonl", 2 * corpus.GIGABYTE),
    "a history of nothing": corpus.text("events.jsonl", b"\0" * 10**6),
    "a history of one line": corpus.text("events.jsonl", b'{"event": "train"' * 10**6),
}


@pytest.mark.slow
async def test_every_hostile_run_is_listed_and_watched(opened, runs_dir, small_run, tmp_path):
    good = runs_dir / "zz-good"
    shutil.copytree(small_run, good)
    paths = {case: runs_dir / f"{number:02}-hostile" for number, case in enumerate(CHANGES)}
    for case, path in paths.items():
        shutil.copytree(small_run, path)
        (tmp_path / case).mkdir()
        CHANGES[case](path, tmp_path / case)
    async with opened(size=(120, 40 + 4 * len(paths))) as pilot:  # what is known of a run stands below the table
        app = pilot.app
        before = peak()
        await pilot.press("f4")
        await until(pilot, shows(pilot, good.name, *(path.name for path in paths.values())))
        await pilot.resize_terminal(80, 24)  # a smaller screen is drawn sooner
        for path in (*paths.values(), good):
            app.watch_run(RunDirectory(path))
            await until(pilot, lambda path=path: isinstance(app.screen, WatchScreen) and path.name in screen_text(app))
            await pilot.pause()
        await until(pilot, shows(pilot, f"{good.name} · finished"))
    assert peak() - before < ALLOWED
