"""The commands as a person uses them."""

import gc
import json
import math
import os
import pty
import select
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import SMALL, command, in_a_process, start
from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.evaluate import score_run
from tinygpt_keras.generation import Generator
from tinygpt_keras.models.open import open_run
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.events import read_events


@pytest.mark.slow
def test_standard_output_holds_results_alone(small_run, tmp_path):
    flags = ["--run", small_run, "--prompt", "KING", "--max-new", 20, "--seed", 1]
    status, out, err = in_a_process("sample", *flags, cwd=tmp_path)
    assert status == 0
    assert out.startswith("KING")
    assert len(out) == 24
    assert err == ""


def test_an_interrupted_evaluation_ends_its_bar_first(small_run, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setenv("FORCE_COLOR", "1")  # Rich takes the file for a terminal
    monkeypatch.setattr("tinygpt_keras.evaluation.exact_loss.character_losses", interrupt)
    status, out, err = command("evaluate", "--run", small_run, cwd=tmp_path)
    gc.collect()
    assert (status, out) == (130, "")
    assert "scoring" in err
    assert err.endswith("interrupted\n")
    assert "Error" not in err


def test_a_sample_without_a_seed_says_which_it_took(small_run, tmp_path):
    _, out, err = command("sample", "--run", small_run, "--max-new", 30, cwd=tmp_path)
    seed = err.split()[1]
    assert command("sample", "--run", small_run, "--max-new", 30, "--seed", seed, cwd=tmp_path)[1] == out


def test_several_samples_are_those_of_the_following_seeds(small_run, tmp_path):
    flags = ["--run", small_run, "--max-new", 15, "--seed", 4, "--num-samples", 3]
    _, three, _ = command("sample", *flags, cwd=tmp_path)
    run = open_run(small_run)
    generator = Generator(run.model, run.tokenizer, jit_compile=False)
    alone = [generator.generate([""], SamplingOptions(max_new=15, seed=seed))[0] for seed in (4, 5, 6)]
    assert three.split("\n--------------------\n") == alone


def test_unfamiliar_characters_are_told(small_run, tmp_path):
    flags = ["--run", small_run, "--max-new", 1, "--seed", 1]
    _, out, err = command("sample", *flags, "--prompt", r"é日\n", cwd=tmp_path)
    assert out[:2] == "en"
    notice = "left out, as the model has never seen them: 日 \\. For a line end, bash and zsh write $'\\n'.\n"
    assert err == notice


@pytest.mark.slow
def test_a_reader_that_has_seen_enough_is_no_error(small_run, tmp_path):
    with start("sample", "--run", small_run, "--max-new", 100_000, "--seed", 1, cwd=tmp_path) as process:
        process.stdout.read(5)
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("output", ["pipe", "terminal"])
def test_training_goes_on_when_nobody_watches_any_more(tmp_path, output):
    reader, writer = os.pipe() if output == "pipe" else pty.openpty()
    flags = [*SMALL, "--steps", 300, "--eval-every", 100, "--run-dir", "run"]
    process = start("train", *flags, cwd=tmp_path, stderr=writer, start_new_session=True)
    os.close(writer)
    os.read(reader, 1)
    os.close(reader)
    out, _ = process.communicate(timeout=240)
    assert (process.returncode, out) == (0, "run\n")
    events = list(read_events(tmp_path / "run/events.jsonl"))
    assert events[-1]["reason"] == "finished"
    assert [event["step"] for event in events if event["event"] == "eval"] == [0, 100, 200, 300]
    assert "Traceback" not in (tmp_path / "run/train.log").read_text()


def test_a_sample_ends_before_its_stop_string(small_run, tmp_path):
    flags = ["--run", small_run, "--max-new", 60, "--seed", 0]
    _, whole, err = command("sample", *flags, cwd=tmp_path)
    assert err == ""  # the seed is known, though it is 0
    stop = whole[11:14]
    _, ended, err = command("sample", *flags, "--stop", "\x7f", "--stop", r"\n", "--stop", stop, cwd=tmp_path)
    assert ended == whole[: whole.index(stop)]
    assert [line.partition(":")[0] for line in err.splitlines()] == [
        r"--stop '\x7f' can never occur",
        r"--stop '\n' can never occur",
    ]
    assert err.endswith("For a line end, bash and zsh write $'\\n'.\n")


@pytest.mark.slow
def test_a_run_stops_and_resumes_without_a_terminal(tmp_path):
    reader, terminal = pty.openpty()
    flags = [*SMALL, "--steps", 3000, "--eval-every", 1000, "--run-dir", "run"]
    buffered = {"PYTHONUNBUFFERED": ""}  # so that Python has something left to write when it ends
    process = start(
        "train", *flags, cwd=tmp_path, stdout=terminal, stderr=terminal, start_new_session=True, env=buffered
    )
    os.close(terminal)
    events = tmp_path / "run/events.jsonl"
    while process.poll() is None and not (events.exists() and '"train"' in events.read_text()):
        os.read(reader, 65536)
    os.close(reader)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 130
    stopped = list(read_events(events))[-1]
    assert stopped["reason"] == "interrupted"
    reader, writer = os.pipe()
    os.close(reader)
    process = start("train", "--resume", "--run-dir", "run", cwd=tmp_path, stderr=writer, env=buffered)
    os.close(writer)
    out, _ = process.communicate(timeout=240)
    assert (process.returncode, out) == (0, "run\n")
    assert list(read_events(events))[-1]["reason"] == "finished"


@pytest.mark.slow
def test_commands_finish_without_writable_standard_error(small_run):
    reader, writer = os.pipe()
    os.close(reader)
    status, out, _ = in_a_process("sample", "--max-new", 5, cwd=small_run.parents[1], stderr=writer)
    os.close(writer)
    assert (status, len(out)) == (0, 5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("closed", "seen"), [("2>&-", (True, False)), (">&-", (False, True)), ("<&- >&- 2>&-", (False, False))]
)
def test_a_command_runs_without_its_streams(small_run, tmp_path, closed, seen):
    words = [sys.executable, "-m", "tinygpt_keras.sample", "--run", str(small_run), "--max-new", "5"]
    result = subprocess.run(
        ["sh", "-c", f"{shlex.join(words)} {closed}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0
    assert (len(result.stdout) == 5, result.stderr.startswith("seed ")) == seen


@pytest.mark.slow
def test_output_failing_at_exit_is_one_error_line(small_run, tmp_path):
    """A closed pipe is no failure: the command then ends silently with status 0."""
    buffered = {"PYTHONUNBUFFERED": ""}
    flags = ["--run", small_run]
    with (
        Path("/dev/full").open("w") as full,
        start("evaluate", *flags, cwd=tmp_path, stdout=full, env=buffered) as process,
    ):
        told = process.stderr.read()
    assert (process.returncode, told.count("\n")) == (1, 1), told
    assert told.startswith("error: No space left on device. Free some space")
    with start("evaluate", *flags, cwd=tmp_path, env=buffered) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_sample_defaults_to_newest_run_then_pretrained_model(small_run, tmp_path):
    _, _, err = command("sample", "--max-new", 1, "--seed", 1, cwd=small_run.parents[1])
    assert err == "using the newest run, runs/small\n"
    status, out, err = command("sample", "--max-new", 200, "--seed", 1, "--prompt", "ROMEO:", cwd=tmp_path)
    assert status == 0
    assert err.startswith("using the pretrained model, ")
    assert out.count("\n") > 2


@pytest.mark.slow
def test_training_reads_any_script_from_a_pipe(tmp_path):
    """The run keeps the text with normalized line ends, for sampling and evaluation."""
    text = "Мама мыла раму.\r 日本 🙂\r\n" * 20
    read, write = os.pipe()
    os.write(write, text.encode())
    os.close(write)
    flags = [*SMALL, "--steps", 4, "--data", "-", "--run-dir", "run"]
    status, _, err = in_a_process("train", *flags, cwd=tmp_path, stdin=read)
    assert status == 0, err
    assert (tmp_path / "run/corpus.txt").read_bytes() == text.replace("\r\n", "\n").encode()
    status, out, _ = command("sample", "--run", "run", "--prompt", "Мама ", "--max-new", 10, "--seed", 1, cwd=tmp_path)
    assert status == 0
    assert out.startswith("Мама ")
    assert command("evaluate", "--run", "run", cwd=tmp_path)[0] == 0


def test_runs_are_scored_together(small_run, retrained, tmp_path):
    shutil.copytree(small_run, tmp_path / "same")
    flags = ["--json", "--run", small_run, "--with", "same", "--with", retrained]
    status, out, err = command("evaluate", *flags, cwd=tmp_path)
    assert status == 0, err
    three = json.loads(out)
    assert three["with"] == ["same", str(retrained)]

    first, same, other = (RunDirectory(path) for path in (small_run, tmp_path / "same", retrained))
    alone = score_run(first)
    assert score_run(first, others=[same]).loss == pytest.approx(alone.loss, abs=1e-9)
    both = score_run(first, others=[other])
    assert three["loss"] != both.loss
    assert both.characters == three["characters"] == alone.characters
    # Each character is at least half as likely as to the better one, so that none costs more than a bit more.
    assert 0 < both.loss - alone.loss < math.log(2)


@pytest.mark.slow
def test_plain_lines_where_the_output_is_no_terminal(tmp_path):
    status, out, err = in_a_process("train", *SMALL, "--steps", 8, "--run-dir", "run", cwd=tmp_path)
    assert (status, out) == (0, "run\n")
    assert "\x1b" not in err
    assert "step 8 · validation loss" in err
    # What libraries say depends on the processor; without a GPU, TensorFlow says at least that it found none.
    said = (tmp_path / "run/train.log").read_text().splitlines()
    assert said
    assert not [line for line in said if line in err]


def in_a_terminal(*flags, cwd):
    """Run a command with a terminal for its output; gives its status and everything that was painted."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", *map(str, flags)], cwd=cwd, stdin=terminal, stdout=terminal, stderr=terminal,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"},
    )  # fmt: skip
    os.close(terminal)
    painted = b""
    while True:
        if not select.select([controller], [], [], 120)[0]:
            break
        try:
            part = os.read(controller, 65536)
        except OSError:
            break
        if not part:
            break
        painted += part
    os.close(controller)
    return process.wait(timeout=60), painted.decode("utf-8", "replace")


@pytest.mark.slow
def test_a_live_display_where_the_output_is_a_terminal(tmp_path):
    flags = [*SMALL, "--steps", 40, "--sample-length", 12, "--run-dir", "run"]
    status, painted = in_a_terminal("tinygpt_keras.train", *flags, cwd=tmp_path)
    assert status == 0
    assert "what it writes at step 40" in painted
    assert "characters/s" in painted
    assert "oneDNN" not in painted
    assert painted.rstrip().endswith("run")


@pytest.mark.slow
def test_a_terminal_is_not_steered_by_a_model(small_run, tmp_path):
    shutil.copytree(small_run, tmp_path / "run")
    vocabulary = (tmp_path / "run/vocab.json").read_text()
    # The same model, whose letter a is now the character that begins a terminal's commands.
    changed = vocabulary.replace('"!", ', '"\\u001b", ', 1).replace('["\\n", " ", "\\u001b"', '["\\n", "\\u001b", " "')
    (tmp_path / "run/vocab.json").write_text(changed)
    status, painted = in_a_terminal(
        "tinygpt_keras.sample",
        "--run",
        "run",
        "--seed",
        1,
        "--max-new",
        200,
        "--temperature",
        5,
        cwd=tmp_path,
    )
    assert status == 0
    assert "\u241b" in painted
    assert "\x1b" not in painted
