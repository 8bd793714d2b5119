"""Export to a SavedModel."""

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from tinygpt_keras import atomic
from tinygpt_keras.errors import InputError
from tinygpt_keras.generation.sampling import KNOB_TYPES
from tinygpt_keras.serving.model import ServedModel
from tinygpt_keras.serving.replies import ServedReplies
from tinygpt_keras.serving.target import VERSION_FOLDER
from tinygpt_keras.text.tokenizer import CharTokenizer


def export_model(model: Any, tokenizer: CharTokenizer, target: Path, jit_compile: bool = True) -> Path:
    """Write a SavedModel.

    Args:
        model: A built model.
        tokenizer: The model's tokenizer.
        target: The folder that will hold the version folder; it appears whole.
        jit_compile: Whether XLA compiles the loop for single texts, which is then several times faster.

    Returns:
        The version folder.

    Raises:
        InputError: When Keras's backend is not TensorFlow.
    """
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise InputError(
            f"a SavedModel is made by TensorFlow, and Keras runs on {backend}. Set KERAS_BACKEND=tensorflow."
        )
    served = (ServedReplies if model.config.replies else ServedModel)(model, tokenizer, jit_compile)
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.track(served.tokenizer)

    def rows(name: str, dtype: str) -> tf.TensorSpec:
        return tf.TensorSpec([None], dtype, name=name)

    prompt = rows("prompt", "string")
    knobs = [rows(name, dtype) for name, dtype in KNOB_TYPES._asdict().items()]
    without_min_p = [knob for knob in knobs if knob.name != "min_p"]
    length = rows("max_new", "int32")
    # Keras makes the first endpoint the default.
    archive.add_endpoint("serving_default", served.serving_default, [prompt])
    archive.add_endpoint("generate", served.generate, [prompt, length, *without_min_p])
    archive.add_endpoint("generate_min_p", served.generate_min_p, [prompt, length, *knobs])
    archive.add_endpoint("next_char", served.next_char, [prompt])
    score, names = served.scoring()
    archive.add_endpoint("score", score, [rows(name, "string") for name in names])
    target.mkdir(parents=True, exist_ok=True)
    with atomic.whole_folder(target / VERSION_FOLDER) as folder:
        archive.write_out(str(folder), verbose=False)
    return target / VERSION_FOLDER
