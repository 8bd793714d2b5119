"""A step of the tour: its text and code, read from its source file, and its computation."""

import ast
import importlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Step:
    """One step, for a user interface to show."""

    name: str
    """The name of its file, without `.py`, and of its function."""
    title: str
    sentences: tuple[str, ...]
    """Three, as plain text."""
    code: str
    """The function's source."""
    lines: str
    """The same without its docstring."""

    def tensors(self, x: Any, given: Mapping[str, Any]) -> dict[str, Any]:
        """Compute the step.

        Args:
            x: What each position holds, `(B, T, C)`.
            given: The other arguments by name, such as those of `random_weights`; unneeded ones are ignored.

        Returns:
            The tensors worth showing, by name, in the order of computation; `output` is the last.
        """
        function = getattr(importlib.import_module(f"tinygpt_keras.tour.{self.name}"), self.name)
        _, *needed = inspect.signature(function).parameters
        return function(x, **{name: given[name] for name in needed})


def read_step(name: str) -> Step:
    """Parse a step from its source file; importing it would load TensorFlow.

    Args:
        name: The name of the file, without `.py`.

    Returns:
        The step.
    """
    source = Path(__file__).with_name(f"{name}.py").read_text("utf-8")
    module = ast.parse(source)
    title, *sentences = (ast.get_docstring(module) or "").split("\n\n")
    (function,) = (node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == name)
    code = source.splitlines()[: function.end_lineno]
    docstring, body = function.body[:2]
    lines = code[function.lineno - 1 : docstring.lineno - 1] + code[body.lineno - 1 :]
    return Step(
        name,
        title.removesuffix("."),
        tuple(" ".join(text.split()) for text in sentences),
        code="\n".join(code[function.lineno - 1 :]),
        lines="\n".join(lines),
    )
