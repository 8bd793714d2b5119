"""Compilation by JAX, whose functions have no state."""

from collections.abc import Callable, Sequence
from typing import Any

import keras


def jit(model: Any, function: Callable[..., Any], constant: Sequence[int] = ()) -> Callable[..., Any]:
    """Compile a function that calls a model.

    A compiled function would keep the weights that it was compiled with, so every call passes the current ones.

    Args:
        model: The built model.
        function: Takes and returns arrays, in lists, tuples or dictionaries.
        constant: Places of the arguments that are Python numbers; each new value is compiled anew.

    Returns:
        The compiled function, with the same arguments.
    """
    import jax

    variables = model.variables

    def stateless(values: list[Any], *arguments: Any) -> Any:
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            return function(*arguments)

    compiled = jax.jit(stateless, static_argnums=tuple(1 + place for place in constant))
    return lambda *arguments: compiled([variable.value for variable in variables], *arguments)
