"""tinygpt-keras: a small GPT in Keras 3 that learns to write Shakespeare character by character.

Imports are lazy (PEP 562): `import tinygpt_keras` loads neither TensorFlow nor NumPy, so that every
`--help` and the terminal UI start at once. Each name below is imported on first access.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tinygpt_keras.config import PRESETS, ModelConfig, RunConfig, TrainingConfig
    from tinygpt_keras.generation import Generator, SamplingOptions
    from tinygpt_keras.models.bigram import Bigram
    from tinygpt_keras.models.build import build_model
    from tinygpt_keras.models.open import open_run
    from tinygpt_keras.models.tiny_gpt import TinyGPT
    from tinygpt_keras.models.torch_transformer import copy_torch_stacks
    from tinygpt_keras.models.torch_weights import copy_torch_weights
    from tinygpt_keras.models.transformer import Transformer
    from tinygpt_keras.text.tokenizer import CharTokenizer

_HOMES = {
    "PRESETS": "config",
    "ModelConfig": "config",
    "RunConfig": "config",
    "TrainingConfig": "config",
    "CharTokenizer": "text.tokenizer",
    "Bigram": "models.bigram",
    "TinyGPT": "models.tiny_gpt",
    "Transformer": "models.transformer",
    "build_model": "models.build",
    "copy_torch_stacks": "models.torch_transformer",
    "copy_torch_weights": "models.torch_weights",
    "Generator": "generation",
    "SamplingOptions": "generation",
    "open_run": "models.open",
}

__all__ = [
    "PRESETS",
    "Bigram",
    "CharTokenizer",
    "Generator",
    "ModelConfig",
    "RunConfig",
    "SamplingOptions",
    "TinyGPT",
    "TrainingConfig",
    "Transformer",
    "build_model",
    "copy_torch_stacks",
    "copy_torch_weights",
    "open_run",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("tinygpt-keras")
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
