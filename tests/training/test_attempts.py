"""The arguments of each attempt at a run in several processes."""

import io

import pytest

from tinygpt_keras import train
from tinygpt_keras.config.processes import ProcessOptions
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.training.attempts import Attempts

TWO = ProcessOptions(processes=2, retries=5)


def attempts(*given, options=TWO):
    """The attempts of a command."""
    return Attempts(vars(train.make_parser().parse_args(given)), given, options)


def test_a_run_that_was_written_is_resumed_each_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = ("--preset", "quick", "--minutes", "2", "--from", "pretrained")
    tried = attempts(*given)
    (folder,) = (tmp_path / "runs").iterdir()
    place = ["--run-dir", f"runs/{folder.name}"]
    assert [tried.command() for _ in range(3)] == [[*given, *place]] * 3
    assert tried.resumed() == ""
    (folder / "config.json").write_text("{}")
    assert tried.command() == tried.command() == ["--resume", *place, "--from", "pretrained"]
    (folder / "checkpoints/0").mkdir(parents=True)
    assert tried.command() == tried.command() == ["--resume", *place]
    assert tried.resumed().endswith(f"--resume --run-dir runs/{folder.name} --processes 2")
    tried.tidy()
    assert folder.exists()


def test_a_folder_that_stays_empty_is_removed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    attempts().tidy()
    assert not list((tmp_path / "runs").iterdir())


def test_more_steps_are_asked_until_they_are_written(copy):
    given = ("--resume", "--run-dir", str(copy), "--steps", "90")
    tried = attempts(*given)
    assert tried.command() == tried.command() == [*given, "--run-dir", str(copy)]
    with RunDirectory(copy).config_file.open("a") as file:
        file.write(" ")
    assert tried.command() == tried.command() == ["--resume", "--run-dir", str(copy)]


def test_numbers_of_processes_that_work_are_named(copy):
    with pytest.raises(InputError, match=r"batches of 4 evenly. What works: 1, 2, 4\.$"):
        attempts("--resume", "--run-dir", str(copy), options=ProcessOptions(processes=3))


def test_standard_input_is_read_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"abc")))
    tried = attempts("--data", "-")
    tried.command()
    with pytest.raises(InputError, match="standard input is spent"):
        tried.command()


def test_another_machine_repeats_what_it_was_given():
    given = ("--coordinator", "node1:8476", "--process-id", "1")
    tried = attempts(*given, options=ProcessOptions(processes=2, coordinator="node1:8476", process_id=1))
    assert tried.command() == tried.command() == [*given]
    assert tried.resumed() == ""
