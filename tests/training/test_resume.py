"""An interrupted run ends where an uninterrupted one does, bit for bit, however it was interrupted."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.conftest import SMALL, command, start
from tinygpt_keras.runs.events import read_events

pytestmark = pytest.mark.slow

# Everything that has a state: dropout, noise, and an optimizer of two kinds.
STATEFUL = [
    *SMALL,
    *("--attention-dropout", "0.1", "--attention-output-dropout", "0.1", "--feed-forward-dropout", "0.1"),
    *("--embedding-dropout", "0.1", "--input-noise", "0.1", "--clip-norm", "1", "--optimizer", "muon"),
    *("--sample-length", "12"),
    *("--warmup-steps", "5", "--steps", "400", "--eval-every", "100", "--patience", "100"),
]

# The rest: a loss scale, gradients accumulated over batches, several steps in a call.
OTHERWISE = [
    *SMALL,
    *("--attention-dropout", "0.1", "--precision", "mixed_float16", "--gradient-accumulation-steps", "2"),
    *("--steps-per-execution", "2", "--optimizer", "adamw"),
    *("--steps", "120", "--eval-every", "50"),
]


def wait_for(path, pattern, process, seconds=120):
    """Wait until a file gets a pattern that it has not now."""
    until, known = time.monotonic() + seconds, path.stat().st_size if path.exists() else 0
    while not (path.exists() and re.search(pattern, path.read_bytes()[known:].decode("utf-8"))):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, f"{path} never had {pattern}"
        time.sleep(0.005)


def last_step(run):
    return max(int(path.name) for path in (run / "checkpoints").iterdir() if path.name.isdecimal())


def assert_same_state(ours, theirs):
    """Compare two checkpoints' arrays; Keras numbers seed generators through a process."""
    names, expected = ([re.sub(r"seed_generator_\d+", "seed_generator", n) for n in s.files] for s in (ours, theirs))
    assert names == expected
    assert any("seed" in name for name in names)
    for name, other in zip(ours.files, theirs.files, strict=True):
        np.testing.assert_array_equal(ours[name], theirs[other], err_msg=name)


def assert_same_end(run, whole):
    last = f"checkpoints/{last_step(whole)}/state.npz"
    with np.load(run / last) as ours, np.load(whole / last) as theirs:
        assert_same_state(ours, theirs)
    for event in ("eval", "sample"):
        first = {e["step"]: {**e, "time": 0} for e in read_events(whole / "events.jsonl") if e["event"] == event}
        again = {e["step"]: {**e, "time": 0} for e in read_events(run / "events.jsonl") if e["event"] == event}
        assert again == first
    losses = {e["step"]: e["loss"] for e in read_events(whole / "events.jsonl") if e["event"] == "train"}
    for event in read_events(run / "events.jsonl"):
        if event["event"] == "train" and event["step"] in losses:
            assert event["loss"] == losses[event["step"]]


def interrupted(folder, flags, moment, number):
    """Train in a process, and send it a signal when its events have a pattern; return its output and messages."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # `nohup` hands on that a closed terminal is to be ignored
    process = start("train", *flags, "--run-dir", "run", cwd=folder)
    signal.signal(signal.SIGHUP, before)
    wait_for(folder / "run/events.jsonl", moment, process)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == (-signal.SIGKILL if number == signal.SIGKILL else 130), err
    if number == signal.SIGKILL:
        return
    assert out == "run\n"
    assert "--resume --run-dir run" in err
    assert "Traceback" not in err
    assert list(read_events(folder / "run/events.jsonl"))[-1]["reason"] == "interrupted"


def starts(run):
    return [(e["resumed"], e["step"]) for e in read_events(run / "events.jsonl") if e["event"] == "start"]


def test_a_run_interrupted_again_and_again_ends_as_one_that_never_was(tmp_path):
    """Killed before the first step and after an evaluation, and asked to stop by Ctrl-C and by a closed terminal."""
    assert command("train", *STATEFUL, "--run-dir", "whole", cwd=tmp_path)[0] == 0
    run, stopped = tmp_path / "run", [0]
    interrupted(tmp_path, STATEFUL, '"checkpoint"', signal.SIGKILL)
    for moment, number in (('"train"', signal.SIGINT), ('"checkpoint"', signal.SIGHUP), ('"train"', signal.SIGKILL)):
        interrupted(tmp_path, ["--resume"], moment, number)
        stopped.append(last_step(run))
    status, out, err = command("train", "--resume", "--run-dir", "run", cwd=tmp_path)
    assert (status, out) == (0, "run\n"), err
    assert "last bits" not in err
    assert starts(run) == [(False, 0), *((True, step) for step in stopped)]
    assert_same_end(run, tmp_path / "whole")


def test_a_run_in_half_precision_that_was_terminated_goes_on(tmp_path):
    assert command("train", *OTHERWISE, "--run-dir", "whole", cwd=tmp_path)[0] == 0
    interrupted(tmp_path, OTHERWISE, '"checkpoint".*"step": 50,', signal.SIGTERM)
    assert command("train", "--resume", "--run-dir", "run", cwd=tmp_path)[0] == 0
    assert_same_end(tmp_path / "run", tmp_path / "whole")


def test_a_run_compiled_by_xla_goes_on(tmp_path):
    flags = [*SMALL, "--jit-compile", "on", "--attention-dropout", "0.1", "--steps", "20", "--eval-every", "10"]
    assert command("train", *flags, "--run-dir", "whole", cwd=tmp_path)[0] == 0
    shutil.copytree(tmp_path / "whole", tmp_path / "run", ignore=shutil.ignore_patterns("20"))
    assert command("train", "--resume", "--run-dir", "run", cwd=tmp_path)[0] == 0
    assert starts(tmp_path / "run") == [(False, 0), (True, 10)]
    assert_same_end(tmp_path / "run", tmp_path / "whole")


def test_with_other_libraries_a_resumed_run_says_that_it_may_differ(copy):
    shutil.rmtree(copy / "checkpoints/40")
    metadata = copy / "checkpoints/20/metadata.json"
    values = json.loads(metadata.read_text())
    values["fingerprint"]["keras"] = "0"
    metadata.write_text(json.dumps(values))
    status, _, err = command("train", "--resume", "--run-dir", copy, cwd=copy)
    assert status == 0, err
    assert "the resumed run may differ in its last bits: keras was 0, is " in err


# Trains as the command does, but dies by SIGKILL at the n-th moment at which a save touches the disk.
KILLED_WHILE_SAVING = """
import os, signal, sys
from tinygpt_keras import atomic, train

moments = iter(range(1000))
flush = atomic.flush_to_disk

def dying_flush(path):
    if "checkpoints" in str(path) and next(moments) == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    flush(path)

atomic.flush_to_disk = dying_flush
sys.exit(train.main(sys.argv[2:]))
"""


def test_a_kill_in_the_middle_of_a_save_loses_no_checkpoint(copy, small_run):
    shutil.rmtree(copy / "checkpoints/40")
    for moment in (0, 2):  # a save flushes two files, their folder, and after renaming that the folder above
        result = subprocess.run(
            [sys.executable, "-c", KILLED_WHILE_SAVING, str(moment), "--resume", "--run-dir", str(copy)],
            capture_output=True,
            check=False,
        )
        assert result.returncode == -signal.SIGKILL
        assert last_step(copy) >= 20
    status, _, err = command("train", "--resume", "--run-dir", copy, cwd=copy)
    assert status == 0, err
    assert_same_end(copy, small_run)
    assert not [path for path in (copy / "checkpoints").iterdir() if "partial" in path.name]


def test_a_damaged_checkpoint_is_passed_over(copy, small_run):
    newest = copy / "checkpoints/40/state.npz"
    newest.write_bytes(newest.read_bytes()[:-100])
    status, _, err = command("train", "--resume", "--run-dir", copy, cwd=copy)
    assert status == 0, err
    assert "checkpoint 40 is damaged; the one before it is used" in err
    assert_same_end(copy, small_run)


def test_where_every_checkpoint_is_damaged_nothing_begins_anew(copy, small_run):
    for file in copy.glob("checkpoints/*/state.npz"):
        file.write_bytes(file.read_bytes()[:-100])
    names = sorted(path.name for path in (copy / "checkpoints").iterdir())
    status, out, err = command("train", "--resume", "--run-dir", copy, cwd=copy)
    assert (status, out) == (2, "")
    assert "is damaged: 40, 20. Restore one from a copy" in err
    assert (copy / "best.keras").read_bytes() == (small_run / "best.keras").read_bytes()
    assert sorted(path.name for path in (copy / "checkpoints").iterdir()) == names


def test_a_run_that_follows_the_clock_says_that_it_is_exempt(tmp_path):
    flags = [*SMALL, "--minutes", "0.05", "--eval-every", "10000"]
    process = start("train", *flags, "--run-dir", "run", cwd=tmp_path)
    wait_for(tmp_path / "run/events.jsonl", '"event": "train"', process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    status, _, err = command("train", "--resume", "--run-dir", "run", cwd=tmp_path)
    assert status == 0
    assert "is limited in minutes" in err
    history = list(read_events(tmp_path / "run/events.jsonl"))
    used = json.loads((tmp_path / f"run/checkpoints/{last_step(tmp_path / 'run')}/metadata.json").read_text())
    assert 3 <= used["progress"]["elapsed_s"] < 30
    assert history[-1]["reason"] == "finished"
    # The rate has fallen all the way to its end.
    assert [e for e in history if e["event"] == "train"][-1]["learning_rate"] < 0.002
