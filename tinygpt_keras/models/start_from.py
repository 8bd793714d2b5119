"""Starting a model from a trained one whose vocabulary differs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.errors import InputError

# A weight's vocabulary axes, by the end of its path.
VOCAB_AXES = {
    "token_embedding/embeddings": (0,),  # (V, C)
    "head/kernel": (1,),  # (C, V)
    "head/bias": (0,),  # (V,)
    "table/embeddings": (0, 1),  # (V, V)
}


@dataclass(frozen=True)
class Overlap:
    """How the vocabularies of a new and a trained model overlap."""

    shared: int
    """Characters in both vocabularies."""
    new: int
    """Characters only in the new vocabulary, which keep their initial rows."""
    dropped: int
    """Characters only in the trained vocabulary."""


def start_from(
    model: Any, characters: Sequence[str], trained: Any, trained_characters: Sequence[str]
) -> tuple[Overlap, dict[str, NDArray[Any]]]:
    """Compute the weights with which a model starts from a trained one, matching the vocabulary's rows by character.

    Args:
        model: A built model, which stays unchanged. Rows of new characters keep its initial weights.
        characters: Its vocabulary.
        trained: A built model of the same architecture, except for the vocabulary and dropout.
        trained_characters: Its vocabulary.

    Returns:
        How the vocabularies overlap, and the weights by path.

    Raises:
        InputError: When the models differ elsewhere.
    """
    theirs = {character: row for row, character in enumerate(trained_characters)}
    shared = [(row, theirs[character]) for row, character in enumerate(characters) if character in theirs]
    # The ids beyond the characters, of an encoder-decoder, mean the same in both.
    special = [(len(characters) + place, len(theirs) + place) for place in range(model.config.special_ids)]
    rows = np.array([*shared, *special], int).reshape(-1, 2)
    ours = {variable.path: variable for variable in model.trainable_variables}
    found = {variable.path: variable for variable in trained.trainable_variables}
    if ours.keys() != found.keys():
        raise InputError("the models differ in more than their characters. Drop the flags that change the model.")
    values = {path: merged(path, np.array(variable), np.asarray(found[path]), rows) for path, variable in ours.items()}
    return Overlap(len(shared), len(characters) - len(shared), len(theirs) - len(shared)), values


def merged(path: str, fresh: NDArray[Any], trained: NDArray[Any], rows: NDArray[Any]) -> NDArray[Any]:
    """Return a weight with the trained values in the rows of shared characters.

    Args:
        path: The weight's path.
        fresh: The new model's initial values.
        trained: The trained model's values.
        rows: The shared characters' ids in the new and in the trained vocabulary, `(shared, 2)`.

    Returns:
        An array of `fresh`'s shape.

    Raises:
        InputError: When an axis other than the vocabulary differs in length.
    """
    axes = next((axes for ending, axes in VOCAB_AXES.items() if path.endswith(ending)), ())
    for axis in axes:  # a head has no rows for what is never predicted
        rows = rows[(rows < [fresh.shape[axis], trained.shape[axis]]).all(axis=1)]
    ours = [rows[:, 0] if axis in axes else np.arange(size) for axis, size in enumerate(fresh.shape)]
    theirs = [rows[:, 1] if axis in axes else np.arange(size) for axis, size in enumerate(trained.shape)]
    if [len(places) for places in ours] != [len(places) for places in theirs]:
        raise InputError(
            f"the weight {path} has shape {trained.shape}, where the new model has {fresh.shape}. "
            "Drop the flags that change the model."
        )
    value = fresh.copy()
    value[np.ix_(*ours)] = trained[np.ix_(*theirs)]
    return value
