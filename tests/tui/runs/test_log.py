"""What is shown of a log is what a person can use: its end, without what TensorFlow says at every start."""

import os

from tinygpt_tui.runs.log import LAST_LINES, SHOWN_LINES, LogFollower, last_lines, told

CHATTER = """\
2026-11-22 20:44:53.123456: I tensorflow/core/platform/cpu_feature_guard.cc:210] This TensorFlow binary is optimized
To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow with the appropriate flags.
WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
E0000 00:00:1700000000.123456    1234 cuda_dnn.cc:8310] Unable to register cuDNN factory
"""


def test_the_chatter_of_tensorflow_is_left_out():
    assert told(CHATTER) == ""
    assert told(f"{CHATTER}MemoryError: no room\n{CHATTER}") == "MemoryError: no room"
    assert told("one\ntwo\nthree", 2) == "two\nthree"
    assert told("one", 0) == told("one", -3) == ""


def test_a_log_ends_with_its_last_lines(tmp_path):
    log = tmp_path / "train.log"
    assert last_lines(log) == last_lines(tmp_path) == ""
    log.write_text("")
    assert last_lines(log) == ""
    log.write_text("".join(f"line {number} of the log, with ünïcode\n" for number in range(5000)) + "\n\n")
    assert last_lines(log).splitlines() == [
        f"line {n} of the log, with ünïcode" for n in range(5000 - LAST_LINES, 5000)
    ]
    assert last_lines(log, 1) == "line 4999 of the log, with ünïcode"
    log.write_bytes(b"\xff\xfe \x00" * 9000 + b"\nthe end")
    assert last_lines(log, 1) == "the end"
    log.write_text("€" * 90_000)  # one line: its end, cut at any byte
    assert 1000 < len(last_lines(log)) < 2**14


def test_a_followed_log_is_read_when_it_changes(tmp_path):
    path = tmp_path / "train.log"
    follower = LogFollower(path)
    assert follower.read() == ""
    assert follower.read() is None
    path.write_bytes(b"one\r\ntwo \xff\n")
    assert follower.read() == "one\ntwo \ufffd"
    assert follower.read() is None
    with path.open("a") as file:
        file.write("".join(f"{number}\n" for number in range(1000)))
    assert follower.read() == "\n".join(map(str, range(1000 - SHOWN_LINES, 1000)))


def test_a_followed_log_of_any_kind_is_read_at_once(tmp_path):
    """Only its end is read, and a pipe is not waited for."""
    path = tmp_path / "train.log"
    with path.open("wb") as file:
        file.truncate(2**40)
        file.seek(0, 2)
        file.write(b"\nthe end\n")
    assert LogFollower(path).read().endswith("\nthe end")
    path.unlink()
    os.mkfifo(path)
    assert LogFollower(path).read() == ""
    path.unlink()
    path.symlink_to("/dev/zero")
    assert LogFollower(path).read() == ""
