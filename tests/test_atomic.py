"""Files and folders appear complete or not at all."""

import errno
import os
import stat

import pytest

from tinygpt_keras import atomic


def test_a_failed_write_leaves_the_old_file(tmp_path):
    target = tmp_path / "a.json"
    atomic.write_text(target, "old")
    with pytest.raises(OSError, match=r"full: .*a\.json"), atomic.whole_file(target) as temporary:  # noqa: PT012 the failing write is what is tested
        temporary.write_text("ne")
        raise OSError(errno.ENOSPC, "full")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_failed_folder_does_not_appear(tmp_path):
    with pytest.raises(OSError, match=r"full: .*one"), atomic.whole_folder(tmp_path / "one") as temporary:  # noqa: PT012 the failing write is what is tested
        (temporary / "part").write_text("half")
        raise OSError(errno.ENOSPC, "full")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_replaces_a_damaged_one(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "torn").write_text("half")
    with atomic.whole_folder(tmp_path / "one") as temporary:
        (temporary / "whole").write_text("all")
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["whole"]


def test_the_suffix_stays_for_libraries_that_look_at_it(tmp_path):
    with atomic.whole_file(tmp_path / "best.keras") as temporary:
        assert temporary.suffix == ".keras"
        temporary.write_bytes(b"x")
    assert (tmp_path / "best.keras").read_bytes() == b"x"


def test_contents_reach_the_disk_before_the_rename(tmp_path, monkeypatch):
    """The folder is flushed after the rename."""
    flushed = []
    monkeypatch.setattr(atomic, "flush_to_disk", lambda path: flushed.append((path.name, target.exists())))
    target = tmp_path / "a.json"
    atomic.write_text(target, "x")
    assert flushed == [(".a.partial.json", False), (tmp_path.name, True)]
    flushed.clear()
    target = tmp_path / "one"
    with atomic.whole_folder(target) as folder:
        (folder / "part").touch()
    assert flushed == [("part", False), (".one.partial", False), (tmp_path.name, True)]


def test_flushing_opens_files_writable_and_tolerates_folder_errors(tmp_path, monkeypatch):
    """Windows flushes no file opened read-only, and some file systems flush no folders."""

    def flush(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        os.write(descriptor, b"")
        flushed.append(descriptor)

    flushed = []
    monkeypatch.setattr(os, "fsync", flush)
    with atomic.whole_folder(tmp_path / "one") as temporary:
        (temporary / "part").write_text("all")
    assert (tmp_path / "one" / "part").read_text() == "all"
    assert len(flushed) == 1
