"""The parts of a model that a view is asked about: heads, kinds of attention, and hidden units, by their names."""

from collections.abc import Collection

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.errors import InputError
from tinygpt_keras.findings import ACROSS, KINDS, SELF
from tinygpt_keras.inspection.parts import HEADS, check_parts


def check_asked(config: ModelConfig, view: str, without: Collection[str], part: str | None) -> None:
    """Raise an `InputError` if a view is asked about parts that a model does not have, before it is loaded.

    Args:
        config: The architecture; what a bigram lacks the views say.
        view: The name of a view.
        without: The parts to switch off.
        part: What the view is about.
    """
    if config.architecture == "bigram":
        return
    check_parts(config, without)
    if part is None:
        return
    if view == "neurons":
        decoder_unit(config, part)
    elif view == "attention" and part not in KINDS:
        numbers(config, part, *HEADS.values())
    else:
        kind_of_attention(config, part)


def kind_of_attention(config: ModelConfig, part: str | None) -> str:
    """Return whose heads are looked at: those of cross-attention, where a model has some and no others are chosen.

    Raises:
        InputError: When the model has none of the chosen kind.
    """
    kinds = KINDS if config.replies else KINDS[:1]
    kind = part or (ACROSS if ACROSS in kinds else SELF)
    if kind not in kinds:
        raise InputError(f"the model has no heads of {kind!r}. Choose {' or '.join(kinds)}.")
    return kind


def decoder_unit(config: ModelConfig, part: str) -> tuple[int, int]:
    """Return the block and the number of a hidden unit that can be shown.

    Raises:
        InputError: When the part is of another kind, or the model has none of that name.
    """
    stack, block, _, unit = numbers(config, part, "unit")
    if stack:
        raise InputError("the hidden units shown are those of the decoder. Give one such as blocks.0.unit.0.")
    return block, unit


def numbers(config: ModelConfig, part: str, *kinds: str) -> tuple[str, int, str, int]:
    """Return the stack, the block, the kind and the number of a head or hidden unit.

    Those of `encoder.blocks.2.head.1` are `encoder.`, 2, `head` and 1.

    Raises:
        InputError: When the part is of another kind, or the model has none of that name.
    """
    check_parts(config, [part])
    stack, _, place = part.rpartition("blocks.")
    words = place.split(".")
    if len(words) < 3 or words[1] not in kinds:
        raise InputError(f"the part {part!r} is no {kinds[0]}. Give one such as blocks.0.{kinds[0]}.0.")
    return stack, int(words[0]), words[1], int(words[2])
