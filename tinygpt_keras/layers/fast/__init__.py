"""The same results, sooner: in each file the plain formula stands first and the fast branch below it."""

from tinygpt_keras.layers.fast.blending import blend_dropped
from tinygpt_keras.layers.fast.cache import Memory, cache_rows
from tinygpt_keras.layers.fast.dense import Dense, multiply_together
from tinygpt_keras.layers.fast.dropout import Dropout
from tinygpt_keras.layers.fast.gelu import gelu
from tinygpt_keras.layers.fast.products import blend, compare
from tinygpt_keras.layers.fast.standardize import standardize

__all__ = [
    "Dense",
    "Dropout",
    "Memory",
    "blend",
    "blend_dropped",
    "cache_rows",
    "compare",
    "gelu",
    "multiply_together",
    "standardize",
]
