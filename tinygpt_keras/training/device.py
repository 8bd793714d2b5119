"""The device of a run, and the settings that decide its last bits."""

import os
from importlib.metadata import version
from typing import Any

import keras

from tinygpt_keras.distribution.devices import count_devices


def device_name(processes: int = 1) -> str:
    """Return the device's name, such as `NVIDIA L4` or `2 CPU cores`, and how many there are of several.

    Args:
        processes: How many processes train together.
    """
    cores = cores_allowed()
    name = next(iter(gpu_names()), f"{cores} CPU core{'s' if cores > 1 else ''}")
    return f"{processes} processes, this one on {name}" if processes > 1 else name


def gpu_names() -> list[str]:
    """Return the names of the GPUs that the backend may use."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        details = tf.config.experimental.get_device_details
        return [str(details(gpu).get("device_name", gpu.name)) for gpu in tf.config.get_visible_devices("GPU")]
    try:
        return keras.distribution.list_devices("gpu")
    except RuntimeError:  # JAX raises it when there is no GPU
        return []


def cores_allowed() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def fingerprint(jit: bool) -> dict[str, Any]:
    """Return what decides the last bits of a sum: a resumed run is bit-identical only if none of it changes.

    Args:
        jit: Whether XLA compiles the training step.

    Returns:
        The device, the threads, the library versions and their switches.
    """
    import tensorflow as tf

    backend = keras.backend.backend()
    return {
        "device": device_name(),
        "threads": tf.config.threading.get_intra_op_parallelism_threads() or cores_allowed(),
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "default"),
        "xla": jit,
        "backend": backend,
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        **({"jax": version("jax"), "devices": count_devices()} if backend == "jax" else {}),
    }
