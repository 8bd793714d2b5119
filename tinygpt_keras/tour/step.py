"""A step of the tour: what it says, read from its own source, and what it computes."""

import ast
import importlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Step:
    """One idea, for a front end to show."""

    name: str
    """Of its file, and of the function in it."""
    title: str
    sentences: tuple[str, ...]
    """Three, plain."""
    code: str
    """The function's source."""

    def tensors(self, x: Any, weights: Mapping[str, Any]) -> dict[str, Any]:
        """Compute the step.

        Args:
            x: What each position holds, `(B, T, C)`.
            weights: By name, as `random_weights` and `block_weights` give them; a step takes those that it needs.

        Returns:
            The tensors worth showing by name, in the order in which they are computed; `output` is the last.
        """
        function = getattr(importlib.import_module(f"tinygpt_keras.tour.{self.name}"), self.name)
        _, *needed = inspect.signature(function).parameters
        return function(x, **{name: weights[name] for name in needed})


def read_step(name: str) -> Step:
    """Read what a step says from its file, without running it, for that would load TensorFlow.

    Args:
        name: Of the file, without its ending.

    Returns:
        The step.
    """
    source = Path(__file__).with_name(f"{name}.py").read_text("utf-8")
    module = ast.parse(source)
    title, *sentences = (ast.get_docstring(module) or "").split("\n\n")
    (function,) = (node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == name)
    code = "\n".join(source.splitlines()[function.lineno - 1 : function.end_lineno])
    return Step(name, title.removesuffix("."), tuple(" ".join(text.split()) for text in sentences), code)
