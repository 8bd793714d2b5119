"""The screens, a stylesheet beside each."""

import importlib
from collections.abc import Callable
from typing import Any

from textual.screen import Screen


def screen(module: str, name: str, *arguments: Any) -> Callable[[], Screen[Any]]:
    """Make a screen when it is first shown, and only then load what it needs."""
    return lambda: getattr(importlib.import_module(f"tinygpt_tui.screens.{module}"), name)(*arguments)
