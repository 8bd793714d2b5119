"""The share of exact replies counts those that are written whole, and of long ones what is kept."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from tinygpt_keras.config import ModelConfig, RunConfig
from tinygpt_keras.config.flags import config_from_flags
from tinygpt_keras.evaluation.exact_replies import exact_share
from tinygpt_keras.text.encoded_pairs import encode_pairs
from tinygpt_keras.text.pairs import Pair, Pairs
from tinygpt_keras.text.tokenizer import CharTokenizer
from tinygpt_keras.training.examples import PairExamples

TOKENIZER = CharTokenizer(list("abcdefgh"))
PAIRS = [Pair("abc", "cba"), Pair("ab", "ba"), Pair("a", "a"), Pair("abcdefghabc", "cbahgfedcba"), Pair("bc", "cb")]


class Writer:
    """Writes each source backwards, as much as a block of eight has room for, but for one."""

    tokenizer = TOKENIZER
    model = SimpleNamespace(config=ModelConfig(block_size=8))

    def __init__(self):
        self.batches = []

    def generate(self, sources, options):
        assert options.temperature == 0
        self.batches.append(len(sources))
        return ["" if source == "bc" else source[::-1][:7] for source in sources]


@pytest.fixture
def pairs():
    return encode_pairs(Pairs(PAIRS, 1), TOKENIZER, 8)


@pytest.mark.parametrize(("rows", "share"), [([0, 1, 2], 1.0), ([0, 4], 0.5), ([4], 0.0), ([0, 1, 4], 2 / 3)])
def test_the_share_is_of_the_rows_that_are_tried(pairs, rows, share):
    writer = Writer()
    assert exact_share(writer, pairs, np.array(rows), 2) == pytest.approx(share)
    assert writer.batches == [2] * (len(rows) // 2) + [1] * (len(rows) % 2)


def test_a_cut_reply_is_right_when_all_that_fits_is_written(pairs):
    assert pairs.cut == 1
    kept = pairs.text(3, TOKENIZER)
    assert kept == Pair("efghabc", "cbahgfed")
    assert exact_share(Writer(), pairs, np.array([3]), 1) == 1.0
    examples, config = PairExamples(dataclasses.replace(pairs, train=3)), config_from_flags("encdec", {}, 1, "pairs")
    for block_size, right in ((8, None), (12, kept.reply)):  # the first is cut: nobody can write it to its end
        small = dataclasses.replace(config, model=dataclasses.replace(config.model, block_size=block_size))
        assert examples.right_reply(small, kept.source, TOKENIZER) == right


def test_some_of_the_held_out_sources_are_tried_evenly(pairs):
    examples, writer = PairExamples(pairs), Writer()
    config = config_from_flags("encdec", {"block_size": 8}, 1, "pairs")
    assert examples.exactly_right(config, lambda: writer) == pytest.approx(3 / 4)
    assert examples.exactly_right(config, lambda: writer, at_most=2 * pairs.widths[1]) == 1.0  # rows 1 and 3
    assert examples.exactly_right(RunConfig(), lambda: writer) is None, "a text may go on in many ways"
