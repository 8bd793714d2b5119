"""A process that has TensorFlow, and neither Keras nor anything of ours, and calls a SavedModel.

`python tensorflow_alone.py FOLDER [REWRITE ...]`, the names of what Grappler is not to do. It reads a list of calls as
JSON, `[signature, arguments]` or `["xla", whether it may compile]`, and writes the signatures' forms, the answers and
which foreign modules were loaded. What a call failed with is its answer, too.
"""

import ctypes
import importlib.machinery
import json
import sys
from pathlib import Path


class Without(importlib.machinery.PathFinder):
    """Finds no Keras, which TensorFlow would load, and nothing of ours."""

    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        missing = fullname.partition(".")[0] in ("keras", "tinygpt_keras")
        return None if missing else super().find_spec(fullname, path, target)


def main() -> None:
    sys.meta_path = [finder for finder in sys.meta_path if finder is not importlib.machinery.PathFinder] + [Without]
    sys.path_importer_cache.clear()
    import tensorflow as tf

    def permit_xla(allowed: bool) -> None:
        """Do what TensorFlow Serving does with --xla_cpu_compilation_enabled, or without."""
        library = next(Path(tf.__file__).parent.glob("libtensorflow_cc.so.*"))
        name = "_ZN10tensorflow20EnableXlaCompilationEv" if allowed else "_ZN10tensorflow21DisableXlaCompilationEv"
        getattr(ctypes.CDLL(str(library)), name)()

    folder, *rewrites = sys.argv[1:]
    tf.config.optimizer.set_experimental_options({name: name.startswith("disable_") for name in rewrites})
    signatures = tf.saved_model.load(folder).signatures
    answers = []
    for name, arguments in json.load(sys.stdin):
        if name == "xla":
            permit_xla(arguments)
            continue
        _, specs = signatures[name].structured_input_signature
        given = {key: tf.constant(value, specs[key].dtype) for key, value in arguments.items()}
        try:
            answers.append({key: value.numpy().tolist() for key, value in signatures[name](**given).items()})
        except tf.errors.OpError as error:
            answers.append({"error": error.message})
    forms = {
        name: [
            {key: [spec.dtype.name, spec.shape.as_list()] for key, spec in part.items()}
            for part in (signature.structured_input_signature[1], signature.structured_outputs)
        ]
        for name, signature in signatures.items()
    }
    foreign = [name for name in sys.modules if name.partition(".")[0] in ("keras", "tinygpt_keras")]
    print(json.dumps([forms, answers, foreign], default=lambda value: value.decode()))


if __name__ == "__main__":
    main()
