"""A hostile run of a model that replies causes a one-line error, and costs no extra memory."""

import hashlib
import shutil
from pathlib import Path

import pytest

from tests.conftest import command
from tests.hostile import corpus, edits
from tests.hostile.readers import ALLOWED, assert_refused, by_worker, followed, peak
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.chat.manner import learned
from tinygpt_tui.runs.summary import DAMAGED, list_runs

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("patience")]

SPARED = 2 * ALLOWED  # as each reader traces its model anew; what is hostile here has a gigabyte at least
RECORDED = Path(__file__).parents[1] / "recordings" / "format-3"


def set_task(name):
    return lambda config: config.update(task=name)


def set_gpt(config):
    config["model"]["architecture"] = "gpt"


def set_more_layers(config):
    config["model"] |= {"num_layers": 2}


def set_more_characters(config):
    config["model"] |= {"vocab_size": 27}


def weights_of(name):
    return lambda run, outside: shutil.copyfile(RECORDED / name / "best.keras", run / "best.keras")


def consistent(content):
    """Replace the text, and what the configuration says of it."""

    def change(run, outside):
        (run / "corpus.txt").write_bytes(content)
        facts = {"sha256": hashlib.sha256(content).hexdigest(), "characters": len(content)}
        corpus.edited("config.json", lambda config: config["corpus"].update(facts))(run, outside)

    return change


READERS = {
    "evaluate": ("evaluate",),
    "sample": ("sample", "--prompt", "abc", "--max-new", 1, "--seed", 1),
    "search": ("sample", "--prompt", "abc", "--max-new", 1, "--beams", 2),
    "look": ("look", "--prompt", "abc", "--text", "a"),
    "export": ("export", "--out", "exported"),
}
# Every reader refuses these before it reads any content, and the table of runs says that they are damaged.
REFUSED = {
    "a task that is none": (corpus.edited("config.json", set_task("poems")), "--task is 'poems'"),
    "a task of another type": (corpus.edited("config.json", set_task(["pairs"])), "--task is"),
    "a task that is a path": (corpus.edited("config.json", set_task("../../etc")), "--task is '../../etc'"),
    "a task of a text": (corpus.edited("config.json", set_task("text")), "has not learned text"),
    "pairs for a GPT": (corpus.edited("config.json", set_gpt), "of architecture gpt has not learned"),
    "a context of gigabytes": (corpus.edited("config.json", edits.set_block), "block-size is 65536"),
    "logits of gigabytes": (corpus.edited("config.json", edits.set_logits), "logits"),
}
# The vocabulary or the weights belong to another model.
UNUSABLE = {
    "a vocabulary of fewer": (corpus.edited("config.json", set_more_characters), "vocab.json"),
    "weights of a GPT": (weights_of("tiny"), "its weights do not fit config.json"),
    "weights of another depth": (corpus.edited("config.json", set_more_layers), "its weights do not fit config.json"),
    "weights that overflow": (corpus.weights(corpus.scaled), "its weights are too large. Train it again."),
}
# The run's own pairs.
PAIRS = {
    "another text": (corpus.text("corpus.txt", b"a\tb\n" * 100), "is not the text that"),
    "a text of one column": (consistent(b"a\n" * 100), "has lines that are no pair"),
    "a text without a line": (consistent(b"\n" * 100), "has no pairs"),
    "a text of other bytes": (corpus.text("corpus.txt", b"\xff\xfe\0" * 100), "corpus.txt"),
    "a text of a gigabyte": (corpus.sparse("corpus.txt"), "corpus.txt"),
}


@pytest.fixture
def replying(tmp_path):
    """A run that may be changed."""
    shutil.copytree(RECORDED / "replies", tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    """Peak memory of this process after every reader has read a good run."""
    path = tmp_path_factory.mktemp("usual") / "run"
    shutil.copytree(RECORDED / "replies", path)
    for name in (*READERS, "resume"):
        status, _, err = read(name, path)
        assert status == 0, err
    assert by_worker(path).run == str(path)
    return peak()


def read(name, run):
    if name == "resume":
        return command("train", "--resume", "--run-dir", run, "--steps", 14, cwd=run.parent)
    verb, *flags = READERS[name]
    return command(verb, "--run", run, *flags, cwd=run.parent)


@pytest.mark.parametrize("case", REFUSED)
def test_every_reader_refuses_a_hostile_configuration(case, replying, usual):
    change, words = REFUSED[case]
    change(replying, replying.parent)
    for name in (*READERS, "resume"):
        assert_refused(read(name, replying), words)
    assert words in by_worker(replying).message
    assert learned(RunDirectory(replying)) == ("text", "")
    followed(replying)
    assert [(run.name, run.state) for run in list_runs(replying.parent)] == [("run", DAMAGED)]
    assert peak() - usual < SPARED


@pytest.mark.parametrize("case", UNUSABLE)
def test_every_opener_refuses_another_models_parts(case, replying, usual):
    change, words = UNUSABLE[case]
    change(replying, replying.parent)
    for name in READERS:
        if name == "export" and case == "weights that overflow":
            continue  # it computes nothing
        status, out, err = read(name, replying)
        assert_refused((status, out.removeprefix("abc → "), err), words)  # `sample` shows the prompt at once
    assert words in by_worker(replying).message
    assert peak() - usual < SPARED


@pytest.mark.parametrize("case", PAIRS)
def test_hostile_pairs_are_named_by_what_reads_them(case, replying, usual):
    change, words = PAIRS[case]
    change(replying, replying.parent)
    assert_refused(read("evaluate", replying), words)
    status, out, err = read("resume", replying)
    assert_refused((status, out, err.splitlines()[-1]), words)  # it says first what it does
    for name in ("sample", "look"):
        status, _, err = read(name, replying)
        assert status == 0, err
    assert peak() - usual < SPARED
