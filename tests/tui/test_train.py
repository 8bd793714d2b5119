"""The form: made from the configuration, checked at every key, and what it starts."""

import dataclasses
import json
import threading

import pytest
from textual.widgets import Input, Select, Static

from tests.tui.conftest import screen_text, shows, until
from tinygpt_keras.config import PRESETS, ModelConfig, TrainingConfig
from tinygpt_keras.config.flags import WITHOUT_FLAG
from tinygpt_tui.screens import train
from tinygpt_tui.screens.watch import WatchScreen
from tinygpt_tui.training import recipe, text_facts
from tinygpt_tui.widgets.field_name import SIGN, FieldName
from tinygpt_tui.widgets.option_group import OptionGroup
from tinygpt_tui.widgets.option_row import OptionRow


def said(pilot):
    """What is said below the fields, as it was before it was wrapped."""
    return str(pilot.app.screen.query_one("#findings", Static).render())


def says(pilot, *texts):
    """A condition: these texts stand below the fields."""
    return lambda: all(text in said(pilot) for text in texts)


async def open_further(pilot):
    """Open all the further settings."""
    for group in pilot.app.screen.query(OptionGroup):
        group.collapsed = False
    await until(pilot, lambda: len(pilot.app.screen.query(OptionRow)) > 30)
    await until(pilot, lambda: all(select.query_one("#label") for select in pilot.app.screen.query(Select)))


async def form(pilot):
    """Go to the form and wait until it has read the text."""
    await pilot.press("f2")
    await until(pilot, shows(pilot, "1,115,394 characters"))
    return pilot.app.screen


async def test_the_form_has_every_field_and_live_size(opened):
    """A preset proposes its own values, and leaves typed ones alone."""
    nano = PRESETS["nano"]
    async with opened() as pilot:
        screen = await form(pilot)
        assert "804,224 parameters" in screen_text(pilot.app)
        screen.query_one("#field-embed_dim", Input).focus()
        await pilot.press(*"64")
        expected = dataclasses.replace(PRESETS["tiny"].model, embed_dim=64).parameters()
        await until(pilot, shows(pilot, f"{expected:,} parameters"))
        await pilot.press("backspace", "backspace")

        screen.query_one("#length", Input).focus()
        await pilot.press(*"10")
        screen.query_one("#preset", Select).value = "nano"
        await until(pilot, lambda: screen.query_one("#field-embed_dim", Input).placeholder == "384")
        await until(pilot, lambda: screen.query_one("#length", Input).placeholder == str(nano.training.steps))
        assert screen.query_one("#length", Input).value == "10", "what was typed stays"
        screen.query_one("#length", Input).value = ""
        await until(pilot, says(pilot, f"{nano.model.parameters():,} parameters", "takes hours"))

        assert len(screen.query(OptionRow)) == len(recipe.MAIN), "the others are mounted once they are asked for"
        await open_further(pilot)
        shown = {row.field.name for row in screen.query(OptionRow)} | {"steps", "minutes"}
        declared = {field.name for config in (ModelConfig, TrainingConfig) for field in dataclasses.fields(config)}
        assert shown == declared - WITHOUT_FLAG


CONTRADICTIONS = {
    ("embed_dim", "130"): "num heads 4 does not divide embed dim 130",
    ("num_heads", "x"): "num heads is 'x'",
    ("block_size", "1"): "block size is 1",
    ("batch_size", "-3"): "batch size is -3",
    ("num_layers", "130"): "The model is large for so short a text",
}


async def test_a_contradiction_is_named_as_one_types(opened, runs_dir):
    async with opened() as pilot:
        screen = await form(pilot)
        for (name, typed), words in CONTRADICTIONS.items():
            field = screen.query_one(f"#field-{name}", Input)
            field.focus()
            await pilot.press(*typed)
            await until(pilot, shows(pilot, words))
            if "is large" not in words:
                screen.set_focus(None)
                await pilot.press("ctrl+s")
                await pilot.pause()
                assert pilot.app.screen is screen
                assert not runs_dir.exists()
                assert not pilot.app._notifications, "it is said already"
                assert field.has_focus, "Start leads to the field at fault"
                (label,) = (each for each in screen.query(FieldName) if each.field == name)
                assert SIGN in str(label.content), "it has a sign, not only a colour"
                assert screen.query_one("#verdict").has_class("-wrong")
            field.value = ""
            await until(pilot, lambda words=words: words not in screen_text(pilot.app))
            assert not any(SIGN in str(label.content) for label in screen.query(FieldName))
        screen.query_one("#length", Input).value = "x"
        await until(pilot, shows(pilot, "length in steps is 'x'"))


async def test_a_text_of_ones_own_is_read_and_named(opened, tmp_path):
    (tmp_path / "my [bold text.txt").write_text("abcd " * 200)
    (tmp_path / "short.txt").write_text("abc")
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("abcd " * 200)
    (tmp_path / "texts" / "[b].md").touch()
    async with opened() as pilot:
        screen = await form(pilot)
        screen.query_one("#text", Input).value = "nowhere.txt"
        await until(pilot, shows(pilot, "there is no file or folder nowhere.txt"))
        screen.query_one("#text", Input).value = "my [bold text.txt"
        await until(pilot, says(pilot, "my [bold text.txt, 1,000 characters, 5 of them distinct"))
        screen.query_one("#text", Input).value = "short.txt"
        await until(pilot, shows(pilot, "the text has 3 characters"))
        screen.query_one("#text", Input).value = "texts"
        words = "parameters; texts (1 file read; left out: [b].md (not .txt)), 1,001 characters, 6 of them distinct"
        await until(pilot, says(pilot, words))


async def test_a_model_that_replies_is_trained_from_the_form(opened, runs_dir, tmp_path):
    """A file of pairs chooses its task; a task that makes its pairs takes no text, and has its own steps."""
    (tmp_path / "mine.tsv").write_text("ab\tc\n" * 20)
    async with opened() as pilot:
        screen = await form(pilot)
        task, preset = screen.query_one("#task", Select), screen.query_one("#preset", Select)
        screen.query_one("#text", Input).value = "mine.tsv"
        await until(pilot, says(pilot, "mine.tsv, 20 pairs, 3 distinct characters", "--task pairs --data mine.tsv"))
        assert (task.value, preset.value) == ("pairs", "encdec")
        screen.query_one("#text", Input).value = ""
        await until(pilot, shows(pilot, "task pairs needs a file of pairs"))
        task.value = "text"
        await until(pilot, lambda: preset.value == "tiny")
        task.value = "dates"
        await until(pilot, lambda: preset.value == "encdec")
        preset.value = "paper"
        await until(pilot, says(pilot, "dates, 50,000 pairs", "--preset paper --task dates"))
        await until(pilot, shows(pilot, "ready to start"))
        assert not screen.query_one("#text").region, "it makes its own pairs"
        assert screen.query_one("#length", Input).placeholder == "1000"
        await pilot.press("ctrl+s")
        (argv,) = await until(pilot, lambda: [json.loads(path.read_text()) for path in runs_dir.glob("*/.argv")])
        assert argv[2:] == ["--preset", "paper", "--task=dates", "--keep-checkpoints=0"]
        await until(pilot, shows(pilot, "finished"))


@pytest.fixture
def slow(monkeypatch):
    """Texts whose name begins with `slow` are read when this is set."""
    go_on = threading.Event()
    read = text_facts.read_text_facts

    def read_slowly(source, task):
        if source.startswith("slow"):
            go_on.wait(60)
        return read(source, task)

    monkeypatch.setattr(text_facts, "read_text_facts", read_slowly)
    yield go_on
    go_on.set()


async def test_the_form_describes_only_the_current_text(opened, tmp_path, slow, monkeypatch):
    """While it reads one, it says so."""
    (tmp_path / "slow.txt").write_text("abcd " * 200)
    for name in ("quick.txt", "last.txt"):
        (tmp_path / name).write_text("abcd " * (200 + len(name)))
    async with opened() as pilot:
        screen = await form(pilot)
        text = screen.query_one("#text", Input)
        text.value = "slow.txt"
        await pilot.pause()
        assert said(pilot).startswith("reading slow.txt…\n")
        screen.query_one("#field-embed_dim", Input).value = "64"
        await pilot.pause()
        assert said(pilot).startswith("reading slow.txt…\n")
        assert "reading its text" in screen_text(pilot.app)
        slow.set()
        await until(pilot, says(pilot, "parameters; slow.txt, 1,000 characters, 5 of them distinct"))

        # Only the text that stands in the field is shown.
        slow.clear()
        text.value = "nowhere.txt"
        await until(pilot, shows(pilot, "there is no file or folder nowhere.txt"))
        text.value = "slow.txt"
        await until(pilot, lambda: any(worker.group == "text" for worker in pilot.app.workers))
        assert "nowhere.txt" not in said(pilot)
        text.value = "quick.txt"
        await until(pilot, says(pilot, "quick.txt, 1,045 characters"))
        text.value = "slow.txt"
        await until(pilot, lambda: any(worker.group == "text" for worker in pilot.app.workers))
        # The earlier one has been read before one stops typing.
        monkeypatch.setattr(train, "SETTLED_S", 60)
        text.value = "last.txt"
        await pilot.pause()
        slow.set()
        await until(pilot, lambda: not any(worker.group == "text" for worker in pilot.app.workers))
        assert said(pilot).startswith("reading last.txt…\n")


async def test_start_runs_what_the_form_says(opened, runs_dir):
    async with opened() as pilot:
        screen = await form(pilot)
        screen.query_one("#preset", Select).value = "nano-cpu"
        screen.query_one("#name", Input).value = "mine"
        screen.query_one("#length", Input).value = "12"
        screen.query_one("#field-embed_dim", Input).value = "64"
        await open_further(pilot)
        screen.query_one("#field-qk_norm", Select).value = "yes"
        screen.query_one("#field-schedule", Select).value = "constant"
        await pilot.pause()
        await pilot.click("#start")
        await until(pilot, lambda: isinstance(pilot.app.screen, WatchScreen))
        await until(pilot, shows(pilot, "mine · "))
        argv = await until(pilot, lambda: json.loads((runs_dir / "mine" / ".argv").read_text()))
        given = [
            "--preset",
            "nano-cpu",
            "--embed-dim=64",
            "--qk-norm",
            "--schedule=constant",
            "--steps=12",
            "--keep-checkpoints=0",
        ]
        assert sorted(argv) == sorted(["--run-dir", str(runs_dir / "mine"), *given])
        await until(pilot, shows(pilot, "finished"))


async def test_the_form_trains_own_text_for_minutes(opened, runs_dir, tmp_path):
    (tmp_path / "my text.txt").write_text("abcd " * 200)
    async with opened() as pilot:
        screen = await form(pilot)
        screen.query_one("#text", Input).value = " my text.txt "
        screen.query_one("#name", Input).value = "mine"
        screen.query_one("#unit", Select).value = "minutes"
        await until(pilot, lambda: screen.query_one("#length", Input).value == "10")
        assert "Go to the run" not in screen_text(pilot.app), "there is none yet"
        await until(pilot, says(pilot, "my text.txt, 1,000 characters"))
        await pilot.press("ctrl+s")
        argv = await until(pilot, lambda: json.loads((runs_dir / "mine" / ".argv").read_text()))
        assert "--data=my text.txt" in argv
        assert "--minutes=10" in argv
        await until(pilot, shows(pilot, "finished"))
        await pilot.press("n")
        await until(pilot, shows(pilot, "^g Go to the run", "^g See the last run"))
        await pilot.resize_terminal(80, 24)
        await until(pilot, shows(pilot, "the default: 0.8M parameters, verse…"))
        await pilot.press("ctrl+g")
        await until(pilot, lambda: isinstance(pilot.app.screen, WatchScreen))


async def test_an_invalid_name_is_reported_and_starts_nothing(opened, runs_dir):
    """The form checks it with each key."""
    (runs_dir / "taken").mkdir(parents=True)
    async with opened() as pilot:
        screen = await form(pilot)
        field = screen.query_one("#name", Input)
        for name, words in {"a b": "'a b' is not a valid", "taken": "there is a run taken already"}.items():
            field.focus()
            await pilot.press(*name)
            await until(pilot, shows(pilot, words))
            await pilot.press("backspace", "2")
            await until(pilot, lambda words=words: words not in screen_text(pilot.app))
            field.value = ""
        for name in ("../out", "a b", "[/]", "x" * 65, "taken"):
            field.value = name
            await pilot.press("ctrl+s")
            await pilot.pause()
            assert pilot.app.screen is screen
            assert [entry.name for entry in runs_dir.iterdir()] == ["taken"]
            assert list((runs_dir / "taken").iterdir()) == []


async def test_repeated_start_keys_start_one_run(opened, runs_dir):
    """A new form puts the focus on the task; returning from Help keeps the focus."""
    async with opened() as pilot:
        screen = await form(pilot)
        await until(pilot, lambda: pilot.app.focused is screen.query_one("#task"))
        screen.query_one("#length", Input).focus()
        await pilot.press("f1", "escape")
        await until(pilot, lambda: pilot.app.focused is screen.query_one("#length"))
        await pilot.press("ctrl+s", "ctrl+s", "ctrl+s")
        await until(pilot, shows(pilot, "finished"))
        assert len(list(runs_dir.iterdir())) == 1
        await pilot.press("n")
        await until(pilot, lambda: pilot.app.focused is screen.query_one("#task"))
