"""Watching a run: whoever trains it, however its files are treated meanwhile."""

import gc
import json
import re
import shutil
import time
import weakref

import pytest
from textual import events
from textual_hires_canvas import Canvas

from tests.tui.conftest import make_run, recorded, screen_text, shows, until
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.screens.watch import WatchScreen
from tinygpt_tui.widgets.loss_plot import LossPlot
from tinygpt_tui.widgets.one_line import OneLine
from tinygpt_tui.widgets.sample_view import SampleView


def write(path, *events, torn=""):
    """Append events to a run's history."""
    with (path / "events.jsonl").open("a", encoding="utf-8") as file:
        file.write("".join(json.dumps(event) + "\n" for event in events) + torn)


def train_event(step, loss=2.0):
    fields = {"learning_rate": 0.01, "characters_per_s": 12345, "eta_s": 61.0}
    return {"event": "train", "time": 1.0, "step": step, "loss": loss, **fields}


def limits(plot):
    return plot._x_min, plot._x_max, plot._y_min, plot._y_max


def colours(plot):
    """The colours of what is drawn within the axes."""
    canvas = plot.query_one("#plot", Canvas)
    segments = [segment for row in range(canvas.size.height) for segment in canvas.render_line(row)]
    curves = [segment.style for segment in segments if re.search("[⠁-⣿•]", segment.text)]
    return {style.color.name for style in curves if style and style.color}


async def test_a_finished_run_shows_everything_and_steps_samples(opened, runs_dir):
    path = make_run(runs_dir, "one")
    last = [event for event in recorded() if event["event"] == "eval"][-1]
    samples = [event for event in recorded() if event["event"] == "sample"]
    async with opened(run=RunDirectory(path)) as pilot:
        await until(
            pilot, shows(pilot, "one · finished · 804,224 parameters", f"validation loss {last['val_loss']:.3f}")
        )
        await until(pilot, shows(pilot, "now better than a 4-gram;", "nanoGPT's GPU recipe ended at 1.47"))
        await until(pilot, shows(pilot, "uniform 4.17", "unigram 3.35", "bigram 2.48", "3-gram 2.05", "4-gram 1.78"))
        await until(pilot, shows(pilot, "steps", "nats per character", "validation", "1,800 of 1,800", "100%"))
        await until(pilot, shows(pilot, "took", "10 min 39 s", "mean speed", "F8 look inside"))
        assert not re.search(r"time left|  –", screen_text(pilot.app)), "nothing that is over, and no dashes"
        assert pilot.app.screen.query_one("#below").outer_size.height == 7, "as high as its content"

        await until(pilot, shows(pilot, f"{len(samples)} of {len(samples)}, the newest"))
        await pilot.press("comma", "full_stop")
        assert pilot.app.screen.query_one(SampleView).place is None, "it follows again"
        for _ in range(len(samples) + 3):
            await pilot.press("comma")
        await until(pilot, shows(pilot, "at step 0 ", f"1 of {len(samples)} "))
        await pilot.press("full_stop")
        await until(pilot, shows(pilot, f"at step {samples[1]['step']} ", f"2 of {len(samples)} "))


async def test_a_finished_run_of_minutes_is_whole(opened, runs_dir):
    """Its last event does not say how far it is."""
    start = recorded()[0]
    config = start["config"] | {"training": start["config"]["training"] | {"minutes": 4.0}}
    path = make_run(runs_dir, "one", [start | {"config": config}, *recorded()[1:]])
    async with opened(run=RunDirectory(path)) as pilot:
        await until(pilot, shows(pilot, "one · finished", "100%"))


async def test_watching_another_run_frees_the_former(opened, runs_dir):
    """Chat opens with the run that was watched last."""
    first, second = make_run(runs_dir, "first"), make_run(runs_dir, "second")
    async with opened(run=RunDirectory(second)) as pilot:
        await until(pilot, shows(pilot, "second · finished"))
        history = weakref.ref(pilot.app.screen.history.train)
        pilot.app.watch_run(RunDirectory(first))
        await until(pilot, lambda: gc.collect() >= 0 and history() is None)
        for path in (first, second, first):
            pilot.app.watch_run(RunDirectory(path))
        await until(pilot, shows(pilot, "first · finished"))
        assert sum(isinstance(screen, WatchScreen) for screen in pilot.app.screen_stack) == 1
        await pilot.press("c")
        await until(pilot, lambda: pilot.app.screen.columns[0].choice.path == str(first))


async def test_watch_follows_torn_truncated_and_deleted_files(opened, runs_dir):
    """A chosen sample stays in view."""
    events = recorded()
    path = make_run(runs_dir, "one", events[:1])
    line = json.dumps(train_event(77)) + "\n"
    async with opened(run=RunDirectory(path)) as pilot:
        await until(pilot, shows(pilot, "one · "))
        first = [event for event in events if event["event"] in ("eval", "sample")]
        write(path, *first[:4])
        await until(pilot, shows(pilot, "2 of 2, the newest"))
        await pilot.press("comma")
        write(path, *first[4:6])
        await until(pilot, shows(pilot, "1 of 3 "))
        # A torn line is shown once it is whole.
        write(path, torn=line[:20])
        await pilot.pause(0.4)
        assert "77 of 1,800" not in screen_text(pilot.app)
        write(path, torn=line[20:])
        await until(pilot, shows(pilot, "77 of 1,800"))
        # A history that was cut is read anew.
        write(path, *events)
        await until(pilot, shows(pilot, "finished", "1,800 of 1,800"))
        (path / "events.jsonl").write_text("".join(json.dumps(e) + "\n" for e in [events[0], train_event(5)]))
        await until(pilot, shows(pilot, " 5 of 1,800"))
        assert "1,800:" not in screen_text(pilot.app)
        shutil.rmtree(path)
        await until(pilot, shows(pilot, "The folder of this run is gone"))
        await pilot.press("u", "s", "c")
        assert pilot.app.is_running


async def test_strange_events_do_no_harm(opened, runs_dir):
    start = {**recorded()[0], "device": "[/] \x1b[2J [bold", "rungs": {"[red]x": 1.0, "bigram": 2.0, "3-gram": "z"}}
    strange = [
        {"event": "train", "time": 1, "step": 3, "loss": None, "eta_s": "soon", "learning_rate": []},
        {"event": "eval", "time": 1, "step": 3, "val_loss": 2.5, "train_loss": {}, "best": "yes"},
        {"event": "sample", "time": 1, "step": 3, "prompt": 7, "text": "[/] [bold] \x1b]0;x\x07"},
        {"event": "warning", "time": 1, "step": 3, "message": "[link=x]low[/] disk"},
        {"event": "start", "time": 1, "step": 3, "config": "none"},
        {"event": "nothing", "time": 1, "step": -3},
    ]
    path = make_run(runs_dir, "one", [start, *strange[:4]])
    async with opened(run=RunDirectory(path)) as pilot:
        await until(pilot, shows(pilot, "[/] ␛[2J [bold", "[link=x]low[/] disk", "bigram 2.00"))
        write(path, *strange[4:])
        await pilot.pause(0.5)
        assert pilot.app.is_running
        assert "\x1b" not in screen_text(pilot.app)


async def test_the_plot_draws_any_number_of_points(opened, runs_dir):
    async with opened() as pilot:
        for points in (0, 1, 2, 100, 10_000):
            losses = (train_event(step + 1, 4 - 2 * step / points) for step in range(points))
            pilot.app.watch_run(RunDirectory(make_run(runs_dir, str(points), [recorded()[0], *losses])))
            await until(pilot, lambda points=points: len(pilot.app.screen.history.train.steps) == points)
            await until(pilot, shows(pilot, f"{points} · ", "uniform 4.17" if points else "no losses yet"))
            drawn = [dataset for dataset in pilot.app.screen.query_one(LossPlot)._datasets if len(dataset.x) > 2]
            assert sum(len(dataset.x) for dataset in drawn) <= 400
            if points >= 100:
                assert min(drawn[0].y) == pytest.approx(2.0, abs=0.05)
                assert max(drawn[0].y) == 4.0


async def test_a_zoomed_plot_stays_as_events_arrive(opened, runs_dir):
    """Resetting the zoom follows the data again."""
    path = make_run(runs_dir, "one", [recorded()[0], train_event(5)])
    with RunDirectory(path).locked():
        async with opened(run=RunDirectory(path)) as pilot:
            await until(pilot, shows(pilot, "running", " 5 of 1,800", "uniform 4.17"))
            watch, plot = pilot.app.screen, pilot.app.screen.query_one(LossPlot)
            whole = limits(plot)
            await pilot.press("plus", "plus", "plus", "plus", "plus", "minus")
            assert not plot.has_focus, "the keys are the screen's"
            assert limits(plot)[0] <= 5 <= limits(plot)[1] < 900
            assert whole[2] == limits(plot)[2] < 2.0 < limits(plot)[3] < whole[3]
            plot.focus()
            await pilot.press("right")
            part = limits(plot)
            drawn = watch._plotted_at
            write(path, train_event(77))
            await until(pilot, lambda: "77 of 1,800" in screen_text(pilot.app) and watch._plotted_at > drawn)
            assert limits(plot) == part
            await pilot.press("0")
            assert limits(plot)[:2] == (0, 1800)
            drawn = watch._plotted_at
            write(path, train_event(78, loss=9.0))
            await until(pilot, lambda: watch._plotted_at > drawn and limits(plot)[3] > 9)
            for number in range(2):
                for pressed in ("plus", "0"):
                    pilot.app.post_message(events.Key(pressed, None))
                write(path, train_event(79 + number, loss=10.0 + number))
                await until(pilot, lambda number=number: 10 + number < limits(plot)[3] < 10.5 + number)


async def test_the_curves_take_the_colours_of_another_theme(opened, runs_dir):
    async with opened(run=RunDirectory(make_run(runs_dir, "one"))) as pilot:
        await until(pilot, shows(pilot, "finished", "uniform 4.17"))
        plot = pilot.app.screen.query_one(LossPlot)
        for _ in range(2):
            before = await until(pilot, lambda: colours(plot))
            await pilot.press("f9")
            await until(pilot, lambda before=before: colours(plot) and not colours(plot) & before)
            assert colours(plot) == {plot.style_of(part) for part in ("train", "validation", "rung")}
        before = colours(plot)
        await pilot.press("f3", "f9", "f2")
        await until(pilot, lambda: colours(plot) and not colours(plot) & before)


async def test_a_run_without_losses_shows_its_start(opened, runs_dir):
    """It offers no chat, and once ended it no longer promises a sample."""
    path = make_run(runs_dir, "one", [], weights=False)
    (path / "config.json").unlink()
    (path / "events.jsonl").unlink()
    async with opened(run=RunDirectory(path)) as pilot:
        await until(pilot, shows(pilot, "one · ", "no events yet", "no losses yet"))
        await until(pilot, shows(pilot, "The first sample comes"))
        await pilot.press("plus", "0")
        assert not re.search("nats per|└|┤|┬|1\\.0", screen_text(pilot.app))
        with RunDirectory(path).locked():
            await until(
                pilot, shows(pilot, "one · starting · reading the text, ", "getting ready", "· loading TensorF")
            )
            await until(pilot, lambda: re.search("reading the text, [1-9]", screen_text(pilot.app)))
            (path / "config.json").write_text("{}")
            await until(pilot, shows(pilot, "one · starting · loading TensorFlow, ", "✓ reading the text"))
            (path / "events.jsonl").touch()
            await until(pilot, shows(pilot, "▸ building model", "✓ loading TensorFlow"))
            write(path, {**recorded()[0], "time": time.time()})
            await until(pilot, shows(pilot, "one · running · compiling, first evaluation", "▸ compiling, first eval"))
            await until(pilot, shows(pilot, "804,224 parameters", "1,003,854 characters of tiny-shakespeare"))
            await until(pilot, shows(pilot, "1,800 steps, an evaluation every 100 steps", "1.777  a 4-gram"))
            await pilot.press("plus", "0")
            (first,) = [event for event in recorded()[:4] if event["event"] == "eval"]
            write(path, {**first, "time": time.time()})
            await until(pilot, shows(pilot, "compiling the first step", "uniform 4.17", "4-gram 1.78", "nats per"))
            assert "getting ready" not in screen_text(pilot.app)
            write(path, {**train_event(3), "time": time.time()})
            await until(pilot, lambda: "compiling" not in screen_text(pilot.app))
        await until(pilot, shows(pilot, "interrupted"))
        await pilot.press("c")
        await until(pilot, shows(pilot, "There are no weights yet"))
        await pilot.press("f8")
        await until(pilot, shows(pilot, "one has no weights yet; showing the pretrained model"))


async def test_nothing_jumps_as_sentences_grow(opened, runs_dir):
    """At every size the plot keeps its place whatever the line of state says, and a small screen shows one view."""
    path = make_run(runs_dir, "one", recorded()[:40])
    with RunDirectory(path).locked():
        for size in ((120, 40), (80, 24), (40, 12)):
            async with opened(size, run=RunDirectory(path)) as pilot:
                await until(pilot, shows(pilot, "running", "1.78"))
                plot, view = pilot.app.screen.query_one(LossPlot), pilot.app.screen.query_one("#views")
                await until(pilot, lambda view=view, size=size: view.region.width == size[0])
                before = plot.region
                pilot.app.screen.write("#standing", "long " * 80)
                for line in pilot.app.screen.query(OneLine):
                    line.show("long " * 80)
                await until(pilot, shows(pilot, "long long long long long long"))
                assert plot.region == before
                await pilot.press("comma")
                sample = pilot.app.screen.query_one(SampleView)
                await until(pilot, lambda sample=sample: sample.region.area > 0)
                assert (plot.region.area > 0) == (size[0] > 40)
                await pilot.press("plus")
                await until(pilot, lambda plot=plot, before=before: plot.region == before)


async def test_escape_goes_back_to_where_the_run_was_opened(opened, runs_dir):
    make_run(runs_dir, "one")
    async with opened() as pilot:
        await pilot.press("f4")
        await until(pilot, shows(pilot, "one", "finished"))
        await pilot.press("enter")
        await until(pilot, shows(pilot, "one · finished", "u Train further"))
        assert "Resume" not in screen_text(pilot.app)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.current_mode == "runs")
        await pilot.press("f2")
        await until(pilot, shows(pilot, "preset"))
        pilot.app.watch_run(RunDirectory(runs_dir / "one"))
        await until(pilot, shows(pilot, "one · finished"))
        await pilot.press("escape")
        await until(pilot, shows(pilot, "preset"))
        pilot.app.watch_run(RunDirectory(runs_dir / "one"))
        await until(pilot, shows(pilot, "one · finished"))
        await pilot.press("f10", "f2")
        await until(pilot, shows(pilot, "one · finished"))
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.current_mode == "learn")


async def test_one_who_may_only_watch_changes_nothing(opened, runs_dir):
    path = make_run(runs_dir, "one", recorded()[:5])
    async with opened(run=RunDirectory(path), may_change=False) as pilot:
        await until(pilot, shows(pilot, "interrupted"))
        await pilot.press("u", "s")
        await pilot.pause(0.3)
        assert pilot.app.started == []
        await pilot.press("n")
        await until(pilot, shows(pilot, "preset"))
        await pilot.press("ctrl+s")
        await until(pilot, shows(pilot, "may only chat and watch"))
        assert [entry.name for entry in runs_dir.iterdir()] == ["one"]
