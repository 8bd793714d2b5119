"""The command of a run trains another one like it: the command's own parser says so."""

import dataclasses
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tui.programs import program
from tests.tui.training.test_recipe import FIELDS, TYPED
from tinygpt_keras.config import PRESETS, CorpusInfo, RunConfig, config_from_flags
from tinygpt_keras.config.origin import config_from_origin
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RunDirectory, pretrained_run
from tinygpt_keras.train import OWN_FLAGS, make_parser
from tinygpt_tui.training.command import NO_COMMAND, command_from_here, command_of, flags, train_command
from tinygpt_tui.training.recipe import parse

PARSER = make_parser()
HOSTILE = ["ROMEO:\n", "'; rm -rf ~ #", "\x1b[201~\x03rm\r", "a\tb\\n", "$(id) `id` !! \u202e", "%s\u2028\x85", ""]


def parsed(arguments):
    """The flags that the command reads, and the values of the fields among them."""
    flags = vars(PARSER.parse_args(arguments))
    return flags, {name: value for name, value in flags.items() if name not in OWN_FLAGS}


def in_a_shell(command):
    """The arguments that bash makes of a command, without starting it."""
    script = command.replace("python -m tinygpt_keras.train", "printf '%s\\0'", 1)
    out = subprocess.run([program("bash"), "-c", script], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"})
    return out.stdout.decode().split("\0")[:-1]


@settings(max_examples=200)
@given(st.sampled_from(list(PRESETS)), TYPED, st.integers(0, 3))
def test_the_flags_give_the_same_configuration(preset, typed, seed):
    try:
        config = dataclasses.replace(parse(preset, typed, None), seed=seed)
    except InputError:
        return
    given, values = parsed(flags(config, ""))
    task = given["task"]
    seed = RunConfig().seed if given["seed"] is None else seed
    assert config_from_flags(given["preset"], values, seed, task) == config
    assert given["data"] is None


@pytest.mark.parametrize(
    ("preset", "given", "task"),
    [
        ("tiny", {"architecture": "transformer"}, None),
        ("paper", {"architecture": "gpt"}, None),
        ("paper", {"steps": 400}, "dates"),
        ("encdec", {}, None),
        ("encdec", {"block_size": 64}, "pairs"),
    ],
)
def test_a_model_that_replies_has_its_task_in_the_command(preset, given, task):
    config = config_from_flags(preset, given, 1, task)
    named, values = parsed(flags(config, "pairs.tsv"))
    assert config_from_flags(named["preset"], values, 1, named["task"]) == config
    assert (named["task"] or "text") == config.task


@pytest.mark.parametrize(
    ("preset", "task"), [(None, "sort"), ("encdec", "sort"), ("paper", "dates"), ("paper", "pairs")]
)
def test_a_run_from_another_task_names_its_own(preset, task):
    """Its steps and batches are those of the new task, whatever the other run, which is not read, has learned."""
    origin = config_from_flags("encdec", {"steps": 70}, 1, "dates")
    config = config_from_origin(origin, "runs/a", preset, {}, 1, task)
    assert preset is None or config.training.batch_size == (16 if task == "pairs" else 64)
    config = dataclasses.replace(config, corpus=CorpusInfo("mine.tsv" if task == "pairs" else task))
    given, values = parsed(flags(config, "mine.tsv"))
    assert (given["task"], given["data"]) == (task, "mine.tsv" if task == "pairs" else None)
    again = config_from_origin(origin, "runs/a", given["preset"], values, 1, given["task"])
    assert dataclasses.replace(again, corpus=config.corpus) == config


@settings(max_examples=100)
@given(st.sampled_from([None, *PRESETS]), TYPED)
def test_a_run_from_other_weights_names_them(preset, typed):
    """Its command fits whatever recipe that run had, which is not read."""
    origin = dataclasses.replace(pretrained_run().config(), preset="adopted")
    values = {}
    for name, text in typed.items():
        try:
            values[name] = FIELDS[name].parse(text.strip())
        except InputError:
            return
    try:
        config = config_from_origin(origin, "pretrained", preset, values, 1)
    except InputError:
        return
    given, values = parsed(flags(config, ""))
    assert given["start_from"] == "pretrained"
    again = config_from_origin(origin, "pretrained", given["preset"], values, 1)
    assert again == config if config.training.minutes is None else same_but_steps(again, config)


def same_but_steps(one, other):
    """Whether two configurations are the same but for the steps, which mean nothing beside minutes."""
    first, second = (
        dataclasses.replace(each, training=dataclasses.replace(each.training, steps=9000)) for each in (one, other)
    )
    return first == second


def test_only_what_differs_from_the_preset_is_listed():
    tiny = config_from_flags("tiny", {}, 1)
    assert train_command(tiny, "") == "python -m tinygpt_keras.train --preset tiny"
    changed = config_from_flags("tiny", {"steps": 400, "bias": True, "qk_norm": False}, 7)
    assert train_command(changed, "") == (
        "python -m tinygpt_keras.train --preset tiny --seed 7 --steps 400 --no-qk-norm --bias"
    )
    timed = config_from_flags("tiny", {"minutes": 4.0, "attention_output_dropout": 0.0, "beta1": 0.5}, 1)
    assert train_command(timed, "").endswith(" --minutes 4 --attention-output-dropout 0 --beta1 0.5")
    named = dataclasses.replace(tiny, corpus=CorpusInfo("/my texts/a.txt"))
    assert train_command(named, "/my texts/a.txt").endswith(" --preset tiny --data '/my texts/a.txt'")
    assert parsed(flags(dataclasses.replace(tiny, preset="of-another-version"), ""))[0]["preset"] == "tiny"


def test_a_run_without_a_command_has_none(tmp_path):
    tiny = config_from_flags("tiny", {}, 1)
    averaged = dataclasses.replace(tiny, training=dataclasses.replace(tiny.training, ema=0.99))
    null = dataclasses.replace(tiny, start_from="a\0b")
    for config in (dataclasses.replace(tiny, preset="adopted"), averaged, null):
        assert train_command(config, "") == ""
    assert NO_COMMAND.endswith(".")
    with pytest.raises(InputError, match="not a run directory"):
        command_of(RunDirectory(tmp_path))


def test_a_pasted_command_is_one_line_and_says_the_same():
    """Whatever a stranger's configuration holds acts neither on the terminal nor on the shell."""
    tiny = config_from_flags("tiny", {}, 1)
    for words in HOSTILE:
        config = dataclasses.replace(
            tiny,
            training=dataclasses.replace(tiny.training, sample_prompt=words),
            start_from=words,
            corpus=CorpusInfo(f"{words}.txt"),
        )
        command = train_command(config, f"{words}.txt")
        assert command.isprintable()
        assert parsed(in_a_shell(command)) == parsed(flags(config, f"{words}.txt"))
    assert train_command(dataclasses.replace(tiny, corpus=CorpusInfo("x")), "\udcff").isprintable()


def test_the_text_is_the_copy_that_the_run_keeps(tmp_path):
    config = dataclasses.replace(config_from_flags("tiny", {}, 1), corpus=CorpusInfo("elsewhere.txt"))
    directory = RunDirectory(tmp_path)
    directory.vocab_file.write_text("[]")
    directory.config_file.write_text(config.to_json())
    assert command_of(directory).endswith("--data elsewhere.txt")
    Path(directory.corpus_file).write_text("a text")
    assert command_of(directory).endswith(f"--data {directory.corpus_file}")


@pytest.mark.parametrize("name", ["my text.txt", "it's.txt", "~me.txt", "-", "a\tb.txt", "$(id).txt", "日本.txt"])
def test_paths_lead_there_from_the_working_directory(tmp_path, monkeypatch, name):
    """Whether it was trained here or elsewhere, and whatever its folder is called."""
    config = dataclasses.replace(config_from_flags("tiny", {}, 1), corpus=CorpusInfo(name), start_from=f"runs/{name}")
    directory = RunDirectory(tmp_path / "there" / name / "a")
    directory.path.mkdir(parents=True)
    (tmp_path / "there" / "runs" / name).mkdir(parents=True)
    (tmp_path / "here").mkdir()
    (directory.corpus_file).write_text("a text")
    for folder in ("here", "there"):
        monkeypatch.chdir(tmp_path / folder)
        given, _ = parsed(in_a_shell(command_from_here(config, directory)))
        assert not given["data"].startswith("~")
        assert Path(given["data"]).read_text() == "a text"
        assert Path(given["start_from"]).is_dir()
    directory.corpus_file.unlink()
    (tmp_path / "there" / "b.txt").write_text("the text")
    monkeypatch.chdir(tmp_path / "here")
    endless = dataclasses.replace(config, corpus=CorpusInfo("x" * 10_000))
    assert parsed(in_a_shell(command_from_here(endless, directory)))[0]["data"] == "x" * 10_000
    moved = dataclasses.replace(config, corpus=CorpusInfo("b.txt"), start_from="pretrained")
    given, _ = parsed(in_a_shell(command_from_here(moved, directory)))
    assert (Path(given["data"]).read_text(), given["start_from"]) == ("the text", "pretrained")
