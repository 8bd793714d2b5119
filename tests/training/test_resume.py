"""An interrupted run ends where an uninterrupted one does, bit for bit, however it was interrupted."""

import json
import re
import shutil
import signal
import time

import pytest

from tests.conftest import SMALL, command, start
from tests.training.endings import STATEFUL, assert_same_end, last_step, starts
from tinygpt_keras.runs.events import read_events

pytestmark = pytest.mark.slow

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


def interrupted(folder, flags, moment, number):
    """Train in a process, and ask it to stop when its events have a pattern."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # `nohup` hands on that a closed terminal is to be ignored
    process = start("train", *flags, "--run-dir", "run", cwd=folder)
    signal.signal(signal.SIGHUP, before)
    wait_for(folder / "run/events.jsonl", moment, process)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert out == "run\n"
    assert "--resume --run-dir run" in err
    assert "Traceback" not in err
    assert list(read_events(folder / "run/events.jsonl"))[-1]["reason"] == "interrupted"


def test_a_repeatedly_interrupted_run_equals_an_uninterrupted_one(tmp_path):
    """By Ctrl-C and by a closed terminal; for kills see `test_kills.py`."""
    flags = [*STATEFUL, "--steps", "400", "--eval-every", "100"]
    assert command("train", *flags, "--run-dir", "whole", cwd=tmp_path)[0] == 0
    run, stopped = tmp_path / "run", []
    for begun, moment, number in ((flags, '"train"', signal.SIGINT), (["--resume"], '"checkpoint"', signal.SIGHUP)):
        interrupted(tmp_path, begun, moment, number)
        stopped.append(last_step(run))
    status, out, err = command("train", "--resume", "--run-dir", "run", cwd=tmp_path)
    assert (status, out) == (0, "run\n"), err
    assert "last bits" not in err
    assert starts(run) == [(False, 0), *((True, step) for step in stopped)]
    assert_same_end(run, tmp_path / "whole")


def test_a_terminated_half_precision_run_resumes_exactly(tmp_path):
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


def test_resuming_with_other_library_versions_warns(copy):
    """The warning says that the run may differ in its last bits."""
    shutil.rmtree(copy / "checkpoints/40")
    metadata = copy / "checkpoints/20/metadata.json"
    values = json.loads(metadata.read_text())
    values["fingerprint"]["keras"] = "0"
    metadata.write_text(json.dumps(values))
    status, _, err = command("train", "--resume", "--run-dir", copy, cwd=copy)
    assert status == 0, err
    assert "the resumed run may differ in its last bits: keras was 0, is " in err


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


def test_resuming_a_run_limited_in_minutes_warns(tmp_path):
    """Its minutes go on from the checkpoint, and its learning rate falls to the end."""
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
