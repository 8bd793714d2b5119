"""Works out the architecture of nanoGPT's, ng-video-lecture's or the reference tinyGPT's weights from their shapes."""

import re
from collections.abc import Mapping

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.errors import InputError

Shapes = Mapping[str, tuple[int, ...]]

NANOGPT, LECTURE, REFERENCE = "nanoGPT", "ng-video-lecture", "the reference tinyGPT"

MASKS = (".attn.bias", ".attn.masked_bias", ".tril")  # endings of buffers, which are not weights


def is_mask(name: str) -> bool:
    """Whether an array is a mask of nanoGPT or ng-video-lecture, which holds no weights."""
    return name.endswith(MASKS)


def family_of(shapes: Shapes) -> str:
    """Name the project that weights come from.

    Args:
        shapes: The weights' shapes by name.

    Raises:
        InputError: When it is none of those known.
    """
    if "transformer.wte.weight" in shapes:
        return NANOGPT
    if "token_embedding_table.weight" in shapes:
        return LECTURE if "ln_f.weight" in shapes else REFERENCE
    raise InputError(
        "the weights have neither nanoGPT's names (transformer.wte.weight) nor ng-video-lecture's "
        "(token_embedding_table.weight). Give the state dict of one of them."
    )


def architecture_of(shapes: Shapes, num_heads: int | None = None, attention_scale: str | None = None) -> ModelConfig:
    """Work out the architecture of weights.

    Args:
        shapes: The weights' shapes by name, as in the PyTorch state dict.
        num_heads: The number of heads, which stands in no shape of nanoGPT's.
        attention_scale: What scores are divided by the root of, which stands in no shape: `head` or `width`. By
            default what the project does: the reference tinyGPT takes the width.

    Returns:
        The configuration of a model that the weights fit.

    Raises:
        InputError: When a weight is missing, or the number of heads is not known or another.
    """
    family = family_of(shapes)
    read = nanogpt if family == NANOGPT else lecture
    try:
        found = read(shapes, num_heads)
    except (KeyError, IndexError, ValueError) as error:
        raise InputError(
            f"the weights are not all of {family}'s: {error.args[0]}. Give its whole state dict."
        ) from None
    scale = attention_scale or ("width" if family == REFERENCE else "head")
    return ModelConfig(
        positions="learned", norm="layernorm", qk_norm=False, initialization="gpt2", attention_scale=scale, **found
    )


def nanogpt(shapes: Shapes, num_heads: int | None) -> dict[str, int | str | bool]:
    """Return the fields of a nanoGPT."""
    if num_heads is None:
        raise InputError("nanoGPT's weights do not tell the number of heads. Give it as --num-heads (n_head there).")
    vocab_size, width = shapes["transformer.wte.weight"]
    return {
        "vocab_size": vocab_size,
        "block_size": shapes["transformer.wpe.weight"][0],
        "embed_dim": width,
        "num_heads": num_heads,
        "num_layers": count(shapes, r"transformer\.h\.(\d{1,4})\.ln_1\.weight"),
        "activation": "gelu",
        "bias": "transformer.ln_f.bias" in shapes,
        "qkv_bias": "transformer.h.0.attn.c_attn.bias" in shapes,
        "tied_head": True,
    }


def lecture(shapes: Shapes, num_heads: int | None) -> dict[str, int | str | bool]:
    """Return the fields of an ng-video-lecture or a reference tinyGPT."""
    vocab_size, width = shapes["token_embedding_table.weight"]
    heads = count(shapes, r"blocks\.0\.sa\.heads\.(\d{1,4})\.query\.weight")
    if num_heads not in (None, heads):
        raise InputError(f"the weights have {heads} heads, and --num-heads is {num_heads}. Drop it.")
    return {
        "vocab_size": vocab_size,
        "block_size": shapes["position_embedding_table.weight"][0],
        "embed_dim": width,
        "num_heads": heads,
        "num_layers": count(shapes, r"blocks\.(\d{1,4})\.ln1\.weight"),
        "activation": "relu",
        "bias": True,
        "head_bias": "lm_head.bias" in shapes,
    }


def count(shapes: Shapes, pattern: str) -> int:
    """Count the numbers that a pattern finds in names, from 0 on and without a gap."""
    numbers = {int(found[1]) for name in shapes if (found := re.fullmatch(pattern, name))}
    if not numbers or numbers != set(range(len(numbers))):
        raise KeyError(f"what matches {pattern} is not numbered from 0 on")
    return len(numbers)
