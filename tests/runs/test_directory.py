"""Run directories have safe names, are found by age, and are locked by one trainer."""

import contextlib
import errno
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import filelock
import pytest

from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RunDirectory, check_run_name, make_run_directory, newest_run


def make(folder, name, age):
    run = folder / name
    run.mkdir(parents=True)
    (run / "config.json").write_text("{}")
    (run / "best.keras").write_bytes(b"")
    (run / "events.jsonl").write_bytes(b"")
    os.utime(run / "events.jsonl", (1e9 - age, 1e9 - age))
    return run


def test_the_newest_run_is_the_one_written_last(tmp_path):
    assert newest_run(tmp_path) is None
    make(tmp_path, "old", 100)
    new = make(tmp_path, "new", 1)
    (tmp_path / "empty").mkdir()
    unfinished = make(tmp_path, "unfinished", 0)
    (unfinished / "best.keras").unlink()
    assert newest_run(tmp_path) == RunDirectory(new)
    assert newest_run(tmp_path, needed="config.json") == RunDirectory(unfinished)


def test_concurrent_runs_get_separate_folders(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: make_run_directory("tiny", tmp_path / "runs"), range(24)))
    assert len(set(made)) == 24
    for path in made:
        assert list(path.iterdir()) == []
        check_run_name(path)


@pytest.mark.parametrize(
    "preset", ["{folder}/x", "../../x", "a\0b", "a\n\x1b[31mb", "", ".", "..", "x" * 64, "a/b", "\ud800"]
)
def test_no_preset_leads_out_of_the_runs_folder(tmp_path, preset):
    """A run trained from a shared one takes its preset."""
    made = make_run_directory(preset.replace("{folder}", str(tmp_path)), tmp_path / "runs")
    check_run_name(made)
    assert made.name.startswith("run-")
    assert list(tmp_path.iterdir()) == [tmp_path / "runs"]
    assert list((tmp_path / "runs").iterdir()) == [made]


def test_a_broken_runs_link_raises_instead_of_looping(tmp_path):
    (tmp_path / "runs").symlink_to(tmp_path / "gone")
    with pytest.raises(FileExistsError):
        make_run_directory("tiny", tmp_path / "runs")


@pytest.mark.parametrize("name", ["..", "-x", "a b", "ends.", "x" * 65, "[bold]", "a\nb", ".hidden"])
def test_names_that_some_system_would_not_take_are_refused(tmp_path, name):
    with pytest.raises(InputError, match="is not a valid run name"):
        check_run_name(tmp_path / name)


def test_a_second_trainer_is_refused(tmp_path):
    run = RunDirectory(tmp_path)
    with run.locked():
        with pytest.raises(InputError, match="another process is training"), run.locked():
            pass
        assert run.trainer() == os.getpid(), "who is refused leaves the holder's mark"
    with run.locked():
        pass


def test_whoever_trains_is_known_while_they_do(tmp_path):
    run = RunDirectory(tmp_path)
    assert run.trainer() is None
    assert list(tmp_path.iterdir()) == []
    with run.locked():
        assert run.trainer() == os.getpid() == int(run.trainer_file.read_text())
        assert run.trainer() == os.getpid(), "asking takes nothing away"
    assert run.trainer() is None
    assert not run.trainer_file.exists()
    with pytest.raises(ZeroDivisionError), run.locked():
        _ = 1 / 0
    assert run.trainer() is None


HOLDER = """
import pathlib, sys
from tinygpt_keras.runs.directory import RunDirectory
with RunDirectory(pathlib.Path(sys.argv[1])).locked():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_trainer_that_was_killed_trains_no_longer(tmp_path):
    run = RunDirectory(tmp_path)
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        assert run.trainer() == holder.pid
        holder.kill()
    assert run.trainer_file.exists()
    assert run.trainer() is None
    with run.locked():
        assert run.trainer() == os.getpid()


def test_being_asked_about_does_not_keep_a_trainer_out(tmp_path):
    run, stop = RunDirectory(tmp_path), threading.Event()
    with run.locked():
        pass

    def ask():
        while not stop.is_set():
            run.trainer()

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        for _ in range(20):
            with run.locked():
                assert run.trainer() == os.getpid()
    finally:
        stop.set()
        asking.join()


@pytest.mark.parametrize("noted", [b"", b"x", b"\xff", b"1.5"])
def test_a_mark_that_names_nobody_names_nobody(tmp_path, noted):
    run = RunDirectory(tmp_path)
    with run.locked():
        run.trainer_file.write_bytes(noted)
        assert run.trainer() is None
        run.trainer_file.unlink()
        assert run.trainer() is None


def test_an_unopenable_lock_does_not_hide_the_trainer(tmp_path, monkeypatch):
    """On file systems that lock nothing; for another user's lock see below."""
    run = RunDirectory(tmp_path)
    (tmp_path / ".lock").touch()

    def fail(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(filelock.FileLock, "acquire", fail)
    assert run.trainer() is None
    run.trainer_file.write_text(str(os.getpid()))
    assert run.trainer() == os.getpid()


@contextlib.contextmanager
def as_another_user():
    """Switch to the user nobody in the block, when run as root."""
    if os.getuid() != 0:
        yield
        return
    nobody = 65534
    os.setresuid(nobody, nobody, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.mark.skipif(os.name != "posix", reason="it is about users and signals")
def test_another_users_trainer_trains(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # nobody may not enter its parent folders
    tmp_path.chmod(0o755)
    run = RunDirectory(Path())
    (tmp_path / ".lock").touch(0o444)
    run.trainer_file.write_text("1")
    assert run.trainer_file.read_text("ascii") == "1", "and the codec is loaded"
    with as_another_user():
        assert run.trainer() == 1


@pytest.mark.skipif(os.name != "posix", reason="it is about users and signals")
def test_a_lock_of_ones_own_that_cannot_be_opened_is_nobodys(tmp_path, monkeypatch):
    """As a run that somebody else packed could have it, with the id of any process."""
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o755)
    run = RunDirectory(Path())
    (tmp_path / ".lock").touch()
    (tmp_path / ".lock").chmod(0)
    run.trainer_file.write_text("1")
    if os.getuid() == 0:
        os.chown(tmp_path / ".lock", 65534, 65534)
    with as_another_user():
        assert run.trainer() is None
