"""Every reader of a run, and measurements of its memory and file accesses."""

import os
import resource

from tests.conftest import command
from tinygpt_keras.worker.service import Service
from tinygpt_tui.runs.follower import Follower
from tinygpt_tui.runs.history import History

ALLOWED = 200 * 2**20  # bytes more than a normal open


def peak():
    """Return the peak resident memory of this process, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def contents(folder):
    """Return the mode, modification time and bytes of everything in a folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        found[path.name] = status.st_mode, status.st_mtime_ns, path.read_bytes() if path.is_file() else b""
    return found


def age(folder):
    """Set access times in a folder before modification times, so that Linux records the next access.

    Returns:
        The paths, for `read_since`.
    """
    paths = [folder, *folder.rglob("*")]
    for path in paths:
        written = path.lstat().st_mtime_ns
        os.utime(path, ns=(written - 10**9, written), follow_symlinks=False)
    return paths


def read_since(aged):
    """Return the names of the files and folders that were read since `age`."""
    return [path.name for path in aged if (status := path.lstat()).st_atime_ns >= status.st_mtime_ns]


def assert_refused(result, words):
    status, out, err = result
    assert (status, out) == (2, ""), err
    lines = err.splitlines()
    assert len(lines) == 1, err
    assert words in lines[0]
    assert lines[0].startswith("error: ")
    assert len(lines[0]) < 2500
    assert "Traceback" not in err


def by_worker(run):
    """Return the worker's last answer to an `open` request."""
    said = []
    service = Service(said.append)
    service.receive(f'{{"id": 1, "do": "open", "run": "{run}"}}'.encode())
    while not service.is_idle:
        service.work()
    return said[-1]


READERS = {
    "evaluate": lambda run: command("evaluate", "--run", run, cwd=run.parent),
    "sample": lambda run: command("sample", "--run", run, "--max-new", 1, "--seed", 1, cwd=run.parent),
    "export": lambda run: command("export", "--run", run, "--out", "exported", cwd=run.parent),
    "resume": lambda run: command("train", "--resume", "--run-dir", run, "--steps", 44, cwd=run.parent),
}


def followed(run):
    """Read a history as the Watch screen does."""
    follower, history = Follower(run / "events.jsonl"), History()
    while True:
        news = follower.read()
        for event in news.events:
            history.take(event)
        if not news.more:
            return history
