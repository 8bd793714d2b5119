"""The configuration of a run that begins from the weights of another run."""

import dataclasses
from typing import Any

from tinygpt_keras.config.fields import flag_name
from tinygpt_keras.config.flags import config_from_flags, config_over
from tinygpt_keras.config.model import ModelConfig
from tinygpt_keras.config.run import RunConfig
from tinygpt_keras.config.training import TrainingConfig
from tinygpt_keras.errors import InputError

# Measured with the pretrained model on 35 kB of legal prose, 120 steps: the full rate came to 1.889, a third to 1.718,
# a tenth to 1.665, a new model to 2.103.
GENTLER = 0.1
# What may differ from the trained model: dropout has no weights.
FREE = {"vocab_size", "embedding_dropout", "attention_dropout", "attention_output_dropout", "feed_forward_dropout"}


def config_from_origin(
    trained: RunConfig, name: str, preset: str | None, given: dict[str, Any], seed: int
) -> RunConfig:
    """Return the configuration of a run that begins with trained weights.

    Args:
        trained: The configuration of the run that has them.
        name: What that run is called.
        preset: The recipe; that run's own when `None`.
        given: Values by field, laid over both.
        seed: The new run's seed.

    Raises:
        InputError: When a value is out of bounds, or when the weights do not fit.
    """
    recipe = trained.training if trained.start_from else gentle(trained.training)
    # An earlier version's run scored all of its own text, however long; this is another text.
    recipe = dataclasses.replace(recipe, eval_characters=TrainingConfig().eval_characters)
    if preset:
        recipe = gentle(config_from_flags(preset, {}, seed).training)  # checks the name
    base = dataclasses.replace(trained, start_from=name, preset=preset or trained.preset, training=recipe)
    config = config_over(base, given, seed)
    check_fits(config.model, trained.model, name)
    return config


def gentle(recipe: TrainingConfig) -> TrainingConfig:
    """Return a recipe for weights that are trained already, which a rate for first weights would tear apart."""
    rates = {name: GENTLER * getattr(recipe, name) for name in ("learning_rate", "final_learning_rate")}
    return dataclasses.replace(recipe, **rates)


def check_fits(model: ModelConfig, trained: ModelConfig, origin: str) -> None:
    """Refuse a model that trained weights do not fit.

    Args:
        model: The new model.
        trained: The model that has the weights.
        origin: What the user called its run.

    Raises:
        InputError: When more than the vocabulary and dropout differs.
    """
    for field in dataclasses.fields(model):
        ours, theirs = getattr(model, field.name), getattr(trained, field.name)
        longer = field.name == "block_size" and trained.positions == "rope"  # angles have no weights
        if ours != theirs and field.name not in FREE and not longer:
            flag, have = flag_name(field.name), f", which have {theirs}"
            given = f"{flag} {ours}"
            if isinstance(ours, bool):
                given, have = flag if ours else flag.replace("--", "--no-", 1), ""
            raise InputError(f"{given} does not fit the weights of {origin}{have}. Drop it, or drop --from.")
