"""Neurons: the hidden units of the feed-forward networks, and what the most selective ones detect."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.evaluation.exact_loss import texts_at_once
from tinygpt_keras.inspection.blocks import check_has_blocks, of_blocks
from tinygpt_keras.inspection.concepts import concepts
from tinygpt_keras.inspection.forward import embed, through_block
from tinygpt_keras.models.tiny_gpt import TinyGPT
from tinygpt_keras.text.tokenizer import CharTokenizer

CHARACTERS = 20_000  # of the validation text, on which selectivity is measured
RAREST = 20  # places that a concept needs
ROWS = 16  # windows in one batch, at most


@dataclass(frozen=True)
class Neuron:
    """A hidden unit and what it detects."""

    block: int
    unit: int
    concept: str
    auc: float
    """The probability that it is more active at a random place with the concept than at one without it."""


def activations(cache: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Collect the activation of every hidden unit over a text.

    Args:
        cache: Inner tensors of one text, as `observe` returns them.

    Returns:
        Activations, `(L, T, hidden)`.

    Raises:
        InputError: When the model is a bigram.
    """
    return np.stack(of_blocks(cache, "feed_forward.hidden"))


def selectivity(model: Any, tokenizer: CharTokenizer, ids: NDArray[Any]) -> dict[str, NDArray[np.float64]]:
    """Measure how well each hidden unit tells each concept; takes seconds, so keep the result.

    Args:
        model: A built `TinyGPT`.
        tokenizer: The model's tokenizer.
        ids: A text that the model has not learned, `(N,)`; the first `CHARACTERS` of it are read.

    Returns:
        The area under the ROC curve of each unit, `(L, hidden)`, by concept. A concept is left out if it holds at
        fewer than `RAREST` characters, or at all but so few.

    Raises:
        InputError: When the model is a bigram.
    """
    check_has_blocks(model)
    size = min(model.config.block_size, len(ids))
    if not size:
        return {}
    windows = ids[: min(CHARACTERS, len(ids)) // size * size].reshape(-1, size).astype(np.int32)
    return told(concepts(tokenizer.decode(windows.ravel())), hidden_units(model, windows))


def told(marks: dict[str, NDArray[np.bool_]], units: Iterator[NDArray[np.float32]]) -> dict[str, NDArray[np.float64]]:
    """Measure how well hidden units tell concepts.

    Args:
        marks: Where each concept holds, `(N,)`.
        units: Activations at the same N characters, `(N, hidden)`, of one block after the other.

    Returns:
        The areas of `selectivity`.
    """
    marks = {name: mark for name, mark in marks.items() if RAREST <= mark.sum() <= len(mark) - RAREST}
    if not marks:
        return {}
    every = np.stack(list(marks.values()))  # (K, N)
    areas = [roc_areas(block, every) for block in units]
    return {name: np.stack([area[number] for area in areas]) for number, name in enumerate(marks)}


def hidden_units(model: TinyGPT, windows: NDArray[np.int32]) -> Iterator[NDArray[np.float32]]:
    """Yield the hidden units of one block after the other, for all windows at once.

    Args:
        model: The model.
        windows: `(N, T)`.

    Yields:
        Activations, `(N T, hidden)`; only one block's are in memory.
    """
    kept: list[NDArray[np.float32]] = []

    def keep(name: str, tensor: Any) -> Any:
        if name == "feed_forward.hidden":
            kept.append(np.asarray(tensor).reshape(-1, tensor.shape[-1]))
        return tensor

    rows = texts_at_once(model.config, windows.shape[1], ROWS)
    begun = [embed(model, windows[row : row + rows], keep) for row in range(0, len(windows), rows)]
    streams = [x for x, _, _ in begun]
    for block in model.blocks:
        _, visible, angles = begun[0]
        streams = [through_block(block, x, visible, angles, keep) for x in streams]
        yield np.concatenate(kept)
        kept.clear()


def roc_areas(values: NDArray[np.float32], marks: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Compute areas under ROC curves: the chance that a value at a marked place is above one at another place.

    By ranks, of which equal values share the mean (https://doi.org/10.1148/radiology.143.1.7063747).

    Args:
        values: N values of each unit, `(N, units)`.
        marks: `(K, N)`; each row marks some and not all.

    Returns:
        Areas, `(K, units)`: 0.5 if the values tell nothing, 1 if every marked one is above all others.
    """
    marked = marks.sum(axis=1)[:, None]
    sums = [marks.astype(np.float64) @ ranks(values[:, column]) for column in range(values.shape[1])]  # (K,) each
    return (np.stack(sums, axis=1) - marked * (marked + 1) / 2) / (marked * (marks.shape[1] - marked))


def ranks(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Rank values from 1; equal ones share their mean rank. `(N,)` to `(N,)`."""
    order = np.argsort(values)
    ordered = values[order]
    begins = np.flatnonzero(np.concatenate([[True], ordered[1:] > ordered[:-1]]))  # of each group of equal values
    ends = np.append(begins[1:], len(values))
    found = np.empty(len(values))
    found[order] = np.repeat((begins + ends + 1) / 2, ends - begins)
    return found


def most_selective(areas: dict[str, NDArray[np.float64]], count: int) -> list[Neuron]:
    """List the units that tell each concept best.

    Args:
        areas: The result of `selectivity`.
        count: How many of each concept.

    Returns:
        The units, concept by concept, the best first.
    """
    found: list[Neuron] = []
    for concept, area in areas.items():
        best = np.argsort(-area, axis=None, kind="stable")[:count]
        found += [Neuron(int(n // area.shape[1]), int(n % area.shape[1]), concept, float(area.flat[n])) for n in best]
    return found


def described(areas: dict[str, NDArray[np.float64]], block: int, unit: int) -> Neuron:
    """Return a unit with the concept that it tells best; no concept, and a half, where none was measured."""
    concept = max(areas, key=lambda name: areas[name][block, unit], default="")
    return Neuron(block, unit, concept, float(areas[concept][block, unit]) if concept else 0.5)
