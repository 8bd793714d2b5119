"""What the README says of the project is so."""

import re
from pathlib import Path

from tinygpt_keras.config import PRESETS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def test_every_module_is_in_the_tree():
    for path in [*(ROOT / "tinygpt_keras").rglob("*.py"), *(ROOT / "tui").rglob("*.py")]:
        if path.name not in ("__init__.py", "__main__.py", "errors.py"):
            assert re.search(rf"(^|\s){path.name}\s", README), path


def test_every_preset_is_in_the_table():
    for name, preset in PRESETS.items():
        (row,) = re.findall(rf"^\| `{name}` \|.*$", README, re.M)
        assert f"{preset.model.parameters():,}" in row


def test_ci_runs_the_readmes_test_command():
    command = 'python3 -m venv .venv && .venv/bin/pip install -e ".[test]" && .venv/bin/python -m pytest'
    assert command in README
    assert "grep -F 'pip install -e \".[test]\"' README.md" in (ROOT / ".ci" / "run").read_text()
