"""Serve an exported model with KServe's Python model server.

    python docs/serving/kserve_server.py exported/1 --model_name tinygpt --http_port 8501

KServe provides the server. This adapter accepts TensorFlow Serving's requests, for models whose inputs have one value
per row. It follows TensorFlow Serving's source, but a request that it accepts may still fail there. It needs TensorFlow
and KServe, but neither Keras nor this project.
"""

import argparse
import asyncio
import base64
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson  # pyright: ignore[reportMissingImports] - KServe brings it
import tensorflow as tf
from kserve import Model, ModelServer, model_server  # pyright: ignore[reportMissingImports]  # not a dependency of ours
from kserve.errors import InvalidInput  # pyright: ignore[reportMissingImports]
from kserve.protocol.rest.server import RESTServer  # pyright: ignore[reportMissingImports]
from kserve.utils.utils import cpu_count  # pyright: ignore[reportMissingImports]


class ExportedModel(Model):
    """A SavedModel behind KServe's interface.

    Args:
        name: The model's name in the address.
        folder: The folder of the SavedModel.
    """

    def __init__(self, name: str, folder: str) -> None:
        super().__init__(name)
        self.signatures = tf.saved_model.load(folder).signatures
        # Requests beyond the number of cores wait in a queue, where they hold no threads and no tensors.
        self.executor = ThreadPoolExecutor(cpu_count())
        self.ready = True

    async def predict(self, payload: Any, *_headers: Any) -> dict[str, Any]:
        """Answer a request; the payload is bytes if the content type is not JSON, as with curl."""
        return await asyncio.get_running_loop().run_in_executor(self.executor, self.answer, payload)

    def answer(self, payload: Any) -> dict[str, Any]:
        """Call the signature that a request names, and answer in the request's format.

        Raises:
            InvalidInput: If the request is malformed; KServe answers with status 400 and `{"error": ...}`.
        """
        try:
            request = orjson.loads(payload) if isinstance(payload, bytes) else payload
            if not isinstance(request, dict) or ("instances" in request) == ("inputs" in request):
                raise ValueError("expected an object with either 'instances' or 'inputs'")
            name = request.get("signature_name", "serving_default")
            if not isinstance(name, str) or name not in self.signatures:
                raise ValueError(f"expected 'signature_name' to be one of {', '.join(sorted(self.signatures))}")
            specs = self.signatures[name].structured_input_signature[1]
            columns = columns_of_rows(request["instances"], specs) if "instances" in request else request["inputs"]
            answers = self.signatures[name](**tensors(columns, specs))
        except (ValueError, tf.errors.InvalidArgumentError) as error:
            raise InvalidInput(str(error)) from error
        outputs = {name: readable(tensor.numpy().tolist()) for name, tensor in answers.items()}
        only = next(iter(outputs.values())) if len(outputs) == 1 else None  # a single output has no name in the answer
        if "inputs" in request:
            return {"outputs": outputs if only is None else only}
        rows = (dict(zip(outputs, row, strict=True)) for row in zip(*outputs.values(), strict=True))
        return {"predictions": list(rows) if only is None else only}


def columns_of_rows(rows: Any, specs: dict[str, tf.TensorSpec]) -> dict[str, list[Any]]:
    """Turn `instances` into a list for each input; with a single input, a row may be the bare value."""
    if not isinstance(rows, list) or not rows:
        raise ValueError("expected 'instances' to be a list of at least one row")
    rows = [named(row, specs) for row in rows]
    return {name: [row[name] for row in rows] for name in specs}


def named(value: Any, specs: dict[str, tf.TensorSpec]) -> dict[str, Any]:
    """Return an object with a value for each input; a single input need not be named."""
    if len(specs) == 1 and (not isinstance(value, dict) or set(value) == {"b64"}):
        return dict.fromkeys(specs, value)
    if not isinstance(value, dict) or set(value) != set(specs):
        raise ValueError(f"expected exactly these inputs: {', '.join(sorted(specs))}")
    return value


def tensors(columns: Any, specs: dict[str, tf.TensorSpec]) -> dict[str, tf.Tensor]:
    """Turn a list for each input into the signature's tensors."""
    columns = named(columns, specs)
    if not all(isinstance(column, list) for column in columns.values()):
        raise ValueError("expected a list for every input")
    return {
        name: tf.constant([checked(value, specs[name]) for value in columns[name]], specs[name].dtype) for name in specs
    }


def checked(value: Any, spec: tf.TensorSpec) -> str | bytes | int | float:
    """Check a value's type, because `tf.constant` converts booleans to numbers and wraps numbers that are too large."""
    dtype = spec.dtype
    if dtype == tf.string and isinstance(value, dict) and isinstance(value.get("b64"), str):
        return base64.b64decode(value["b64"], validate=True)
    types = (str,) if dtype == tf.string else (int,) if dtype.is_integer else (int, float)
    if type(value) not in types or (dtype != tf.string and not dtype.min <= value <= dtype.max):
        raise ValueError(f"expected every value of {spec.name} to be of type {dtype.name}")
    return value


def readable(value: Any) -> Any:
    """Decode all bytes in nested lists to text."""
    if isinstance(value, list):
        return [readable(part) for part in value]
    return value.decode() if isinstance(value, bytes) else value


def main() -> None:
    """Print the address and serve until a signal arrives."""
    parser = argparse.ArgumentParser(parents=[model_server.parser])
    parser.add_argument("folder", help="the SavedModel, such as exported/1")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: 127.0.0.1)")
    flags = parser.parse_args()
    server = ModelServer()
    server.register_model(ExportedModel(flags.model_name, flags.folder))
    # `ModelServer.start` would listen on all interfaces.
    with socket.create_server((flags.host, flags.http_port)) as listening:
        print(f"http://{flags.host}:{listening.getsockname()[1]}/v1/models/{flags.model_name}:predict", flush=True)
        extension = server.model_repository_extension
        RESTServer("kserve.model_server:app", server.dataplane, extension, flags.http_port).run([listening])


if __name__ == "__main__":
    main()
