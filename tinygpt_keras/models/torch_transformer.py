"""Copies the weights of PyTorch's own encoder and decoder stacks into a Transformer."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.errors import InputError
from tinygpt_keras.models.transformer import Transformer

Weights = Mapping[str, Any]
# Where PyTorch's layers have the norm of each part; a decoder has one part more.
ENCODER_NORMS = {"attention_norm": "norm1", "feed_forward_norm": "norm2"}
DECODER_NORMS = {"attention_norm": "norm1", "cross_attention_norm": "norm2", "feed_forward_norm": "norm3"}


def copy_torch_stacks(model: Transformer, encoder: Weights, decoder: Weights) -> None:
    """Copy the state dicts of `torch.nn.TransformerEncoder` and `torch.nn.TransformerDecoder`.

    They have neither embeddings nor a head; those of the model stay. To get the arrays from PyTorch:
    `{name: tensor.numpy() for name, tensor in stack.state_dict().items()}`.

    Args:
        model: A built Transformer with LayerNorm, biases and ReLU or GELU, of the same size and norm position.
        encoder: Arrays by name.
        decoder: Arrays by name.

    Raises:
        InputError: When a name is missing or unknown, or a shape differs; the model then stays unchanged.
    """
    count = model.config.num_layers
    found: dict[str, NDArray[Any]] = {}
    for weights, stack in ((encoder, "encoder"), (decoder, "decoder")):
        given = {name: np.asarray(value) for name, value in weights.items()}
        found |= dict(read_encoder(given, count) if stack == "encoder" else read_decoder(given, count))
        if given:
            raise InputError(
                f"the model has no place for {sorted(given)[0]!r} of the {stack}. Give it the same layers and norms."
            )
    wanted = {variable.path.partition("/")[2]: variable for variable in model.weights}
    wanted = {path: variable for path, variable in wanted.items() if "block_" in path or "_norm/" in path}
    differing = sorted(wanted.keys() ^ found.keys())
    differing += [path for path in wanted.keys() & found.keys() if tuple(wanted[path].shape) != found[path].shape]
    if differing:
        raise InputError(
            f"the weights do not fit the model at {differing[0]}. Give the model the same width, layers, biases and "
            "norm position."
        )
    for path, variable in wanted.items():
        variable.assign(found[path])


def read_encoder(weights: dict[str, Any], count: int) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield an encoder's weights by Keras path, and take them out of `weights`."""
    for number in range(count):
        ours, theirs = f"encoder_block_{number}", f"layers.{number}"
        yield from attention(weights, f"{ours}/attention", f"{theirs}.self_attn")
        yield from rest(weights, ours, theirs, ENCODER_NORMS)
    if "norm.weight" in weights:
        yield from norm(weights, "encoder_norm", "norm")


def read_decoder(weights: dict[str, Any], count: int) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield a decoder's weights by Keras path, and take them out of `weights`."""
    for number in range(count):
        ours, theirs = f"block_{number}", f"layers.{number}"
        yield from attention(weights, f"{ours}/attention", f"{theirs}.self_attn")
        yield from attention(weights, f"{ours}/cross_attention", f"{theirs}.multihead_attn")
        yield from rest(weights, ours, theirs, DECODER_NORMS)
    if "norm.weight" in weights:
        yield from norm(weights, "final_norm", "norm")


def take(weights: dict[str, Any], name: str) -> NDArray[Any]:
    """Take a weight out.

    Raises:
        InputError: When it is not there.
    """
    if name not in weights:
        raise InputError(f"the weights have no {name!r}. Give the state dict of a stack with as many layers.")
    return weights.pop(name)


def attention(weights: dict[str, Any], ours: str, theirs: str) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the projections of a MultiheadAttention, whose query, key and value are one matrix, `(3 C, C)`."""
    kernels = np.split(take(weights, f"{theirs}.in_proj_weight"), 3)
    biases = np.split(take(weights, f"{theirs}.in_proj_bias"), 3)
    for part, kernel, bias in zip(("query", "key", "value"), kernels, biases, strict=True):
        yield f"{ours}/{part}/kernel", kernel.T
        yield f"{ours}/{part}/bias", bias
    yield from linear(weights, f"{ours}/projection", f"{theirs}.out_proj")


def rest(
    weights: dict[str, Any], ours: str, theirs: str, norms: Mapping[str, str]
) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield a layer's feed-forward network and its norms."""
    yield from linear(weights, f"{ours}/feed_forward/expansion", f"{theirs}.linear1")
    yield from linear(weights, f"{ours}/feed_forward/projection", f"{theirs}.linear2")
    for name, their_norm in norms.items():
        yield from norm(weights, f"{ours}/{name}", f"{theirs}.{their_norm}")


def linear(weights: dict[str, Any], ours: str, theirs: str) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield a Linear, its matrix transposed from `(out, in)` to `(in, out)`."""
    yield f"{ours}/kernel", take(weights, f"{theirs}.weight").T
    yield f"{ours}/bias", take(weights, f"{theirs}.bias")


def norm(weights: dict[str, Any], ours: str, theirs: str) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield a LayerNorm."""
    yield f"{ours}/gamma", take(weights, f"{theirs}.weight")
    yield f"{ours}/beta", take(weights, f"{theirs}.bias")
