"""The screens, each with its stylesheet beside it."""

import importlib
from collections.abc import Callable
from typing import Any

from textual.screen import Screen


def screen(module: str, name: str, *arguments: Any) -> Callable[[], Screen[Any]]:
    """Return a factory that imports and builds a screen when it is first shown."""
    return lambda: getattr(importlib.import_module(f"tinygpt_tui.screens.{module}"), name)(*arguments)
