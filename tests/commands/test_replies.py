"""An encoder-decoder is trained, resumed, sampled, scored and refused by the same commands as a GPT."""

import json
import shutil

import numpy as np
import pytest

from tests.conftest import SMALL, command
from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.errors import InputError
from tinygpt_keras.inspection.forward import run_with_cache
from tinygpt_keras.inspection.subject import Subject
from tinygpt_keras.inspection.views import VIEWS
from tinygpt_keras.models.build import build_model
from tinygpt_keras.models.open import open_run
from tinygpt_keras.models.tensors import assign, read_tensors
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.events import read_events
from tinygpt_keras.text.encoded_pairs import encode_pairs
from tinygpt_keras.text.pairs import END, START, Pair, Pairs

pytestmark = pytest.mark.slow

TINY = [*SMALL, "--steps", 6, "--eval-every", 3, "--sample-length", 12, "--block-size", 18]


def train(cwd, *flags):
    status, out, err = command("train", *TINY, *flags, cwd=cwd)
    assert status == 0, err
    return RunDirectory(cwd / out.strip()), err


@pytest.fixture(scope="module")
def sorting(tmp_path_factory):
    """A run of the task `sort`, without flags of a preset."""
    folder = tmp_path_factory.mktemp("sorting")
    run, err = train(folder, "--task", "sort", "--run-dir", "run")
    return folder, run, err


def test_a_task_is_made_learned_and_counted(sorting):
    _, run, err = sorting
    config = run.config()
    assert (config.task, config.preset, config.corpus.name) == ("sort", "encdec", "sort")
    assert config.model.vocab_size == 26
    assert len((run.path / "corpus.txt").read_text().splitlines()) == 50_000
    evals = [event for event in read_events(run.events_file) if event["event"] == "eval"]
    assert [event["step"] for event in evals] == [0, 3, 6]
    assert evals[0]["val_loss"] == pytest.approx(np.log(27), abs=1e-4)  # 26 letters and the end, all alike
    assert all(event["exact"] == 0 for event in evals)
    samples = [event for event in read_events(run.events_file) if event["event"] == "sample"]
    held_out, reply = (run.path / "corpus.txt").read_text().splitlines()[45_000].split("\t")
    assert {event["prompt"] for event in samples} == {held_out}
    room = config.training.sample_length
    assert {event.get("right_reply") for event in samples} == {reply if len(reply) < room else None}
    assert f"{held_out} → " in err
    assert "0.0% of held-out replies exactly right" in err


def test_sample_writes_the_reply_to_a_source(sorting):
    folder, _, _ = sorting
    ask = ("sample", "--run", "run", "--prompt", "tobeornot")
    status, out, _ = command(*ask, "--seed", 3, "--max-new", 5, cwd=folder)
    assert status == 0
    assert out.startswith("tobeornot → ")
    assert len(out) <= len("tobeornot → ") + 5
    found = {beams: command(*ask, "--beams", beams, "--max-new", 5, cwd=folder) for beams in (1, 4)}
    assert all(status == 0 and "seed" not in err for status, _, err in found.values())
    greedy = command(*ask, "--temperature", 0, "--seed", 1, "--max-new", 5, cwd=folder)[1]
    assert found[1][1] == greedy
    for run, flags, words in (
        ("pretrained", ("--prompt", "a", "--beams", 2), "continues a text"),
        ("run", ("--prompt", "", "--seed", 1), "replies to a source. Add --prompt"),
        ("run", ("--prompt", "a", "--beams", 2, "--seed", 1), "--beams draws nothing, so --seed has no effect"),
        ("run", ("--prompt", "a", "--beams", 2, "--stop", "b"), "so --stop has no effect"),
        ("run", ("--prompt", "a", "--beams", 2, "--num-samples", 2), "so --num-samples has no effect"),
    ):
        status, _, err = command("sample", "--run", run, *flags, cwd=folder)
        assert (status, words in err) == (2, True), err


def test_evaluate_scores_the_replies_and_counts_the_right_ones(sorting):
    folder, run, _ = sorting
    status, out, _ = command("evaluate", "--run", "run", "--json", cwd=folder)
    found = json.loads(out)
    pairs = [line.split("\t") for line in (run.path / "corpus.txt").read_text().splitlines()[45_000:]]
    assert (status, found["exact"]) == (0, 0.0)
    assert found["characters"] == sum(min(len(reply) + 1, 18) for _, reply in pairs)
    status, out, _ = command("evaluate", "--run", "run", cwd=folder)
    assert "exactly right       0.00% of the replies" in out


def test_the_probabilities_of_two_runs_are_averaged(sorting):
    folder, run, _ = sorting
    lines = (run.path / "corpus.txt").read_text().splitlines()[:50]
    (folder / "few.tsv").write_text("".join(f"{line}\n" for line in lines))
    shutil.copytree(run.path, folder / "negated")
    opened, other = open_run(run), open_run(folder / "negated")
    for variable in other.model.trainable_variables:
        variable.assign(-variable)
    other.model.save(folder / "negated" / "best.keras")
    flags = ("--run", "run", "--with", "negated", "--data", "few.tsv", "--json")
    status, out, err = command("evaluate", *flags, cwd=folder)
    assert status == 0, err
    found = json.loads(out)
    assert (found["with"], "exact" in found) == (["negated"], False)
    pairs = Pairs([Pair(*line.split("\t")) for line in lines], 45)
    source, reply, targets, weights = encode_pairs(pairs, opened.tokenizer, 18).take(np.arange(45, 50))
    logits = [np.asarray(each.model((source, reply)), np.float64) for each in (opened, other)]
    chances = np.mean([np.exp(each) / np.exp(each).sum(-1, keepdims=True) for each in logits], axis=0)
    right = np.take_along_axis(chances, targets[..., None], -1)[..., 0]
    assert found["characters"] == weights.sum()
    assert found["loss"] == pytest.approx(-(weights * np.log(right)).sum() / weights.sum(), abs=1e-5)
    status, _, err = command("evaluate", "--run", "run", "--data", ".", cwd=folder)
    assert (status, ". is a folder, and pairs are read from one file" in err) == (2, True), err


def test_runs_of_other_tasks_are_not_averaged(sorting):
    folder, run, _ = sorting
    shutil.copytree(run.path, folder / "other")
    config = json.loads((folder / "other" / "config.json").read_text())
    (folder / "other" / "config.json").write_text(json.dumps({**config, "task": "pairs"}))
    status, _, err = command("evaluate", "--run", "run", "--with", "other", cwd=folder)
    assert (status, "have different tasks" in err) == (2, True), err


def test_weights_of_one_task_begin_another(sorting):
    folder, _, _ = sorting
    (folder / "own.TSV").write_text("".join(f"{word}\t{word}\n" for word in ("abc", "xyz", "été") * 20))
    status, out, err = command(
        "train", "--from", "run", "--data", "own.TSV", "--steps", 2, "--run-dir", "more", cwd=folder
    )
    assert status == 0, err
    trained = RunDirectory(folder / out.strip())
    config = trained.config()
    assert (config.task, config.start_from) == ("pairs", str(folder / "run"))
    assert json.loads(trained.vocab_file.read_text("utf-8")) == sorted("abctxyzé")
    (folder / "others.tsv").write_text("".join(f"{word}\t{word}\n" for word in ("abc", "xyz") * 20))
    status, out, err = command("evaluate", "--run", "more", "--data", "others.tsv", "--json", cwd=folder)
    assert status == 0, err
    assert (json.loads(out)["characters"], json.loads(out)["exact"]) == (16, 0.0)


def test_every_view_looks_at_a_source_and_its_reply(sorting, monkeypatch, tmp_path):
    folder, run, _ = sorting
    monkeypatch.setattr("tinygpt_keras.inspection.kept.cache_folder", lambda: tmp_path)
    opened = open_run(run.path)
    subject = Subject(opened, "abc", prompt="tobeornot")
    found = {view: find(subject, SamplingOptions()) for view, find in VIEWS.items()}
    assert found["next"].text == START + "abc"
    assert {chance.character for chance in found["next"].raw} == {*opened.tokenizer.characters, END}
    assert found["surprise"].text == "abc" + END
    assert found["ablation"].bits == pytest.approx(found["surprise"].mean_bits, abs=1e-5)
    assert "cross_attention" in {cost.part for cost in found["ablation"].parts}
    assert found["memorised"].text == "abc"
    assert 0 < found["memorised"].characters <= 3
    assert {unit.concept for unit in found["neurons"].units} >= {"at a line's beginning", "at a word's end"}
    across = found["attention"]
    assert (across.kind, across.text, across.seen) == ("cross_attention", START + "abc", "tobeornot" + END)
    assert len(across.weights[0][0]) == 10
    seen = np.array(across.weights).mean((0, 1)).argmax()
    inside = VIEWS["attention"](subject.at(part="encoder.attention"), SamplingOptions())
    assert (inside.text, inside.seen, inside.place) == (across.seen, across.seen, seen)
    one = VIEWS["attention"](subject.at(part="blocks.0.cross_head.1"), SamplingOptions())
    assert (one.kind, one.weights[-1]) == ("cross_attention", across.weights[0][1])
    for part, words in (("encoder.blocks.0.unit.1", "those of the decoder"), ("cross_attention", "is no unit")):
        with pytest.raises(InputError, match=words):
            VIEWS["neurons"](subject.at(part=part), SamplingOptions())
    flags = ("--run", "run", "--prompt", "tobeornot", "--view")
    drawn = {view: command("look", *flags, view, "--text", "abc", cwd=folder)[1] for view in ("attention", "heads")}
    assert "from the reply “␂abc”." in drawn["attention"]
    assert "tobeornot␃" in drawn["attention"]
    own = json.loads(command("look", *flags, "surprise", "--json", cwd=folder)[1])["text"]
    written = command("sample", *flags[:4], "--beams", 1, cwd=folder)[1].partition(" → ")[2]
    assert own.removesuffix(END) == written.rstrip("\n") != ""


def test_weights_are_exported_alone(sorting, tmp_path):
    folder, run, _ = sorting
    ask = ("export", "--run", "run", "--format", "safetensors", "--out", tmp_path / "sort.safetensors")
    status, _, err = command(*ask, cwd=folder)
    assert status == 0, err
    opened, others = open_run(run), build_model(run.config().model)
    assign(others, read_tensors(tmp_path / "sort.safetensors"))
    pair = np.array([[0, 1, 26, 28]]), np.array([[27, 5, 6, 28]])
    np.testing.assert_array_equal(others(pair), opened.model(pair))


def test_a_page_shows_a_source_and_its_reply(sorting, tmp_path):
    folder, run, _ = sorting
    pair = ("look", "--run", "run", "--prompt", "caz", "--text", "ab")
    status, _, err = command(*pair, "--html", tmp_path / "page.html", cwd=folder)
    assert status == 0, err
    walk = json.loads((tmp_path / "page.html").read_text("utf-8").split('id="data">')[1].split("</script>")[0])
    assert (walk["source"], walk["text"], walk["characters"]) == ("caz" + END, "ab" + END, 27)
    bits = json.loads(command(*pair, "--view", "surprise", "--json", cwd=folder)[1])["bits"]
    assert [place["bits"] for place in walk["places"]] == pytest.approx(bits, abs=1e-3)
    opened = open_run(run)
    _, tensors = run_with_cache(opened.model, (np.array([[2, 0, 25, 26]]), np.array([[27, 0, 1]])))
    for place, found in enumerate(walk["places"]):
        for side, layer, before in (("across", "cross_attention", 0), ("looked", "attention", 1)):
            rows = np.asarray(tensors[f"blocks.0.{layer}.pattern"])[0, :, place]
            for row, looked in zip(rows, found[side][0], strict=True):
                expected = {n - before: float(weight) for n, weight in enumerate(row) if weight >= 0.01}
                assert dict(looked) == pytest.approx(expected, abs=1e-3)
    flags = ("--run", "pretrained", "--text", "Ho!", "--html", tmp_path / "text.html")
    assert command("look", *flags, cwd=folder)[0] == 0
    assert '"source":""' in (tmp_path / "text.html").read_text("utf-8")


def test_what_cannot_be_done_is_said(sorting, tmp_path):
    """Names of parts and a source of no use are told before the weights are read, which are missing here."""
    folder, run, _ = sorting
    shutil.copytree(run.path, folder / "weightless", ignore=shutil.ignore_patterns("best.keras", "checkpoints"))
    for flags, words in (
        (("--prompt", "ab", "--view", "attention", "--part", "blocks.7.head.0"), "no part 'blocks.7.head.0'"),
        (("--prompt", "ab", "--view", "heads", "--part", "blocks.0"), "no heads of 'blocks.0'"),
        (("--prompt", "ab", "--view", "neurons", "--part", "encoder.blocks.0.unit.1"), "those of the decoder"),
        (("--prompt", "ab", "--without", "blocks.7"), "no part 'blocks.7'"),
        (("--prompt", "☃☃"), "the source has no character that the model knows"),
        (("--prompt", "ab"), "weightless/best.keras is missing"),
    ):
        status, _, err = command("look", "--run", "weightless", *flags, cwd=folder)
        assert (status, words in err) == (2, True), err
    for verb, flags, words in (
        ("look", ("--run", "run", "--text", "abc"), "run replies to a source. Add --prompt"),
        ("look", ("--run", "pretrained", "--text", "abc", "--prompt", "a"), "continues a text, and --prompt is for"),
        ("look", ("--run", "pretrained"), "there is no text to look at. Add --text."),
    ):
        status, _, err = command(verb, *flags, cwd=folder)
        assert (status, words in err) == (2, True), err
    long = "a" * 9 + "b" * 17
    said = "left out, as they do not fit into the context: the first 9 of the source"
    for ask in (("sample", "--max-new", 3, "--beams", 1), ("look", "--text", "ab")):
        status, out, err = command(*ask, "--run", "run", "--prompt", long, cwd=folder)
        assert (status, said in err, long in out) == (0, True, False), err
    status, _, err = command("look", "--run", "run", "--prompt", "ab", "--text", long, cwd=folder)
    assert (status, "the last 8 of the reply" in err) == (0, True), err
    (tmp_path / "bad.tsv").write_text("a\tb\nc\n")
    (tmp_path / "two.tsv").write_text("a\tb\nc\td\n")
    for flags, words in (
        (("--task", "dates", "--data", "two.tsv"), "the task dates makes its own pairs"),
        (("--task", "pairs"), "--task pairs needs a file"),
        (("--task", "dates", "--preset", "tiny"), "--task dates needs an encoder-decoder"),
        (("--task", "text", "--preset", "paper"), "an encoder-decoder learns pairs"),
        (("--preset", "paper", "--data", "bad.tsv"), "bad.tsv has lines that are no pair: line 2 has 1 column"),
        (("--task", "sort", "--from", "pretrained"), "--task sort needs an encoder-decoder, and pretrained is none"),
        (("--task", "speeches", "--preset", "paper", "--data", "two.tsv"), "two.tsv is a file of pairs, and the task"),
        (("--task", "pairs", "--data", "."), "is a folder, and pairs are read from one file"),
        (("--task", "poems"), "invalid choice"),
    ):
        status, out, err = command("train", *flags, cwd=tmp_path)
        assert (status, out) == (2, ""), err
        assert words in err
        assert not (tmp_path / "runs").exists()
