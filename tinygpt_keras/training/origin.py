"""A new run's configuration, where it begins from the weights of another run."""

from typing import Any

from tinygpt_keras.config import (
    DEFAULT_PRESET,
    RunConfig,
    config_from_flags,
)
from tinygpt_keras.config.origin import config_from_origin
from tinygpt_keras.runs.directory import PRETRAINED, pretrained_run, run_at


def new_config(flags: dict[str, Any]) -> RunConfig:
    """Return the configuration of a new run, without corpus and versions.

    Args:
        flags: The command's flags by name. With `start_from` the model is that run's, and so is the recipe unless a
            preset is named, but for a gentler learning rate.

    Raises:
        InputError: When a value is out of bounds, or when the weights of `start_from` do not fit.
    """
    given = {name: value for name, value in flags.items() if name not in ("preset", "seed", "start_from")}
    seed = RunConfig().seed if flags["seed"] is None else flags["seed"]
    if flags.get("start_from") is None:
        return config_from_flags(flags["preset"] or DEFAULT_PRESET, given, seed)
    from tinygpt_keras.runs.weights import check_weights_file

    origin = run_at(flags["start_from"])
    trained = origin.config()
    check_weights_file(origin.best_file, trained.model)
    name = PRETRAINED if origin.path == pretrained_run().path else str(origin.path.absolute())
    return config_from_origin(trained, name, flags["preset"], given, seed)
