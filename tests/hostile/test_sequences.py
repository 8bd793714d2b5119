"""No name, flag, path or field that a command prints controls the terminal; a pipe gets it unchanged."""

import os
import pty
import shutil
import sys

import pytest

from tests.conftest import command
from tinygpt_keras import console, evaluate
from tinygpt_keras.console.printable import acts

STEERING = "\x1b]0;stolen\x07\x9b31m\u202e\x1b[2J"


def assert_harmless(text):
    assert "stolen" in text
    assert not [character for character in text if acts(character) and character not in "\r\n\t"]


def painted(monkeypatch, print_something):
    """Return what a function prints when standard output is a terminal."""
    controller, screen = pty.openpty()
    os.set_blocking(controller, False)
    with os.fdopen(screen, "w", encoding="utf-8") as stream, monkeypatch.context() as changed:
        changed.setattr(sys, "stdout", stream)
        print_something()
        text = os.read(controller, 65536).decode("utf-8")
    os.close(controller)
    return text


@pytest.mark.parametrize(
    ("verb", "flags"),
    [
        ("sample", ["--" + STEERING]),
        ("sample", ["--run", STEERING]),
        ("sample", ["--temperature", STEERING]),
        ("evaluate", ["--data", STEERING]),
        ("export", ["--out", "out", "--run", STEERING]),
        ("export", ["--out", STEERING + "["]),
        ("train", ["--preset", STEERING]),
        ("train", ["--run-dir", STEERING]),
        ("train", ["--resume", "--run-dir", STEERING]),
        ("train", ["--from", STEERING]),
    ],
)
def test_an_error_names_what_is_wrong_without_obeying_it(tmp_path, verb, flags):
    status, out, err = command(verb, *flags, cwd=tmp_path)
    assert (status, out) == (2, "")
    assert err.splitlines()[-1].startswith("error: ")
    assert_harmless(err)


def test_a_hostile_run_name_is_printed_harmlessly(small_run, tmp_path):
    shutil.copytree(small_run, tmp_path / "runs" / STEERING)
    status, _, err = command("sample", "--max-new", 1, "--seed", 1, cwd=tmp_path)
    assert status == 0, err
    assert_harmless(err)


def test_the_name_of_a_run_makes_no_second_line(small_run, tmp_path):
    shutil.copytree(small_run, tmp_path / "runs" / "a\nerror: b")
    status, _, err = command("sample", "--max-new", 1, "--seed", 1, cwd=tmp_path)
    assert status == 0
    assert err == "using the newest run, runs/a␊error: b\n"


def test_a_hostile_path_prints_harmlessly_on_a_terminal(small_run, tmp_path, monkeypatch):
    """A pipe gets the exact path."""
    run = tmp_path / STEERING
    shutil.copytree(small_run, run)
    assert command("train", "--resume", "--run-dir", run, cwd=tmp_path)[1] == f"{run}\n"
    assert_harmless(painted(monkeypatch, lambda: evaluate.main(["--json", "--run", str(run)])))
    assert_harmless(painted(monkeypatch, lambda: console.show(str(run))))
