"""The configuration of a run that starts from another run's weights."""

import dataclasses
from typing import Any

from tinygpt_keras.config.fields import FieldError
from tinygpt_keras.config.flags import check_task, config_over, preset_for
from tinygpt_keras.config.model import ModelConfig
from tinygpt_keras.config.run import RunConfig
from tinygpt_keras.config.training import TrainingConfig

# Factor on the learning rate. Validation loss of the pretrained model after 120 steps on 35 kB of legal prose: 1.889 at
# the full rate, 1.718 at a third, 1.665 at a tenth; 2.103 for a new model.
GENTLER = 0.1
# Fields that may differ from the trained model: dropout has no weights, and the embedding rows follow the vocabulary.
FREE = {"vocab_size", "embedding_dropout", "attention_dropout", "attention_output_dropout", "feed_forward_dropout"}


def config_from_origin(
    trained: RunConfig, name: str, preset: str | None, given: dict[str, Any], seed: int, task: str | None = None
) -> RunConfig:
    """Return the configuration of a run that starts from trained weights.

    Args:
        trained: The configuration of the run that the weights come from.
        name: That run's name, as the user gave it.
        preset: The preset whose training recipe to use; that run's own recipe when `None`.
        given: Values by field name, which override both.
        seed: The new run's seed.
        task: What it learns; that run's own task when `None`.

    Raises:
        InputError: When the preset is unknown, a value is invalid, or the weights do not fit the model or the task.
    """
    task = task or trained.task
    recipe = trained.training if trained.start_from else gentle(trained.training)
    # A run of an older version scored its whole validation split; the new text may be too long for that.
    recipe = dataclasses.replace(recipe, eval_characters=TrainingConfig().eval_characters)
    if preset:
        recipe = gentle(preset_for(preset, task, seed).training)
    base = dataclasses.replace(trained, start_from=name, preset=preset or trained.preset, training=recipe, task=task)
    config = config_over(base, given, seed)
    check_fits(config.model, trained.model, name)
    check_task(config)
    return config


def gentle(recipe: TrainingConfig) -> TrainingConfig:
    """Return the recipe with `GENTLER` learning rates: the full rate would destroy what the weights have learned."""
    rates = {name: GENTLER * getattr(recipe, name) for name in ("learning_rate", "final_learning_rate")}
    return dataclasses.replace(recipe, **rates)


def check_fits(model: ModelConfig, trained: ModelConfig, origin: str) -> None:
    """Reject a model that trained weights do not fit.

    Args:
        model: The new model.
        trained: The model that the weights belong to.
        origin: The name of its run, as the user gave it.

    Raises:
        InputError: When more differs than vocabulary, dropout and, unless positions are learned, the block size.
    """
    for field in dataclasses.fields(model):
        ours, theirs = getattr(model, field.name), getattr(trained, field.name)
        longer = field.name == "block_size" and trained.positions != "learned"  # the others have no weights
        if ours != theirs and field.name not in FREE and not longer:
            raise misfit(field.name, ours, theirs, origin)


def misfit(name: str, ours: object, theirs: object, origin: str) -> FieldError:
    """Return the error for a field that does not fit trained weights; a switch is named by its flag alone."""
    advice = "Drop it, or drop --from."
    if isinstance(ours, bool):
        return FieldError(lambda named: f"{named(name, ours)} does not fit the weights of {origin}. {advice}")
    return FieldError(
        lambda named: f"{named(name)} {ours} does not fit the weights of {origin}, which have {theirs}. {advice}"
    )
