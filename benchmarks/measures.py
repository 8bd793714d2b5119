"""The measurements of the UI: first frame, answers to keys, opening of a long run, memory."""

import statistics
import time
from pathlib import Path
from typing import Any

import machine
from made_runs import History, make_finished_run, make_run, real_training
from presses import Session, match_answers
from terminal import Terminal, opened

TIMES = 5
KEYS = 200
BURST = 3_000  # events appended at once
LONG_RUN = 100_000  # events
SEED = 1
FIRST, FORM, TABLE, TOP = "Train a small GPT", "begin with", "what it wrote at step", "tinygpt +F2"
READY = "The pretrained model is ready to chat"
SUBTITLE = r"(\d+) of \d+.*, earlier"
STEPPED_BACK = r"(\d+) of \d+ +, earlier"  # the newest sample has another subtitle
STEPS_TO_COME = 10_000_000  # so that the watched run does not end
SETTLING_S = 3.0  # for started work to finish
ESCAPE, ENTER, FIRST_ROW, F3, F4 = b"\x1b", b"\r", b"\x1b[1;5H", b"\x1bOR", b"\x1bOS"


def first_paint(folder: Path) -> dict[str, Any]:
    """Measure from process start to the first frame, and to the answer to a key pressed at that moment."""
    painted: list[float] = []
    answered: list[float] = []
    for number in range(TIMES + 1):
        with opened(folder) as terminal:
            first = terminal.wait_for(FIRST)
            terminal.press(b"t")
            answer = terminal.wait_for(FORM)
        if number:  # the first time only fills the file caches
            painted.append(first - terminal.started_at)
            answered.append(answer - terminal.started_at)
    return {"first_frame_s": spread(painted), "first_key_answered_s": spread(answered)}


def key_latency(folder: Path) -> dict[str, Any]:
    """Measure key latency while a real run trains on all cores and bursts of events arrive."""
    history = History(SEED, STEPS_TO_COME)
    run = make_run(folder / "runs" / "watched", history.start() + history.lines(BURST))
    with run.locked(), opened(folder) as terminal:
        terminal.wait_for(READY)  # the worker has loaded TensorFlow
        open_newest(terminal, run.events_file)
        with real_training(folder / "runs" / "busy"):
            place = shown_sample(terminal)
            time.sleep(SETTLING_S)
            session = Session(terminal, history, run.events_file, SEED)
            presses = session.press(KEYS, BURST, place)
            time.sleep(SETTLING_S)
            busy = machine.load()
    match_answers(presses, terminal.replay(SUBTITLE), place)
    latencies = sorted(press.latency_ms for press in presses if press.latency_ms is not None)
    return {
        "seed": SEED,
        "keys": len(presses),
        "unanswered": len(presses) - len(latencies),
        "bursts": session.bursts,
        "load": busy,
        "median_ms": round(statistics.median(latencies), 1),
        "p95_ms": round(latencies[int(0.95 * len(latencies))], 1),
        "max_ms": round(latencies[-1], 1),
        "each_ms": [press.latency_ms and round(press.latency_ms, 1) for press in presses],
    }


def opening(folder: Path) -> dict[str, Any]:
    """Measure the time to show a run of many events, from the table and from the command line."""
    last = make_finished_run(folder / "runs" / "long", LONG_RUN, SEED)
    shown = f"step {last:,} of"
    from_table: list[float] = []
    with opened(folder) as terminal:
        terminal.wait_for(READY)
        for _ in range(TIMES):
            terminal.press(F4)
            terminal.wait_for("long .*finished")
            time.sleep(SETTLING_S)
            pressed = terminal.press(ENTER)
            from_table.append(terminal.wait_for(shown) - pressed)
            terminal.press(ESCAPE)
            terminal.wait_for(TABLE)
    from_start: list[float] = []
    after_frame: list[float] = []
    for _ in range(TIMES):
        with opened(folder, "runs/long") as terminal:
            frame = terminal.wait_for(TOP)
            seen = terminal.wait_for(shown)
        from_start.append(seen - terminal.started_at)
        after_frame.append(seen - frame)
    return {
        "seed": SEED,
        "events": LONG_RUN,
        "from_table_s": spread(from_table),
        "from_start_s": spread(from_start),
        "after_first_frame_s": spread(after_frame),
    }


def memory(folder: Path) -> dict[str, Any]:
    """Measure the memory of the UI process after a session that uses every part of it."""
    history = History(SEED, STEPS_TO_COME)
    run = make_run(folder / "runs" / "watched", history.start() + history.lines(BURST))
    last = make_finished_run(folder / "runs" / "long", LONG_RUN, SEED)
    found: dict[str, Any] = {"seed": SEED}
    with opened(folder) as terminal:
        terminal.wait_for(READY)
        found["first_screen_mb"] = machine.memory(terminal.pid)
        with run.locked():
            open_newest(terminal, run.events_file)
            place = shown_sample(terminal)
            Session(terminal, history, run.events_file, SEED).press(KEYS // 4, BURST, place)
        found["watched_mb"] = machine.memory(terminal.pid)
        for _ in range(TIMES):
            open_newest(terminal, folder / "runs" / "long" / "events.jsonl")
            terminal.wait_for(f"step {last:,} of")
        found["long_run_opened_mb"] = machine.memory(terminal.pid)
        terminal.press(F3)
        terminal.wait_for("reads 256 characters back")
        terminal.press(ENTER)
        terminal.wait_for("seed ")
        time.sleep(SETTLING_S)
        found["chat_opened_mb"] = machine.memory(terminal.pid)
    return found


def open_newest(terminal: Terminal, events_file: Path) -> None:
    """Open a run from the table, whose first row is the run written to last.

    Args:
        terminal: The terminal of the UI.
        events_file: The history of the run, which this touches.
    """
    events_file.touch()
    name = events_file.parent.name
    terminal.press(F4)
    terminal.wait_for(rf"\b{name} +\S+ +\w+ +[\d.]+ +tiny")
    time.sleep(SETTLING_S)
    terminal.press(FIRST_ROW + ENTER)
    terminal.wait_for(rf"\b{name} · ")


def shown_sample(terminal: Terminal) -> int:
    """Wait for a sample, step back from the newest one, and return the place of the shown sample."""
    terminal.wait_for(SUBTITLE)
    terminal.press(b",")
    terminal.wait_for(STEPPED_BACK)
    match = terminal.find(STEPPED_BACK)
    return int(match[1]) if match else 0


def spread(seconds: list[float]) -> dict[str, Any]:
    """Summarise repeated measurements."""
    return {
        "median": round(statistics.median(seconds), 3),
        "lowest": round(min(seconds), 3),
        "highest": round(max(seconds), 3),
        "each": [round(value, 3) for value in seconds],
    }
