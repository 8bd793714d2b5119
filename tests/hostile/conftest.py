"""Fixtures for the tests of hostile runs: an outside folder, a timeout, and the memory that a good run takes."""

import signal
from types import SimpleNamespace

import pytest

from tests.conftest import command
from tests.hostile.readers import peak

PATIENCE_S = 60


@pytest.fixture
def outside(tmp_path_factory):
    """A folder outside of the run, which must not change."""
    return tmp_path_factory.mktemp("outside")


@pytest.fixture
def patience():
    """Fail a test that blocks for ever."""
    before = signal.signal(signal.SIGALRM, lambda *_: pytest.fail("it waits for ever"))
    signal.alarm(PATIENCE_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def normal(small_run):
    """Peak memory of this process after every command has opened a good run."""
    for verb in ("evaluate", "sample"):
        assert command(verb, "--run", small_run, *(["--max-new", 5] if verb == "sample" else []), cwd=small_run)[0] == 0
    assert command("train", "--resume", "--run-dir", small_run, cwd=small_run)[0] == 0
    return SimpleNamespace(peak=peak())
