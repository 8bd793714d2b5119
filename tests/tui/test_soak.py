"""Half an hour of use takes no more memory than five minutes: `make soak`, which says what it measured.

One cycle of a person's time: a line in the chat and why it was answered so, the run's curves, the table of runs, and
now and then `evaluate` beside them. The default preset trains all the while.
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

MINUTES = float(os.environ.get("SOAK_MINUTES", "30"))
SETTLED = MINUTES / 6  # from here on memory is flat
ROLES = {"tinygpt-tui": "terminal UI", "tinygpt_keras.worker": "worker", "tinygpt_keras.train": "training"}
ALLOWED, SLACK_MB = 1.05, 4  # what an allocator may keep
EVALUATED_EVERY = 8  # cycles
ANEW_EVERY = 10  # cycles: a conversation takes half a megabyte a line, as long as it lasts


def measured(terminal):
    """The resident memory, in MB, and the number of open descriptors of each process by what it does."""
    found = {}
    for number, command in terminal.processes().items():
        for part, role in ROLES.items():
            if part in command:
                process = Path("/proc", str(number))
                pages = int((process / "statm").read_text().split()[1])
                descriptors = len(list((process / "fd").iterdir()))
                found[role] = pages * os.sysconf("SC_PAGE_SIZE") / 2**20, descriptors
    return found


def use(terminal, number):
    """Go once through all places."""
    terminal.press("F3")
    terminal.wait_for("soaked, best", "Say something")
    terminal.type("But soft, what light through yonder window breaks?")
    terminal.press("Enter")
    while "what it thought likely" not in terminal.screen():  # there is nothing to explain while it writes
        time.sleep(2)
        terminal.press("F7")
    terminal.wait_for("choice")
    terminal.press(*["Right"] * 5, "b", "h", "Escape")
    terminal.press("F2")
    terminal.wait_for("soaked · running", "bigram 2.48")
    terminal.press(",", ",", ".")
    terminal.press("F4")
    terminal.wait_for("soaked", "running")
    if number % ANEW_EVERY == ANEW_EVERY - 1:
        terminal.press("F3", "C-n")
        terminal.wait_for("Begin anew?")
        terminal.press("Tab", "Enter")
        terminal.wait_for("Say something", gone="yonder window")
    if number % EVALUATED_EVERY == 0:
        command = [sys.executable, "-m", "tinygpt_keras.evaluate", "--run", "runs/soaked"]
        done = subprocess.run(command, cwd=terminal.folder, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr


def test_long_use_neither_grows_nor_leaves_processes(terminal, capsys):
    """Memory and descriptors of every process stay flat after the first five minutes."""
    tui = Path(sys.executable).with_name("tinygpt-tui")
    terminal.start(f"TERM=xterm-256color '{tui}'")
    terminal.wait_for("Press a letter to begin")
    terminal.press("t")
    terminal.wait_for("1,115,394 characters")
    for text in ("", "100000", "", "soaked"):
        terminal.press("Tab")
        terminal.type(text)
    terminal.wait_for("soaked", "parameters")
    terminal.press("C-s")
    terminal.wait_for("soaked · running", "bigram 2.48", "characters/s", seconds=300)
    began, samples, number = time.monotonic(), [], 0
    while (minute := (time.monotonic() - began) / 60) < MINUTES:
        use(terminal, number)
        samples.append((minute, measured(terminal)))
        number += 1
        with capsys.disabled():
            print(f"{minute:5.1f}", {role: round(found[0]) for role, found in samples[-1][1].items()}, flush=True)
    terminal.press("F2")
    terminal.wait_for("soaked · running")
    terminal.press("s")
    terminal.wait_for("soaked · interrupted")
    terminal.press("C-q")
    terminal.wait_for("status 0")
    end = time.monotonic() + 15
    while terminal.processes() and time.monotonic() < end:
        time.sleep(0.1)
    assert terminal.processes() == {}
    lines, grown = [], []
    for role in ROLES.values():
        early = [found[role] for at, found in samples if SETTLED <= at < 2 * SETTLED]
        late = [found[role] for at, found in samples if at >= MINUTES - SETTLED]
        (before, opened), (after, left) = (map(statistics.median, zip(*part, strict=True)) for part in (early, late))
        lines.append(f"{role}: {before:.0f} MB, then {after:.0f} MB; {opened:.0f} descriptors, then {left:.0f}")
        if after > ALLOWED * before + SLACK_MB or left > opened:
            grown.append(role)
    with capsys.disabled():
        print(f"\n{MINUTES:g} minutes, {number} cycles", *lines, sep="\n")
    assert not grown, lines
