"""The command tells a run from a model, refuses what contradicts itself, and says so in one line."""

import io
import os
import subprocess
import sys
import types
from pathlib import Path
from typing import ClassVar

import pytest

import tinygpt_tui
from tests.tui.conftest import make_run
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RunDirectory, pretrained_run
from tinygpt_tui.command import PORT, find, main
from tinygpt_tui.runs.choices import Choice


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A current folder with `runs/one`, a whole run, and no web server around."""
    monkeypatch.delenv("TEXTUAL_DRIVER", raising=False)
    monkeypatch.chdir(tmp_path)
    make_run(tmp_path / "runs", "one")
    return tmp_path


def test_no_path_is_neither_run_nor_model():
    assert find(None) == (None, None)


def test_a_folder_with_a_history_is_watched(folder):
    assert find("runs/one") == (RunDirectory(Path("runs/one")), None)
    assert find(str(folder / "runs" / "one")) == (RunDirectory(folder / "runs" / "one"), None)


def test_a_run_without_a_history_yet_is_watched(folder):
    for file in ("events.jsonl", "best.keras"):
        (folder / "runs" / "one" / file).unlink()
    assert find("runs/one") == (RunDirectory(Path("runs/one")), None)


def test_a_nameless_path_resolves_to_a_named_run(folder, monkeypatch):
    """`.`, `..` and a bare file name have no folder name of their own."""
    run = RunDirectory(folder / "runs" / "one")
    monkeypatch.chdir(run.path)
    assert find(".") == (run, None)
    assert find("best.keras") == find("./best.keras") == (None, run)
    run.checkpoints.mkdir()
    monkeypatch.chdir(run.checkpoints)
    assert find("..") == (run, None)


def test_weights_without_a_history_open_as_a_model(folder):
    """A weights file opens as a model in any case."""
    run = find("runs/one")[0]
    assert find("runs/one/best.keras") == (None, run)
    (folder / "runs" / "one" / "events.jsonl").unlink()
    assert find("runs/one") == (None, run)
    assert find(str(pretrained_run().best_file)) == find(str(pretrained_run().path)) == (None, pretrained_run())


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("runs/none", "there is no run directory runs/none"),
        ("runs", "runs is not a run directory"),
        ("runs/one/config.json", "is not a model file. Give a run's best.keras"),
        ("runs/one/best.keras/x", "Give a run directory|there is no run directory"),
        ("lonely/best.keras", "lonely is not a run directory"),
        ("damaged", "config.json is not JSON"),
        ("damaged/best.keras", "config.json is not JSON"),
        ("", "is not a run directory"),
    ],
)
def test_what_is_neither_is_refused(folder, path, words):
    for name in ("lonely", "damaged"):
        (folder / name).mkdir()
        (folder / name / "best.keras").write_bytes(b"")
    (folder / "damaged" / "config.json").write_text("{")
    with pytest.raises(InputError, match=words):
        find(path)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["runs/one", "--run", "runs/one"], "a path and --run both name a run"),
        (["--allow-training"], "--allow-training belongs to --web"),
        (["--port", "8001"], "--port belongs to --web"),
        (["--web", "--allow-training", "--watch-only"], "--watch-only and --allow-training contradict"),
        (["runs/none"], "there is no run directory runs/none"),
        (["--run", "runs/none", "--web"], "there is no run directory runs/none"),
        (["\x1b[2J[/]"], "there is no run directory ␛[2J[/]"),
        ([], "this is not a terminal"),
        (["runs/one"], "this is not a terminal"),
    ],
)
def test_wrong_input_is_one_line_and_status_2(arguments, words, monkeypatch, capsys):
    monkeypatch.setattr(sys, "__stderr__", sys.stderr)  # captured, so no terminal
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert words in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--port", "x"], ["--nothing"], ["a", "b"], ["--run"]])
def test_invalid_flags_end_in_one_error_line(arguments, capsys):
    """The status is 2."""
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_help_names_every_flag(capsys):
    with pytest.raises(SystemExit) as exit:
        main(["--help"])
    assert exit.value.code == 0
    out = capsys.readouterr().out
    for flag in ("--runs-dir", "--run ", "--watch-only", "--web", "--port", "--allow-training"):
        assert flag in out


@pytest.fixture
def served(monkeypatch):
    """What `--web` would have served: the command and the port."""
    calls = []

    def serve(command, port):
        calls.append((command, port))
        return 0

    monkeypatch.setattr(tinygpt_tui, "web", types.SimpleNamespace(serve=serve), raising=False)
    return calls


@pytest.mark.parametrize(
    ("arguments", "port", "expected"),
    [
        ([], PORT, ["--runs-dir=runs", "--watch-only"]),
        (["--watch-only", "--port", "0"], 0, ["--runs-dir=runs", "--watch-only"]),
        (["--allow-training", "--runs-dir=-x y"], PORT, ["--runs-dir=-x y"]),
        (["runs/one"], PORT, ["--runs-dir=runs", "--run=runs/one", "--watch-only"]),
        (["--run", "runs/one/best.keras"], PORT, ["--runs-dir=runs", "--run=runs/one/best.keras", "--watch-only"]),
    ],
)
def test_web_passes_arguments_and_trains_only_if_allowed(served, arguments, port, expected):
    assert main(["--web", *arguments]) == 0
    assert served == [([sys.executable, "-m", "tinygpt_tui", *expected], port)]


class FakeApp:
    """In the place of the application: notes what it is made with."""

    made: ClassVar[list["FakeApp"]] = []
    return_code: int | None = 0

    def __init__(self, *arguments, **options):
        self.arguments, self.options = arguments, options

    def run(self):
        self.made.append(self)


class Terminal:
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def app(monkeypatch):
    """The application as a class that starts nothing, in a terminal."""
    monkeypatch.setattr(FakeApp, "made", [])
    monkeypatch.setitem(sys.modules, "tinygpt_tui.app", types.SimpleNamespace(TinyGPTApp=FakeApp))
    for stream in ("__stdin__", "__stderr__"):
        monkeypatch.setattr(sys, stream, Terminal())
    return FakeApp


DEFAULTS = {"run": None, "model": None, "may_change": True, "keeps_sitting": True}


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ([], {}),
        (["--watch-only"], {"may_change": False}),
        (["runs/one"], {"run": "runs/one"}),
        (["--run", "runs/one"], {"run": "runs/one"}),
        (["runs/one/best.keras"], {"model": Choice("runs/one")}),
    ],
)
def test_the_application_is_given_what_the_flags_say(app, arguments, options, folder):
    del folder
    if "run" in options:
        options = {**options, "run": find(options["run"])[0]}
    assert main(arguments) == 0
    (made,) = app.made
    assert [str(argument) for argument in made.arguments] == ["runs"]
    assert made.options == {**DEFAULTS, **options}


def test_behind_a_web_server_no_terminal_is_required(app, monkeypatch):
    """Nothing of the session is kept."""
    monkeypatch.setenv("TEXTUAL_DRIVER", "textual.drivers.web_driver:WebDriver")
    monkeypatch.setattr(sys, "__stderr__", sys.stderr)
    assert main(["--watch-only", "--runs-dir", "elsewhere"]) == 0
    (made,) = app.made
    assert [str(argument) for argument in made.arguments] == ["elsewhere"]
    assert made.options == {**DEFAULTS, "may_change": False, "keeps_sitting": False}


@pytest.mark.parametrize(("code", "status"), [(1, 1), (143, 143), (None, 1)])
def test_a_failure_of_the_application_is_the_commands(app, monkeypatch, code, status):
    monkeypatch.setattr(app, "return_code", code)  # Textual has none where it ended in a way that it does not know
    assert main([]) == status


@pytest.mark.parametrize("stream", ["__stdin__", "__stderr__"])
@pytest.mark.parametrize("other", [None, io.StringIO()])
def test_both_ways_of_a_terminal_are_needed(app, monkeypatch, capsys, stream, other):
    monkeypatch.setattr(sys, stream, other)
    assert main([]) == 2
    assert "this is not a terminal" in capsys.readouterr().err
    assert not app.made


def test_as_a_process_it_refuses_what_is_no_terminal():
    environment = {key: value for key, value in os.environ.items() if key != "TEXTUAL_DRIVER"}
    command = [sys.executable, "-m", "tinygpt_tui"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("error: this is not a terminal. Run tinygpt-tui in one, or add --web")
    assert result.stderr.count("\n") == 1
