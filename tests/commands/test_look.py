"""`look` shows what a run's model does with a text."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import command, in_a_process
from tinygpt_keras.inspection.forward import run_with_cache
from tinygpt_keras.look import DESCRIPTIONS
from tinygpt_keras.models.open import open_run
from tinygpt_keras.text.corpus import read_corpus

pytestmark = pytest.mark.slow

TEXT = "First Citizen:"
RECORDED = Path(__file__).parents[1] / "recordings" / "format-2" / "bigram"


@pytest.fixture(scope="module")
def found(small_run, tmp_path_factory):
    """What every view finds, as JSON."""
    answers, cache = {}, tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tinygpt_keras.inspection.kept.cache_folder", lambda: cache)
        yield find_all(small_run, answers)
    assert len(list(cache.iterdir())) == 1


def find_all(small_run, answers):
    """Look in every way."""
    for view in DESCRIPTIONS:
        flags = ["--run", small_run, "--text", TEXT, "--view", view]
        status, out, err = command("look", *flags, "--json", cwd=small_run)
        assert (status, err) == (0, "")
        status, drawn, err = command("look", *flags, cwd=small_run)
        assert (status, err) == (0, "")
        answers[view] = json.loads(out), drawn
    return answers


def test_next_has_every_character(found, small_run):
    answer, drawn = found["next"]
    run = open_run(small_run)
    ids = run.tokenizer.encode(TEXT)[None]
    logits = np.asarray(run.model(ids))[0, -1].astype(float)
    chances = {chance["character"]: chance["probability"] for chance in answer["raw"]}
    expected = np.exp(logits) / np.exp(logits).sum()
    assert [chances[character] for character in run.tokenizer.characters] == pytest.approx(expected.tolist(), abs=1e-6)
    assert sum(chance["probability"] for chance in answer["drawn"]) == pytest.approx(1, abs=1e-5)
    assert answer["drawn"][0]["probability"] > answer["raw"][0]["probability"], "a temperature of 0.8 sharpens"
    assert f"after “{TEXT}”" in drawn


def test_each_view_speaks_of_the_text(found):
    sizes = {"attention": "weights", "heads": "maps", "lens": "stages", "ablation": "parts", "surprise": "bits"}
    assert {answer["view"] for answer, _ in found.values()} == set(DESCRIPTIONS)
    assert all(answer["text"] == TEXT for answer, _ in found.values())
    lengths = {view: len(found[view][0][name]) for view, name in sizes.items()}
    assert lengths == {"attention": 2, "heads": 2, "lens": 3, "ablation": 11, "surprise": len(TEXT)}
    for heads in found["attention"][0]["weights"]:
        assert [len(row) for row in heads] == [len(TEXT)] * 2
        assert all(sum(row) == pytest.approx(1, abs=0.01) for row in heads)
    assert {unit["concept"] for unit in found["neurons"][0]["units"]} >= {"inside a name", "at a line's end"}
    assert all(0.5 < unit["auc"] <= 1 for unit in found["neurons"][0]["units"])


def test_views_agree_with_each_other(found):
    surprise, costs = found["surprise"][0], found["ablation"][0]
    assert surprise["mean_bits"] == pytest.approx(costs["bits"], abs=1e-5)
    assert found["lens"][0]["stages"][-1][0] == pytest.approx(found["next"][0]["raw"][0])
    assert costs["next"][0]["character"] == found["next"][0]["raw"][0]["character"]


def test_a_head_and_a_unit_of_ones_choice(found, small_run):
    flags = ["--run", small_run, "--text", TEXT, "--json", "--view"]
    head = json.loads(command("look", *flags, "attention", "--part", "blocks.1.head.0", cwd=small_run)[1])
    assert (head["view"], head["block"], head["head"]) == ("head", 1, 0)
    assert [len(row) for row in head["weights"]] == list(range(1, len(TEXT) + 1))
    assert head["weights"][-1] == found["attention"][0]["weights"][1][0]
    (best,) = (unit for unit in found["neurons"][0]["units"] if unit["concept"] == "in capitals")
    part = f"blocks.{best['block']}.unit.{best['unit']}"
    (unit,) = json.loads(command("look", *flags, "neurons", "--part", part, cwd=small_run)[1])["units"]
    assert unit["activations"] == best["activations"]
    assert unit["auc"] >= best["auc"]
    for view, part, words in (
        ("attention", "blocks.0", "is no head. Give one such as blocks.0.head.0"),
        ("neurons", "blocks.0.head.0", "is no unit"),
        ("attention", "blocks.9.head.0", "has no part"),
        ("next", "blocks.0.head.0", "--part acts on --view attention, heads and neurons alone"),
    ):
        status, out, err = command("look", *flags, view, "--part", part, cwd=small_run)
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert words in err


def test_without_shows_both(found, small_run):
    flags = ["--run", small_run, "--text", TEXT, "--json", "--view", "without", "--without", "blocks.0.head.1"]
    both = json.loads(command("look", *flags, cwd=small_run)[1])
    (cost,) = (part for part in found["ablation"][0]["parts"] if part["part"] == "blocks.0.head.1")
    assert both["bits"] == pytest.approx(found["ablation"][0]["bits"], abs=1e-5)
    assert both["bits_without"] == pytest.approx(cost["bits"], abs=1e-5)
    assert both["next"] == found["next"][0]["raw"]
    assert both["next_without"][0] == pytest.approx(cost["next"][0], abs=1e-5)


def test_memorised_text_is_found(found):
    answer, drawn = found["memorised"]
    assert (answer["characters"], answer["begin"]) == (len(TEXT), 0)
    before, after = (answer[side] for side in ("before", "after"))
    assert f"{before}{TEXT}{after}" in read_corpus().text
    assert "14 of 14 characters" in drawn


def test_a_text_too_long_to_search_is_not_read(small_run, monkeypatch):
    monkeypatch.setattr("tinygpt_keras.inspection.memorised.LONGEST", 10)
    monkeypatch.setattr("tinygpt_keras.inspection.subject.run_corpus", None)
    status, _, err = command("look", "--run", small_run, "--text", TEXT, "--view", "memorised", cwd=small_run)
    assert status == 2
    assert "has 1,003,854 characters, and at most 10 are searched. Choose another view." in err


def test_a_checkpoint_is_looked_at(small_run):
    flags = ["--run", small_run, "--text", TEXT, "--view", "surprise", "--json"]
    first, last = (json.loads(command("look", *flags, "--step", n, cwd=small_run)[1])["loss"] for n in (20, 40))
    assert first > last
    status, _, err = command("look", *flags, "--step", 30, cwd=small_run)
    assert status == 2
    assert "has no checkpoint of step 30. Choose one of 1, 2, " in err


def test_what_is_left_out_is_told(small_run):
    flags = ["--run", small_run, "--view", "surprise", "--json", "--text"]
    status, out, err = command("look", *flags, "語" + "a" * 20, cwd=small_run)
    assert status == 0
    assert json.loads(out)["text"] == "a" * 16
    assert "語" in err
    assert "the first 4 characters do not fit" in err
    status, out, err = command("look", *flags, "語", cwd=small_run)
    assert (status, out) == (2, "")
    assert "no character that the model knows" in err


def test_a_run_without_its_text_says_so(copy):
    config = json.loads((copy / "config.json").read_text())
    config["corpus"] = {"name": "mine.txt", "sha256": "0" * 64, "characters": 9}
    (copy / "config.json").write_text(json.dumps(config))
    for view in ("memorised", "neurons"):
        status, out, err = command("look", "--run", copy, "--text", TEXT, "--view", view, cwd=copy)
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert "or choose another view" in err


def test_a_bigram_shows_what_it_has(tmp_path):
    shutil.copytree(RECORDED, tmp_path / "bigram")
    for view, words in (
        ("next", ""),
        ("surprise", ""),
        ("lens", "a bigram has no attention"),
        ("ablation", "a bigram"),
    ):
        status, _, err = command("look", "--run", "bigram", "--text", "abc", "--view", view, cwd=tmp_path)
        assert status == (2 if words else 0), err
        assert words in err


def test_a_text_comes_through_a_pipe(small_run, tmp_path):
    path = tmp_path / "text"
    path.write_bytes(TEXT.encode() + b"\xff")
    with path.open("rb") as text:
        status, out, err = in_a_process("look", "--run", small_run, "--text", "-", cwd=tmp_path, stdin=text)
    assert status == 0, err
    assert "the model" in out


def test_a_page_is_written_once(small_run, tmp_path):
    flags = ["--run", small_run, "--text", TEXT, "--html", "look.html"]
    status, out, err = command("look", *flags, cwd=tmp_path)
    assert (status, out) == (0, "")
    assert "look.html is written" in err
    html = (tmp_path / "look.html").read_text("utf-8")
    walk = json.loads(html.split('id="data">')[1].split("</script>")[0])
    surprise = json.loads(command("look", *flags[:4], "--view", "surprise", "--json", cwd=tmp_path)[1])
    assert walk["text"] == TEXT
    assert [place["bits"] for place in walk["places"]] == pytest.approx(surprise["bits"], abs=1e-3)
    assert (walk["blocks"], walk["heads"], len(walk["places"][0]["stages"])) == (2, 2, 3)
    assert walk["places"][3]["stages"][-1] == walk["places"][3]["likely"][:3]
    run = open_run(small_run)
    ids = np.append(run.tokenizer.encode("\n"), run.tokenizer.encode(TEXT[:-1])).astype(np.int32)
    logits, tensors = run_with_cache(run.model, ids[None])
    for place, found in enumerate(walk["places"]):
        order = np.argsort(-np.asarray(logits)[0, place])
        assert order[found["rank"] - 1] == run.tokenizer.encode(TEXT[place])[0]
        for block, heads in enumerate(found["looked"]):
            for head, looked in enumerate(heads):
                row = np.asarray(tensors[f"blocks.{block}.attention.pattern"])[0, head, place]
                assert all(weight == pytest.approx(row[at + 1], abs=1e-3) for at, weight in looked)
                assert max(row) == pytest.approx(looked[0][1], abs=1e-3)
    status, _, err = command("look", *flags, cwd=tmp_path)
    assert status == 2
    assert "look.html exists already. Choose another --html" in err
    assert (tmp_path / "look.html").read_text("utf-8") == html


def test_a_text_is_read_without_parts_of_the_model(small_run):
    flags = ["--run", small_run, "--text", TEXT, "--json"]
    costs = json.loads(command("look", *flags, "--view", "ablation", cwd=small_run)[1])
    cost = {part["part"]: part for part in costs["parts"]}
    for part in ("positions", "blocks.1.head.0", "blocks.0.feed_forward"):
        off = [*flags, "--without", part]
        status, out, err = command("look", *off, "--view", "surprise", cwd=small_run)
        assert status == 0, err
        assert json.loads(out)["mean_bits"] == pytest.approx(cost[part]["bits"], abs=1e-5)
        after = json.loads(command("look", *off, cwd=small_run)[1])["raw"][0]
        assert after == pytest.approx(cost[part]["next"][0], abs=1e-5)
    bits = [
        json.loads(command("look", *flags, "--view", "surprise", *off, cwd=small_run)[1])["bits"]
        for off in ([], ["--without", "blocks.0.unit.3"], ["--without", "blocks.0.unit.3", "blocks.0.unit.4"])
    ]
    assert bits[0] != bits[1] != bits[2]
    for off, words in (("blocks.2", "no part 'blocks.2'"), ("blocks.0.unit.64", "no part 'blocks.0.unit.64'")):
        status, _, err = command("look", *flags, "--without", off, cwd=small_run)
        assert status == 2
        assert words in err
    status, _, err = command("look", *flags, "--without", "blocks.0", "--view", "lens", cwd=small_run)
    assert status == 2
    assert "--without acts on --view next, surprise and without alone" in err


def test_weights_that_overflow_are_told(copy):
    run = open_run(copy)
    for variable in (*run.model.final_norm.weights, *run.model.head.weights):
        variable.assign(np.full(variable.shape, 1e30))
    run.model.save(copy / "best.keras")
    for view in ("next", "surprise", "ablation", "lens"):
        status, out, err = command("look", "--run", copy, "--text", TEXT, "--view", view, "--json", cwd=copy)
        assert (status, out) == (2, ""), view
        assert "overflow on this text" in err


def test_json_is_printed_beside_a_page(small_run, tmp_path):
    flags = ["--run", small_run, "--text", "F", "--html", "look.html", "--json"]
    status, out, _ = command("look", *flags, cwd=tmp_path)
    assert status == 0
    assert json.loads(out)["text"] == "F"
