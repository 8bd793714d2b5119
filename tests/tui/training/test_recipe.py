"""The form and the command line say the same: what the one accepts, the other trains."""

import dataclasses
import io
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygpt_keras.config import PRESETS, ModelConfig, RunConfig, TrainingConfig, config_from_flags
from tinygpt_keras.config.fields import FieldError
from tinygpt_keras.config.presets import default_preset
from tinygpt_keras.config.tasks import TASKS
from tinygpt_keras.errors import InputError
from tinygpt_keras.text.corpus import TINY_SHAKESPEARE, read_corpus
from tinygpt_keras.text.encoded_pairs import encode_pairs
from tinygpt_keras.text.pairs import read_pairs
from tinygpt_keras.text.tokenizer import CharTokenizer
from tinygpt_keras.train import OWN_FLAGS, make_parser
from tinygpt_keras.training.setup import new_config
from tinygpt_tui.training import recipe
from tinygpt_tui.training.faults import fault_of
from tinygpt_tui.training.recipe import Field, parse
from tinygpt_tui.training.text_facts import TextFacts, read_text_facts, task_for

FIELDS = recipe.fields()
NO_NUMBERS = ["你好", "٣", "１２", "²", "½", "1 2", "1,5", "0x1", "one", "-"]
PARSER = make_parser()
DECLARED = {field.name: field for config in (ModelConfig, TrainingConfig) for field in dataclasses.fields(config)}


def trained(flags):
    """The configuration that `train` makes of flags, and the text that it reads."""
    given = vars(PARSER.parse_args(flags))
    values = {name: value for name, value in given.items() if name not in OWN_FLAGS}
    return config_from_flags(given["preset"], values, RunConfig().seed, given["task"]), given["data"]


def test_the_form_has_every_field_that_has_a_flag():
    assert set(FIELDS) == DECLARED.keys() - {"vocab_size", "ema"}
    assert {*recipe.MAIN, *recipe.LENGTH} <= set(FIELDS)
    for name, field in FIELDS.items():
        assert field.help == DECLARED[name].metadata["help"]
        assert set(field.choices) == ({"yes", "no"} if field.kind is bool else {*DECLARED[name].metadata["choices"]})


def typed_values(field: Field):
    """What a person may type into a field: mostly what it takes."""
    low, high = (DECLARED[field.name].metadata[bound] for bound in ("minimum", "maximum"))
    if field.choices:
        return st.sampled_from(field.choices)
    texts = {
        int: st.integers(low or 0, min(high or 64, 64)).map(str) | st.just("1_0"),
        float: st.floats(low or 0.0, min(high or 1.0, 1.0)).map(repr) | st.sampled_from(["0", "1e-3", ".5"]),
        str: st.text(max_size=8) | st.sampled_from(["--steps=3", "-x", "a b", "=", "%s"]),
    }[field.kind]
    return texts | texts.map("  {}\t".format) | st.text(max_size=3)


TYPED = st.lists(st.sampled_from(sorted(FIELDS)), max_size=4).flatmap(
    lambda names: st.fixed_dictionaries({name: typed_values(FIELDS[name]) for name in names})
)


@settings(max_examples=200)
@given(st.sampled_from([None, *TASKS]), st.data(), TYPED)
def test_what_the_form_accepts_is_what_train_trains(task, data, typed):
    preset = data.draw(st.sampled_from(recipe.presets(task) if task else list(PRESETS)))
    try:
        config = parse(preset, typed, None, task=task)
    except InputError:
        return
    assert trained(recipe.flags(preset, typed, "", task=task)) == (config, None)
    assert task in (None, config.task)


def test_every_task_has_its_presets_and_their_values():
    """The form shows what `train` would take, and offers no preset that does not learn the task."""
    assert [name for name in PRESETS if name not in recipe.presets("text")] == recipe.presets("dates")
    for task in TASKS:
        for preset in recipe.presets(task):
            shown = {name: recipe.preset_value(preset, name, task=task) for name in FIELDS}
            typed = {name: value for name, value in shown.items() if name not in ("minutes", "sample_prompt")}
            assert parse(preset, typed, None, task=task) == parse(preset, {}, None, task=task)
        flags = vars(PARSER.parse_args([] if task == "text" else ["--task", task]))
        assert default_preset(task) == new_config(flags).preset
    assert recipe.preset_value("encdec", "steps", task="dates") == "800"
    with pytest.raises(FieldError) as caught:
        parse("encdec", {"architecture": "gpt"}, None, task="sort")
    assert recipe.in_form_words(caught.value).startswith("task sort needs an encoder-decoder, architecture transf")
    assert fault_of(caught.value, {"architecture": "gpt"}).fields == {"architecture"}


def test_a_text_of_pairs_is_counted_and_chooses_the_task(tmp_path):
    table = tmp_path / "mine.tsv"
    table.write_text("".join(f"{'ab' * number}\tc\n" for number in range(1, 21)))
    facts = read_text_facts(str(table), "pairs")
    assert (facts.pairs, facts.training_pairs, facts.vocab_size, facts.lengths[-1]) == (20, 18, 3, 40)
    assert facts.sentence == f"{table}, 20 pairs, 3 distinct characters"
    config = parse("encdec", {"block_size": "37"}, facts, task="pairs")
    assert (config.model.vocab_size, config.model.token_rows) == (3, 6)
    assert any(
        words.startswith("2 of 20 pairs do not fit into the block size, 37,") for words in recipe.remarks(config, facts)
    )
    assert encode_pairs(read_pairs("pairs", read_corpus(str(table))), CharTokenizer("abc"), 37).cut == 2
    assert facts.cut(41) == 0
    made = read_text_facts("", "reverse")
    assert (made.name, made.pairs, made.vocab_size, made.lengths[-1]) == ("reverse", 50_000, 26, 16)
    table.write_text("no pair\n")
    for source, task, words in (
        ("", "pairs", "task pairs needs a file of pairs. Name it as data"),
        (str(table), "pairs", "line 1 has 1 column"),
    ):
        with pytest.raises(InputError) as caught:
            read_text_facts(source, task)
        assert words in recipe.in_form_words(caught.value)
    assert [task_for("a.TSV", task) for task in ("text", "dates")] == ["pairs", "pairs"]
    assert [task_for("a.txt", task) for task in ("text", "speeches", "pairs", "dates")] == [
        "text", "speeches", "pairs", "text",
    ]  # fmt: skip


OTHERS = {int: ["2", "64"], float: ["0.25", "0.001"], str: ["a text"], bool: ["yes", "no"]}


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_can_be_changed_by_the_form(name):
    field, preset = FIELDS[name], PRESETS["tiny"]
    part = "model" if hasattr(preset.model, name) else "training"
    before = getattr(getattr(preset, part), name)
    for typed in field.choices or OTHERS[field.kind]:
        try:
            config = parse("tiny", {name: typed}, None)
        except InputError:
            continue
        after = getattr(getattr(config, part), name)
        if after != before:
            assert str(after) == {"yes": "True", "no": "False"}.get(typed, typed)
            assert trained(recipe.flags("tiny", {name: typed}, ""))[0] == config
            return
    pytest.fail("nothing changed it")


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if field.kind in (int, float)])
@pytest.mark.parametrize("typed", NO_NUMBERS)
def test_no_field_takes_for_a_number_what_is_none(name, typed):
    with pytest.raises(InputError, match=r"Give it a (whole )?number"):
        FIELDS[name].parse(typed)


def test_what_is_left_empty_stays_the_presets_own():
    assert parse("nano", {"embed_dim": "  ", "steps": ""}, None) == config_from_flags("nano", {}, RunConfig().seed)
    assert recipe.flags("nano", {"embed_dim": "  ", "qk_norm": ""}, "") == ["--preset", "nano"]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"embed_dim": "wide"}, "--embed-dim is 'wide'. Give it a whole number"),
        ({"embed_dim": "12.0"}, "--embed-dim is '12.0'"),
        ({"embed_dim": "9" * 5000}, "--embed-dim is '999"),
        ({"learning_rate": "nan"}, "--learning-rate is nan"),
        ({"attention_dropout": "1"}, "--attention-dropout is 1.0. Give it a number from 0.0 to 0.99"),
        ({"qk_norm": "maybe"}, "--qk-norm is 'maybe'"),
        ({"norm": "batchnorm"}, "Choose one of layernorm, rmsnorm"),
        ({"sample_prompt": "a\0b"}, "--sample-prompt is"),
        ({"sample_prompt": "\ud800"}, "--sample-prompt is not valid UTF-8"),
        ({"embed_dim": "130"}, "--num-heads 4 does not divide --embed-dim 130"),
        ({"tied_head": "yes", "head_bias": "yes"}, "Drop one of"),
        ({"steps": "10", "warmup_steps": "10"}, "not below --steps"),
        ({"steps": "10", "minutes": "1"}, "--steps and --minutes both"),
    ],
)
def test_what_cannot_be_is_said_before_anything_starts(typed, words):
    with pytest.raises(InputError, match=words):
        parse("tiny", typed, None)


def test_the_form_names_a_field_as_it_labels_it():
    with pytest.raises(FieldError) as caught:
        parse("tiny", {"steps": "9", "warmup_steps": "10"}, None)
    assert recipe.in_form_words(caught.value).startswith("warmup steps 10 is not below length in steps 9.")
    assert recipe.in_form_words(InputError("Choose another --run-dir.")) == "Choose another --run-dir."
    assert recipe.label("qk_norm", on=False) == "no qk norm"
    assert len({field.label for field in FIELDS.values()}) == len(FIELDS)


def test_the_text_decides_the_vocabulary_and_the_longest_context():
    facts = TextFacts("mine.txt", 100, 7)
    config = parse("tiny", {"block_size": "80"}, facts)
    assert (config.model.vocab_size, config.model.block_size) == (7, 80)
    with pytest.raises(
        InputError, match="has 100 characters; with --block-size 99 the shortest text that works has 112"
    ):
        parse("tiny", {"block_size": "99"}, facts)


SHAKESPEARE = TextFacts(TINY_SHAKESPEARE, 1_115_394, 65)


@pytest.mark.parametrize(
    ("preset", "typed", "facts", "words"),
    [
        ("tiny", {}, SHAKESPEARE, []),
        ("tiny", {}, None, []),
        ("tiny", {}, TextFacts("short", 100_000, 65), ["by heart"]),
        ("tiny", {"steps": "40", "eval_every": "50"}, SHAKESPEARE, ["only at its end"]),
        ("tiny", {"minutes": "1", "eval_every": "5000"}, SHAKESPEARE, []),
        ("nano", {}, None, ["hours"]),
        ("nano", {}, SHAKESPEARE, ["by heart", "hours"]),
    ],
)
def test_what_is_probably_not_meant_is_remarked(preset, typed, facts, words):
    found = recipe.remarks(parse(preset, typed, facts), facts)
    assert len(found) == len(words)
    assert all(word in sentence for word, sentence in zip(words, found, strict=True))


def test_a_presets_values_are_shown_as_typed():
    shown = {name: recipe.preset_value("nano", name) for name in FIELDS}
    assert (shown["embed_dim"], shown["tied_head"], shown["qk_norm"]) == ("384", "yes", "no")
    assert (shown["learning_rate"], shown["minutes"], shown["sample_prompt"]) == ("0.001", "", "\\n")
    typed = {name: value for name, value in shown.items() if name not in ("steps", "minutes", "sample_prompt")}
    assert parse("nano", typed, None) == config_from_flags("nano", {}, RunConfig().seed)


def test_facts_of_tiny_shakespeare():
    text = read_corpus().text
    assert read_text_facts("") == TextFacts(TINY_SHAKESPEARE, len(text), len(set(text)))


def test_the_form_resolves_text_paths_as_train_does(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name in ("mine.txt", "--data", "-x y"):
        (tmp_path / name).write_text("abca")
    for typed in ("mine.txt", "~/mine.txt", str(tmp_path / "mine.txt"), "--data", "-x y", "./mine.txt"):
        facts = read_text_facts(typed)
        assert (facts.characters, facts.vocab_size) == (4, 3)
        _, source = trained(recipe.flags("tiny", {}, typed))
        assert read_corpus(source).text == "abca"


def test_unreadable_or_one_time_texts_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"keys of whoever sits here")))
    os.mkfifo(tmp_path / "pipe")
    for source in ("-", "a\0b", "\ud800", "x" * 5000, "~nobody-of-this-name/x", tmp_path / "pipe", tmp_path / "none"):
        with pytest.raises(InputError, match=r"\. (Give|Check) the path"):
            read_text_facts(str(source))
    # Nor does asking for the flags in the meantime end the program.
    assert recipe.flags("tiny", {}, "~nobody-of-this-name/x")[-1] == "--data=~nobody-of-this-name/x"


@pytest.mark.parametrize(
    ("preset", "typed", "fit"),
    [
        ("tiny", {}, True),
        ("base", {}, True),
        ("nano", {}, False),
        ("tiny", {"minutes": "1"}, False),
        ("tiny", {"eval_every": "63"}, True),  # 50 of 9.65 MB
        ("tiny", {"eval_every": "50"}, False),  # 63
    ],
)
def test_all_checkpoints_are_kept_within_half_a_gigabyte(preset, typed, fit):
    assert recipe.all_checkpoints_fit(recipe.parse(preset, typed, None)) is fit
