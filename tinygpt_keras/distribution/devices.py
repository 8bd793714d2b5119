"""All devices of a run at work on each batch: Keras's data parallelism over JAX."""

import contextlib
from collections.abc import Generator
from typing import Any

import keras

from tinygpt_keras.distribution.group import Group


@contextlib.contextmanager
def spread(batch_size: int, group: Group) -> Generator[None, None, None]:
    """Divide every batch of a `fit` in the block over the devices: all of several processes, or as many as divide it.

    Only on JAX: there, gradients are summed before they are clipped, and the devices draw one dropout together.

    Args:
        batch_size: B, of all devices together.
        group: The processes.
    """
    devices = keras.distribution.list_devices() if keras.backend.backend() == "jax" else [""]
    if group.count == 1:
        devices = devices[: max(count for count in range(1, len(devices) + 1) if batch_size % count == 0)]
    if len(devices) == 1:
        yield
        return
    # Every process is given the rows of its own devices; see `own_rows`.
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=devices, auto_shard_dataset=False))
    try:
        yield
    finally:
        keras.distribution.set_distribution(None)


@contextlib.contextmanager
def apart() -> Generator[None, None, None]:
    """Compute in the block on a single device of this process: an evaluation, a sample."""
    before = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(before)


def count_devices() -> int:
    """Count the devices of all processes."""
    return len(keras.distribution.list_devices()) if keras.backend.backend() == "jax" else 1


def own_rows(batches: Any, batch_size: int, group: Group) -> Any:
    """Return the rows of each batch that are this process's.

    Args:
        batches: A `tf.data.Dataset` of whole batches.
        batch_size: B.
        group: The processes.
    """
    if group.count == 1:
        return batches
    import tensorflow as tf

    share = batch_size // group.count
    rows = slice(group.index * share, (group.index + 1) * share)
    return batches.map(lambda *batch: tf.nest.map_structure(lambda part: part[rows], batch))
