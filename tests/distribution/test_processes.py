"""Two processes of two devices each train as one does, and what happens when one is lost."""

import os
import re
import signal
import time
from pathlib import Path

import pytest

from tests.conftest import command, in_a_process, start
from tests.training.endings import starts
from tinygpt_keras.runs.events import read_events

pytestmark = pytest.mark.slow

ON_JAX = {**os.environ, "KERAS_BACKEND": "jax"}
TWO_DEVICES = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}  # in each process
# All that could tell processes apart: dropout, noise, clipping, Muon, accumulated gradients.
RECIPE = [
    *("--embed-dim", "16", "--num-heads", "2", "--num-layers", "1", "--block-size", "16", "--batch-size", "8"),
    *("--embedding-dropout", "0.1", "--attention-dropout", "0.1", "--input-noise", "0.05", "--clip-norm", "0.5"),
    *("--gradient-accumulation-steps", "2", "--eval-characters", "2000", "--sample-length", "0"),
    *("--warmup-steps", "0", "--eval-every", "20", "--steps", "60"),
]


def losses(run):
    """The last losses at each evaluated step."""
    evaluations = [event for event in read_events(run / "events.jsonl") if event["event"] == "eval"]
    return {event["step"]: (event["train_loss"], event["val_loss"]) for event in evaluations}


def wait_for(run, words, process):
    """Wait until a run's history has some words, and return the processes that train it."""
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        if (run / "events.jsonl").exists() and words in (run / "events.jsonl").read_text("utf-8"):
            return members(process.pid)
        time.sleep(0.05)
    raise AssertionError(process.communicate())


def members(parent):
    """The children of a process by the numbers that they were given."""
    found = {}
    for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        words = Path(f"/proc/{child}/cmdline").read_text()
        found[int(re.search(r"--process-id=(\d+)", words)[1])] = int(child)
    return found


def test_a_run_that_lost_a_process_ends_as_that_of_one_process(tmp_path):
    run = tmp_path / "two"
    flags = [*RECIPE, "--run-dir", "two", "--processes", "2", "--retries", "1"]
    with (
        start("train", *RECIPE, "--run-dir", "one", cwd=tmp_path, env=ON_JAX) as one,
        start("train", *flags, cwd=tmp_path, env=TWO_DEVICES) as launcher,
    ):
        os.kill(wait_for(run, '"path": "checkpoints/20"', launcher)[1], signal.SIGKILL)
        out, err = launcher.communicate(timeout=200)
        assert (launcher.returncode, out) == (0, "two\n"), err
        assert one.communicate(timeout=200)[0] == "one\n"
    assert "process 1 was killed by SIGKILL; starting again, 1 of 1\n" in err
    assert [resumed for resumed, _ in starts(run)] == [False, True]
    assert losses(run).keys() == losses(tmp_path / "one").keys()
    for step, ours in losses(run).items():
        assert ours == pytest.approx(losses(tmp_path / "one")[step], abs=1e-5), step


@pytest.mark.long
@pytest.mark.parametrize("minutes", [False, True])
def test_ctrl_c_stops_all_after_the_step_and_they_go_on_together(minutes, tmp_path):
    run, length = tmp_path / "run", ["--minutes", "9"] if minutes else ["--steps", "9000"]
    recipe = RECIPE[: RECIPE.index("--steps")]
    for step, more in (("20", [*recipe, *length]), ("40", ["--resume"])):
        with start("train", *more, "--run-dir", "run", "--processes", "2", cwd=tmp_path) as launcher:
            found = wait_for(run, f'"path": "checkpoints/{step}"', launcher)
            launcher.send_signal(signal.SIGINT)
            out, err = launcher.communicate(timeout=100)
        assert (launcher.returncode, out) == (130, "run\n"), err
        assert err.rstrip().endswith("-m tinygpt_keras.train --resume --run-dir run --processes 2")
        assert list(read_events(run / "events.jsonl"))[-1]["reason"] == "interrupted"
        assert not any(Path(f"/proc/{process}").exists() for process in found.values())


@pytest.mark.long
def test_a_run_of_some_time_ends_with_an_evaluation(tmp_path):
    recipe = RECIPE[: RECIPE.index("--steps")]
    flags = [*recipe, "--minutes", "0.2", "--run-dir", "run", "--processes", "2"]
    status, out, err = in_a_process("train", *flags, cwd=tmp_path)
    assert (status, out) == (0, "run\n"), err
    end = list(read_events(tmp_path / "run/events.jsonl"))[-1]
    assert (end["event"], end["reason"]) == ("end", "finished")
    assert max(losses(tmp_path / "run")) == end["step"]


@pytest.mark.long
def test_members_end_with_their_launcher(tmp_path):
    run = tmp_path / "run"
    with start("train", *RECIPE, "--steps", "90000", "--run-dir", "run", "--processes", "2", cwd=tmp_path) as launcher:
        found = wait_for(run, '"path": "checkpoints/20"', launcher)
        launcher.kill()
    time.sleep(5)
    assert not any(Path(f"/proc/{process}").exists() for process in found.values())


@pytest.mark.long
def test_the_first_process_may_be_lost_too_and_without_retries_the_job_ends(tmp_path):
    run = tmp_path / "run"
    with start("train", *RECIPE, "--run-dir", "run", "--processes", "2", cwd=tmp_path) as launcher:
        found = wait_for(run, '"path": "checkpoints/20"', launcher)
        os.kill(found[0], signal.SIGKILL)
        _, err = launcher.communicate(timeout=20)
    assert launcher.returncode == 1
    last = err.rstrip().splitlines()[-1]
    assert last.startswith("error: process 0 was killed by SIGKILL, and training has ended. Continue with: ")
    assert last.endswith("-m tinygpt_keras.train --resume --run-dir run --processes 2")
    assert not any(Path(f"/proc/{process}").exists() for process in found.values())


@pytest.mark.long
@pytest.mark.parametrize("count", [2, 4])
def test_two_hundred_steps_are_those_of_one_process(count, tmp_path):
    """To 1e-5 in the first twenty, and 1e-3 at the end; with devices of one process, too."""
    recipe = [*RECIPE, "--steps", "200"]
    devices = {**ON_JAX, "XLA_FLAGS": f"--xla_force_host_platform_device_count={count}"}
    for name, flags, env in (
        ("one", [], ON_JAX),
        ("several", ["--processes", count], ON_JAX),
        ("devices", [], devices),
    ):
        status, _, err = in_a_process("train", *recipe, *flags, "--run-dir", name, cwd=tmp_path, env=env)
        assert status == 0, err
    for name in ("several", "devices"):
        for step, ours in losses(tmp_path / name).items():
            near = pytest.approx(losses(tmp_path / "one")[step], abs=1e-5 if step <= 20 else 1e-3)
            assert ours == near, (name, step)


def test_a_batch_that_the_processes_do_not_divide_is_refused(tmp_path):
    status, out, err = command("train", *RECIPE, "--batch-size", "7", "--processes", "2", cwd=tmp_path)
    assert (status, out) == (2, "")
    assert err == (
        "error: --batch-size is 7, which 2 processes cannot divide evenly. Sizes near it that work: "
        "2, 4, 6, 8, 10, 12.\n"
    )
    assert not list(tmp_path.iterdir())
