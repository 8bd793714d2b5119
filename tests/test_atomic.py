"""Files and folders appear whole or not at all."""

import errno

import pytest

from tinygpt_keras import atomic


def test_a_failed_write_leaves_the_old_file(tmp_path):
    target = tmp_path / "a.json"
    atomic.write_text(target, "old")
    with pytest.raises(OSError, match="full"), atomic.whole_file(target) as temporary:  # noqa: PT012 the failing write is what is tested
        temporary.write_text("ne")
        raise OSError(errno.ENOSPC, "full")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_failed_folder_does_not_appear(tmp_path):
    with pytest.raises(OSError, match="full"), atomic.whole_folder(tmp_path / "one") as temporary:  # noqa: PT012 the failing write is what is tested
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
