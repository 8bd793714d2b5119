"""Whatever bytes a run's file or a request has, its reader returns the content or raises an `InputError`.

Each test tries a hundred examples; `make fuzz` tries many more.
"""

import contextlib
import json
import shutil
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from tests.conftest import command
from tests.models.test_torch_weights import recording
from tinygpt_keras import adopt
from tinygpt_keras.config import ModelConfig, TrainingConfig
from tinygpt_keras.errors import InputError
from tinygpt_keras.models.tensors import read_header, read_tensors
from tinygpt_keras.runs.checkpoints import newest_progress, read_checkpoint
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.events import read_events
from tinygpt_keras.runs.weights import check_weights_file
from tinygpt_keras.text.tokenizer import CharTokenizer
from tinygpt_keras.worker.protocol import RequestError, parse_request
from tinygpt_tui.chat.conversation import load
from tinygpt_tui.runs.follower import Follower
from tinygpt_tui.runs.history import History
from tinygpt_tui.runs.summary import list_runs

CHECKED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.sampled_from([10**400, 10**4299])
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(["\ud800", "\x00", "\x1b[2J", "x" * 70000, float("nan"), 2**63, -(2**63) - 1, 1e308]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@st.composite
def damaged(draw, whole):
    """Return a file's bytes after a few cuts, flips, insertions and repetitions."""
    content = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(len(content) - 1, 0)))
        length = draw(st.integers(1, 64))
        kind = draw(st.sampled_from(["flip", "insert", "cut", "end", "repeat", "zero"]))
        if kind == "flip" and content:
            content[place] ^= draw(st.integers(1, 255))
        elif kind == "insert":
            content[place:place] = draw(st.binary(max_size=length))
        elif kind == "cut":
            del content[place : place + length]
        elif kind == "end":
            del content[place:]
        elif kind == "repeat":
            content[place:place] = content[place : place + length] * 3
        else:
            content[place : place + length] = bytes(length)
    return bytes(content)


@pytest.fixture(scope="module")
def run(small_run, tmp_path_factory):
    """A run whose files the tests replace one at a time."""
    folder = tmp_path_factory.mktemp("fuzzed") / "run"
    shutil.copytree(small_run, folder)
    return folder


@pytest.fixture
def restored(request, run, small_run):
    """The run; the named file is restored after the test."""
    yield run
    shutil.copyfile(small_run / request.param, run / request.param)


def follow(run):
    history, follower = History(), Follower(run / "events.jsonl")
    while True:
        news = follower.read()
        for event in news.events:
            history.take(event)
        if not news.more:
            return


def read_all_checkpoints(run):
    newest_progress(run / "checkpoints")
    read_checkpoint(run / "checkpoints" / "40")


READERS = {
    "config.json": lambda run: (list_runs(run.parent), RunDirectory(run).config()),
    "vocab.json": lambda run: CharTokenizer.load(run / "vocab.json"),
    "events.jsonl": lambda run: (list(read_events(run / "events.jsonl")), list_runs(run.parent), follow(run)),
    "best.keras": lambda run: check_weights_file(run / "best.keras", RunDirectory(run).config().model),
    "checkpoints/40/metadata.json": read_all_checkpoints,
    "checkpoints/40/state.npz": read_all_checkpoints,
}


@pytest.mark.parametrize(("restored", "file"), [(file, file) for file in READERS], indirect=["restored"])
@CHECKED
@given(data=st.data())
def test_damaged_bytes_are_read_or_refused(restored, small_run, file, data):
    (restored / file).write_bytes(data.draw(damaged((small_run / file).read_bytes())))
    with contextlib.suppress(InputError):
        READERS[file](restored)


@pytest.mark.parametrize("restored", ["best.keras"], indirect=True)
@CHECKED
@given(data=st.data())
def test_damaged_weights_in_archives_are_read_or_refused(restored, small_run, data):
    """The checksum is right, as an attacker would make it: with a wrong one the bytes never reach HDF5."""
    with zipfile.ZipFile(small_run / "best.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["model.weights.h5"] = data.draw(damaged(members["model.weights.h5"]))
    with zipfile.ZipFile(restored / "best.keras", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with contextlib.suppress(InputError):
        READERS["best.keras"](restored)


@pytest.mark.parametrize("restored", ["config.json"], indirect=True)
@CHECKED
@given(data=st.data())
def test_any_value_in_the_configuration_is_read_or_refused(restored, small_run, data):
    content = json.loads((small_run / "config.json").read_text())
    part = data.draw(st.sampled_from([content, *(value for value in content.values() if isinstance(value, dict))]))
    part[data.draw(st.sampled_from(sorted(part)))] = data.draw(ANY_JSON)
    (restored / "config.json").write_text(json.dumps(content))
    with contextlib.suppress(InputError):
        config = RunDirectory(restored).config()
        assert isinstance(config.model, ModelConfig)
        assert isinstance(config.training, TrainingConfig)
        config.to_json().encode()
    list_runs(restored.parent)


@pytest.mark.parametrize("restored", ["checkpoints/40/metadata.json"], indirect=True)
@CHECKED
@given(data=st.data())
def test_any_value_of_progress_is_read_or_passed_over(restored, small_run, data):
    content = json.loads((small_run / "checkpoints/40/metadata.json").read_text())
    content["progress"][data.draw(st.sampled_from(sorted(content["progress"])))] = data.draw(ANY_JSON)
    (restored / "checkpoints/40/metadata.json").write_text(json.dumps(content))
    with contextlib.suppress(InputError):
        progress = newest_progress(restored / "checkpoints")
        assert 0 <= progress.step <= 10**12
        assert progress.elapsed_s >= 0


@pytest.mark.parametrize("restored", ["events.jsonl"], indirect=True)
@CHECKED
@given(fields=st.dictionaries(st.text(max_size=12), ANY_JSON, max_size=6), data=st.data())
def test_any_event_is_taken_or_passed_over(restored, small_run, fields, data):
    lines = (small_run / "events.jsonl").read_text().splitlines()
    event = json.loads(data.draw(st.sampled_from(lines)))
    event[data.draw(st.sampled_from(sorted(event)))] = data.draw(ANY_JSON)
    (restored / "events.jsonl").write_text("\n".join([*lines, json.dumps({**event, **fields}), json.dumps(event), ""]))
    list(read_events(restored / "events.jsonl"))
    list_runs(restored.parent)
    follow(restored)


@CHECKED
@given(st.binary(max_size=200) | ANY_JSON.map(lambda value: json.dumps(value).encode()))
def test_any_line_is_a_request_or_none(line):
    with contextlib.suppress(RequestError):
        parse_request(line)


@CHECKED
@given(
    st.sampled_from(["open", "write", "inspect", "look", "export", "cancel"]),
    st.dictionaries(
        st.sampled_from(
            [
                *("id", "run", "step", "prompt", "written", "options", "stops", "out", "request"),
                *("text", "view", "place", "part"),
            ]
        ),
        ANY_JSON,
    ),
)
def test_any_field_of_a_request_is_read_or_refused(kind, fields):
    with contextlib.suppress(RequestError, InputError):
        parse_request(json.dumps({"do": kind, **fields}).encode())


@CHECKED
@given(ANY_JSON)
def test_any_kept_conversation_is_loaded_or_none(tmp_path, value):
    (tmp_path / "kept").write_text(json.dumps(value))
    assert isinstance(load(tmp_path / "kept"), list)


@pytest.fixture(scope="module")
def elsewhere(small_run, tmp_path_factory):
    """Weights in safetensors files: an export, and two PyTorch models."""
    folder = tmp_path_factory.mktemp("elsewhere")
    export = ["--run", small_run, "--format", "safetensors", "--out", "export.safetensors"]
    assert command("export", *export, cwd=folder)[0] == 0
    for name in ("nanogpt", "lecture"):
        arrays = {key: np.ascontiguousarray(value) for key, value in recording(name)[0].items()}
        save_file(arrays, folder / f"{name}.safetensors")
    return folder


def adopted(path):
    """Run the checks that `adopt` makes before it builds a model and writes a run."""
    shapes, described = read_header(path)
    _, model = adopt.identified(shapes, described, {"num_heads": 2, "attention_scale": None})
    tokenizer, _ = adopt.characters(None if "characters" in described else "abcdefghij\n", described, model)
    tokenizer.save(path.with_name("vocab.json"))
    read_tensors(path)


def with_header(content, edit):
    """Edit the JSON header of a safetensors file, and set the length before it."""
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    edit(header)
    changed = json.dumps(header).encode()
    return struct.pack("<Q", len(changed)) + changed + content[8 + length :]


@pytest.mark.parametrize("name", ["export", "nanogpt", "lecture"])
@CHECKED
@given(data=st.data())
def test_damaged_weights_from_elsewhere_are_read_or_refused(elsewhere, name, data):
    content = (elsewhere / f"{name}.safetensors").read_bytes()
    (elsewhere / "damaged").write_bytes(data.draw(damaged(content[:5000])) + content[5000:])  # the rest is numbers
    with contextlib.suppress(InputError):
        adopted(elsewhere / "damaged")


@pytest.mark.parametrize("name", ["export", "nanogpt", "lecture"])
@CHECKED
@given(data=st.data())
def test_any_safetensors_header_is_read_or_refused(elsewhere, name, data):
    def edit(header):
        part = data.draw(st.sampled_from([header, *header.values()]))
        part[data.draw(st.sampled_from(sorted(part)))] = data.draw(ANY_JSON | ANY_JSON.map(json.dumps))

    (elsewhere / "edited").write_bytes(with_header((elsewhere / f"{name}.safetensors").read_bytes(), edit))
    with contextlib.suppress(InputError):
        adopted(elsewhere / "edited")


@CHECKED
@given(field=st.sampled_from(["model", "characters"]), data=st.data())
def test_any_description_in_an_export_is_read_or_refused(elsewhere, field, data):
    def edit(header):
        described = json.loads(header["__metadata__"][field])
        if data.draw(st.booleans()):
            described = data.draw(ANY_JSON)
        elif isinstance(described, dict):
            described[data.draw(st.sampled_from(sorted(described)))] = data.draw(ANY_JSON)
        else:
            described[data.draw(st.integers(0, len(described) - 1))] = data.draw(ANY_JSON)
        header["__metadata__"][field] = json.dumps(described)

    (elsewhere / "described").write_bytes(with_header((elsewhere / "export.safetensors").read_bytes(), edit))
    with contextlib.suppress(InputError):
        adopted(elsewhere / "described")
