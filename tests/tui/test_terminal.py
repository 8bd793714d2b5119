"""The whole program in a real terminal: train on the real corpus, see the rungs fall, chat, ask why, and quit."""

import os
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

# What is typed into the form after the task: preset, text, its list, first weights, name, the sizes of a very small
# model, steps, unit, and windows in a batch.
FORM = ["", "", "", "", "small", "16", "2", "2", "16", "50", "", "4"]


def test_a_new_user_trains_chats_asks_why_and_quits(terminal, tmp_path):
    tui = Path(sys.executable).with_name("tinygpt-tui")
    assert tui.exists()
    terminal.start(f"TERM=xterm-256color '{tui}'")
    terminal.wait_for("Train a small GPT on this machine", "Press a letter to begin")
    terminal.press("t")
    terminal.wait_for("1,115,394 characters")
    for text in FORM:
        terminal.press("Tab")
        terminal.type(text)
    terminal.wait_for("small", "parameters")
    terminal.press("C-s")
    terminal.wait_for("small · running", "uniform 4.17", "bigram 2.48", "4-gram 1.78", "steps")
    screen = terminal.wait_for("small · finished", "50 of 50", "now better than counting letters")
    assert "what it writes at step 50" in screen
    assert (tmp_path / "runs" / "small" / "best.keras").is_file()
    terminal.press("c")
    terminal.wait_for("it continues a play, answers no questions", "reads 16 characters back")
    terminal.type("But soft, what light")
    terminal.press("Enter")
    # What is known of the model gives way to the seed when the reply is whole.
    terminal.wait_for("ROMEO", "But soft, what light", "JULIET", "seed ", gone="reads 16 characters back")
    terminal.press("F7")
    terminal.wait_for("what it thought likely", "where it looked", "1 back", "choice", "small, best: “")
    terminal.press("C-q")
    terminal.wait_for("status 0")
    end = time.monotonic() + 10
    while terminal.processes() and time.monotonic() < end:
        time.sleep(0.05)
    assert terminal.processes() == {}


def test_closing_the_terminal_leaves_only_training_running(terminal, tmp_path):
    """The window's end (SIGHUP) ends the UI and its worker, not the training run."""
    trainer = Path(__file__).parents[1] / "scripted_trainer.py"
    code = (
        "import sys; from pathlib import Path; from tinygpt_tui.app import TinyGPTApp; "
        f"TinyGPTApp(Path('runs'), trainer=[sys.executable, r'{trainer}']).run()"
    )
    environment = "TERM=xterm-256color SCRIPTED_EVALUATIONS=1000000"
    terminal.start(f'{environment} {sys.executable} -c "{code}"')
    terminal.wait_for("Press a letter to begin")
    terminal.press("t")
    terminal.wait_for("1,115,394 characters")
    terminal.press("C-s")
    terminal.wait_for("running", "characters/s")
    terminal.tmux("kill-server")
    end = time.monotonic() + 15
    while len(terminal.processes()) > 1 and time.monotonic() < end:
        time.sleep(0.05)
    (left,) = terminal.processes().values()
    assert "scripted_trainer.py" in left
    (run,) = (tmp_path / "runs").glob("tiny-*")
    os.kill(int((run / ".trainer").read_text()), 2)
    while terminal.processes() and time.monotonic() < end + 10:
        time.sleep(0.05)
    assert terminal.processes() == {}
