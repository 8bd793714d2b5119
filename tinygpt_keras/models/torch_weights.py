"""Copies PyTorch weights of nanoGPT or ng-video-lecture into a TinyGPT."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.errors import InputError
from tinygpt_keras.models.foreign import is_mask
from tinygpt_keras.models.tiny_gpt import TinyGPT

Weights = Mapping[str, Any]


class Given(dict[str, NDArray[Any]]):
    """Weights by name; records which were read."""

    def __init__(self, weights: Weights) -> None:
        super().__init__(weights)
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Return a weight, and record that it was read."""
        self.read.add(name)
        return super().__getitem__(name)


def copy_torch_weights(model: TinyGPT, weights: Weights) -> None:
    """Copy a PyTorch state dict into a model of the same architecture.

    Supported names: those of nanoGPT (`transformer.h.0.attn.c_attn.weight`, ...), and those that ng-video-lecture and
    the reference tinyGPT share (`blocks.0.sa.heads.0.query.weight`, ...). To get the arrays from PyTorch:
    `{name: tensor.numpy() for name, tensor in model.state_dict().items()}`.

    Args:
        model: A built TinyGPT of the same configuration; see the presets `nano`, `lecture` and `seed`.
        weights: Arrays by name.

    Raises:
        InputError: When a name is missing or unknown, or a shape differs; the model then stays unchanged.
    """
    prefix = "_orig_mod."  # added to every name by torch.compile
    given = Given({name.removeprefix(prefix): np.asarray(value) for name, value in weights.items()})
    read = read_nanogpt if any(name.startswith("transformer.") for name in given) else read_lecture
    found: dict[str, NDArray[Any]] = {}
    try:
        for path, value in read(given, model.config.num_layers, model.config.num_heads):
            found[path] = value
    except KeyError as error:
        raise InputError(
            f"the weights have no {error.args[0]!r}. Copy a state dict of nanoGPT or ng-video-lecture into a "
            "model with the same number of layers and heads."
        ) from None
    except (ValueError, IndexError) as error:  # `np.split` raises either
        raise InputError(
            f"the weights are neither nanoGPT's nor ng-video-lecture's: {error}. Give it one of their state dicts."
        ) from None
    spare = sorted(name for name in given.keys() - given.read if not is_mask(name))
    if spare:
        raise InputError(f"the model has no place for {spare[0]!r}. Give it the same layers, heads and biases.")
    wanted = {variable.path.partition("/")[2]: variable for variable in model.weights}
    differing = sorted(wanted.keys() ^ found.keys())
    differing += [path for path in wanted.keys() & found.keys() if tuple(wanted[path].shape) != found[path].shape]
    if differing:
        raise InputError(
            f"the weights do not fit the model at {differing[0]}. Give the model the same architecture: "
            "block size, width, layers, heads and biases."
        )
    for path, variable in wanted.items():
        variable.assign(found[path])


def read_nanogpt(weights: Weights, num_layers: int, num_heads: int) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield nanoGPT's weights by Keras path, with kernels transposed from `(out, in)` to `(in, out)`."""
    del num_heads  # nanoGPT's heads are already columns of one matrix
    yield "token_embedding/embeddings", weights["transformer.wte.weight"]
    if "lm_head.weight" in weights and not np.array_equal(weights["lm_head.weight"], weights["transformer.wte.weight"]):
        raise ValueError("nanoGPT's head shares its token embedding, but here they differ")
    yield "position_embedding/embeddings", weights["transformer.wpe.weight"]
    for number in range(num_layers):
        ours, theirs = f"block_{number}", f"transformer.h.{number}"
        yield from norm(weights, f"{ours}/attention_norm", f"{theirs}.ln_1")
        yield from norm(weights, f"{ours}/feed_forward_norm", f"{theirs}.ln_2")
        for place, name in enumerate(("query", "key", "value")):
            yield (
                f"{ours}/attention/{name}/kernel",
                np.split(weights[f"{theirs}.attn.c_attn.weight"], 3)[place].T,
            )
            if f"{theirs}.attn.c_attn.bias" in weights:
                yield (
                    f"{ours}/attention/{name}/bias",
                    np.split(weights[f"{theirs}.attn.c_attn.bias"], 3)[place],
                )
        yield from dense(weights, f"{ours}/attention/projection", f"{theirs}.attn.c_proj")
        yield from dense(weights, f"{ours}/feed_forward/expansion", f"{theirs}.mlp.c_fc")
        yield from dense(weights, f"{ours}/feed_forward/projection", f"{theirs}.mlp.c_proj")
    yield from norm(weights, "final_norm", "transformer.ln_f")


def read_lecture(weights: Weights, num_layers: int, num_heads: int) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield ng-video-lecture's weights by Keras path, with the heads concatenated."""
    yield "token_embedding/embeddings", weights["token_embedding_table.weight"]
    yield "position_embedding/embeddings", weights["position_embedding_table.weight"]
    for number in range(num_layers):
        ours, theirs = f"block_{number}", f"blocks.{number}"
        yield from norm(weights, f"{ours}/attention_norm", f"{theirs}.ln1")
        yield from norm(weights, f"{ours}/feed_forward_norm", f"{theirs}.ln2")
        for name in ("query", "key", "value"):
            heads = [weights[f"{theirs}.sa.heads.{head}.{name}.weight"].T for head in range(num_heads)]
            yield f"{ours}/attention/{name}/kernel", np.concatenate(heads, axis=1)
        yield from dense(weights, f"{ours}/attention/projection", f"{theirs}.sa.proj")
        yield from dense(weights, f"{ours}/feed_forward/expansion", f"{theirs}.ffwd.net.0")
        yield from dense(weights, f"{ours}/feed_forward/projection", f"{theirs}.ffwd.net.2")
    # The reference tinyGPT names the final norm `ln`.
    yield from norm(weights, "final_norm", "ln_f" if "ln_f.weight" in weights else "ln")
    yield from dense(weights, "head", "lm_head")


def dense(weights: Weights, ours: str, theirs: str) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield a linear layer's kernel and, if it has one, its bias."""
    yield f"{ours}/kernel", weights[f"{theirs}.weight"].T
    if f"{theirs}.bias" in weights:
        yield f"{ours}/bias", weights[f"{theirs}.bias"]


def norm(weights: Weights, ours: str, theirs: str) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield a LayerNorm's gamma and, if it has one, its beta."""
    yield f"{ours}/gamma", weights[f"{theirs}.weight"]
    if f"{theirs}.bias" in weights:
        yield f"{ours}/beta", weights[f"{theirs}.bias"]
