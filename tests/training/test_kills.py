"""A run that is killed again and again ends as one that never was: ten kills here, a hundred with `make storm`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import command
from tests.training.endings import STATEFUL, assert_same_end, starts

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kills", [10, pytest.param(100, marks=pytest.mark.long)])
def test_a_repeatedly_killed_run_equals_an_uninterrupted_one(kills, tmp_path):
    flags = [*STATEFUL, "--sample-length", "0", "--steps", str(30 * kills), "--eval-every", "10"]
    assert command("train", *flags, "--run-dir", "whole", cwd=tmp_path)[0] == 0
    run = tmp_path / "run"
    storm = subprocess.run(
        [sys.executable, "-m", "tests.training.storm", str(run), str(kills), *flags, "--run-dir", str(run)],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
    )
    assert storm.returncode == 0, storm.stderr
    assert starts(run)[0] == (False, 0)
    assert sum(resumed for resumed, _ in starts(run)) > kills // 4  # the others died earlier in their lives
    assert_same_end(run, tmp_path / "whole")
    assert not [path.name for path in run.rglob(".*") if path.suffix in (".partial", ".removed")]
