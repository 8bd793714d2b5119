"""A service that is asked in this process."""

import json

import pytest

from tinygpt_keras.worker.protocol import encode
from tinygpt_keras.worker.service import Service


@pytest.fixture
def said():
    """What it has answered."""
    return []


@pytest.fixture
def service(said):
    return Service(lambda answer: said.append(json.loads(encode(answer))))


@pytest.fixture
def run(tmp_path):
    """What the scripted worker takes for a run."""
    (tmp_path / "config.json").write_text('{"model": {"block_size": 8}}')
    (tmp_path / "vocab.json").write_text(json.dumps(["\n", " ", "!", "a", "b"]))
    return str(tmp_path)
