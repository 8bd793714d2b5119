"""What the README says of the project is so."""

import re
from pathlib import Path

from tinygpt_keras.config import PRESETS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_readme_tree_is_short_yet_complete():
    tree = README.split("## Read it")[1].split("```")[1]
    assert len(tree.splitlines()) <= 50
    for root in (ROOT / "tinygpt_keras", ROOT / "tui" / "tinygpt_tui"):
        for room in root.rglob("__init__.py"):
            if room.parent != root:
                assert f"  {room.parent.relative_to(root)}/ " in tree
    for module in (ROOT / "tinygpt_keras").glob("[a-z]*.py"):
        assert f" {module.name}" in tree


def test_every_preset_is_in_the_table():
    for name, preset in PRESETS.items():
        (row,) = re.findall(rf"^\| `{name}` \|.*$", README, re.M)
        assert f"{preset.model.parameters():,}" in row


def test_ci_runs_the_readmes_test_command():
    command = 'python3 -m venv .venv && .venv/bin/pip install -e ".[test]" && .venv/bin/python -m pytest'
    assert command in README
    assert "grep -F 'pip install -e \".[test]\"' README.md" in (ROOT / ".ci" / "run").read_text()
