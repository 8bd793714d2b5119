"""What is shown of a log is what a person can use: its end, without what TensorFlow says at every start."""

from tinygpt_tui.runs.log import LAST_LINES, last_lines, told

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
