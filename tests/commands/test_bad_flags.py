"""Flags that are wrong are told in one line, and nothing is made."""

import pytest

from tests.commands.test_bad_input import assert_one_line
from tests.conftest import command

BAD_FLAGS = [
    (["train", "--preset", "huge"], "there is no preset 'huge'. Choose one of tiny, quick, bigram"),
    (["train", "--embed-dim", "30", "--num-heads", "4"], "--num-heads 4 does not divide --embed-dim 30"),
    (["train", "--embed-dim", "wide"], "--embed-dim: invalid int value: 'wide'"),
    (["train", "--steps", "٣"], "--steps: invalid int value: '٣'"),
    (["train", "--minutes", "1_0"], "--minutes: invalid float value: '1_0'"),
    (["train", "--seed", "1_0"], "--seed: invalid int value: '1_0'"),
    (["train", "--from", ""], "is not a run directory"),
    (["train", "--from", "pretrained", "--no-qk-norm"], "--no-qk-norm does not fit the weights of pretrained. Drop it"),
    (["sample", "--num-samples", "１"], "--num-samples: invalid int value: '１'"),
    (["train", "--embed-dim", "0"], "--embed-dim is 0. Give it a whole number from 1"),
    (["train", "--steps", "-1"], "--steps is -1"),
    (["train", "--steps", "9" * 400], "Give it a whole number from 1"),
    (["train", "--steps", "9", "--minutes", "9"], "--steps and --minutes both say how long to train"),
    (["train", "--sample-prompt", "\udcff"], "--sample-prompt is not valid UTF-8"),
    (["train", "--data", "\udcff"], "there is no file or folder"),
    (["train", "--learning-rate", "nan"], "--learning-rate is nan"),
    (["train", "--seed", "-1"], "--seed is -1"),
    (["train", "--norm", "batch"], "invalid choice: 'batch'"),
    (["train", "--no-such-flag"], "unrecognized arguments"),
    (["train", "--run-dir", "a b"], "'a b' is not a valid run name"),
    (["train", "--resume"], "there is no run in runs to resume"),
    (["train", "--resume", "--run-dir", "nowhere"], "there is no run directory nowhere"),
    (["train", "--resume", "--embed-dim", "5"], "Drop --embed-dim"),
    (["sample", "--temperature", "-1"], "--temperature is -1.0"),
    (["sample", "--min-p", "nan"], "--min-p is nan. Give it a number from 0.0 to 1.0"),
    (["sample", "--num-samples", "0"], "--num-samples is 0"),
    (["sample", "--top-p", "2"], "--top-p is 2.0. Give it a number from 0.0 to 1.0"),
    (["sample", "--run", "nowhere"], "there is no run directory nowhere. Check the path"),
    (["evaluate", "--run", "nowhere"], "there is no run directory nowhere. Check the path"),
    (["evaluate", "--run", "nowhere", "--with"], "argument --with: expected at least one argument"),
    (["export", "--run", "nowhere", "--out", "x"], "there is no run directory nowhere. Check the path"),
    (["export"], "required: --out"),
]


@pytest.mark.parametrize(
    ("flags", "words"), BAD_FLAGS, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_flags_that_are_wrong(tmp_path, flags, words):
    assert_one_line(*command(*flags, cwd=tmp_path), words, 2)
    assert list(tmp_path.iterdir()) == []
