"""Look through the time of a run: its steps, what it trains meanwhile, and what the model writes on."""

import json

from tests.tui.conftest import make_checkpoint, make_run, screen_text, shows, until
from tests.tui.looks import TEXT, known, type_text, views
from tinygpt_keras.worker.protocol import Look


def write_down(run, *events):
    """Append events to a run's history."""
    with (run / "events.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(json.dumps({"time": 1.0, **event}) + "\n" for event in events)


async def test_another_character_is_taken_and_given_back(looking, asked):
    async with looking() as pilot:
        await pilot.press("home", "right", "right")
        await known(pilot)
        await pilot.press("k", "j", "j", "k", "j")
        await until(pilot, shows(pilot, "▸ !"))
        assert pilot.app.screen.check_action("version", ()) is False
        await pilot.press("enter")
        await until(pilot, lambda: not pilot.app.screen.writer.is_writing)
        await known(pilot)
        written = next(request for request in reversed(asked) if not isinstance(request, Look))
        assert written.prompt == "ROM!"
        assert pilot.app.screen.gaze.text.startswith("ROM!Thou art line ")
        assert pilot.app.screen.gaze.place == 3
        await until(pilot, shows(pilot, "version 2 of 2", "3.40 bits", "ROMEO:↵But", "ROM!Thou"))
        await pilot.press("v")
        await known(pilot)
        assert (pilot.app.screen.gaze.text, pilot.app.screen.gaze.place) == (TEXT, 2)
        await pilot.press("v", "backspace")
        await known(pilot)
        assert pilot.app.screen.gaze.text == TEXT
        assert "version" not in screen_text(pilot.app)


async def test_the_steps_of_a_run_are_gone_through(looking, runs_dir, asked):
    """The text follows what the run wrote, until another one is typed."""
    run = make_run(runs_dir, "one")
    for step in (200, 1800):
        make_checkpoint(run, step)
    (run / "film").mkdir()
    (run / "film" / "40.safetensors").write_bytes(b"in its place")
    async with looking(text="") as pilot:
        screen = pilot.app.screen
        await until(pilot, shows(pilot, "one", "●", "best weights, of step 1,800", "written at step 1,800"))
        texts = []
        for words, step in (("step 1,800", 1800), ("step 200", 200), ("step 40", 40), ("step 40", 40)):
            await pilot.press("comma")
            await known(pilot)
            await until(pilot, shows(pilot, words))
            assert views(asked)["next"].step == step
            texts.append(screen.gaze.text)
        assert texts[0] != texts[1]
        await type_text(pilot, TEXT)
        await pilot.press("full_stop")
        await known(pilot)
        assert (views(asked)["next"].step, screen.gaze.text) == (200, TEXT)
        await pilot.press("p")
        await until(pilot, shows(pilot, "written at step 200"))
        assert screen.gaze.text == texts[1]


async def test_what_is_trained_meanwhile_is_looked_at(looking, runs_dir, asked, monkeypatch):
    monkeypatch.setattr("tinygpt_tui.screens.look_news.WATCH_S", 0.1)
    async with looking() as pilot:
        count = len(asked)
        (runs_dir / "one" / "best.keras").write_bytes(b"better ones")
        await until(pilot, lambda: len(asked) > count)
        make_checkpoint(runs_dir / "one", 1800)
        await until(pilot, lambda: pilot.app.screen.opening.steps == [1800, None])
        await pilot.press("comma")
        await until(pilot, shows(pilot, "step 1,800"))


async def test_the_newest_sample_and_loss_are_shown(looking, runs_dir, monkeypatch):
    """Also where they come after the weights that they are of."""
    monkeypatch.setattr("tinygpt_tui.screens.look_news.WATCH_S", 0.1)
    run = make_run(runs_dir, "one")
    async with looking(text="") as pilot:
        await pilot.press("s")
        write_down(run, {"event": "eval", "step": 9000, "train_loss": 0.5, "val_loss": 0.693147, "best": True})
        await until(pilot, shows(pilot, "this run, validation   1.000"))
        write_down(run, {"event": "sample", "step": 9000, "prompt": "ROMEO:", "text": " better than before"})
        await until(pilot, lambda: pilot.app.screen.gaze.text == "ROMEO: better than before")
        await until(pilot, shows(pilot, "written at step 9,000"))


async def test_only_the_best_weights_answers_are_outdated(looking, runs_dir, asked, monkeypatch):
    monkeypatch.setattr("tinygpt_tui.screens.look_news.WATCH_S", 0.1)
    run = make_run(runs_dir, "one")
    make_checkpoint(run, 200)
    async with looking() as pilot:
        await pilot.press("comma")
        await known(pilot)
        best = dict(zip(("count", "written"), (len(asked), pilot.app.screen.opening.written), strict=True))
        (run / "best.keras").write_bytes(b"better ones")
        await until(pilot, lambda: pilot.app.screen.opening.written != best["written"])
        await pilot.pause(0.2)
        assert len(asked) == best["count"], "a step's weights stay as they are"
        await pilot.press("full_stop")
        await known(pilot)
        assert len(asked) > best["count"]
        count = len(asked)
        write_down(run, {"event": "start", "step": 0})
        await until(pilot, lambda: len(asked) > count)


async def test_what_it_writes_is_drawn_with_frames(looking, monkeypatch):
    """Not with each piece; and all of it in the end."""
    async with looking() as pilot:
        screen, draws = pilot.app.screen, []
        show = screen.show
        monkeypatch.setattr(screen, "show", lambda: (draws.append(screen.gaze.text), show()))
        await pilot.press("enter")
        await until(pilot, lambda: screen.gaze.text.endswith("And so it ends.\n\n"))
        await until(pilot, lambda: not screen.writer.is_writing)
        written = len(screen.gaze.text) - len(TEXT) - 1
        grown = len({text for text in draws if len(text) > len(TEXT) + 1})
        assert 1 <= grown < written / 4, "fewer than there were pieces"
        await until(pilot, shows(pilot, "And so it ends."))
