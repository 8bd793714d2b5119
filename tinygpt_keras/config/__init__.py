"""Configuration: its fields, their command-line flags, the presets, and a run's `config.json`."""

from tinygpt_keras.config.fields import flag_name, option
from tinygpt_keras.config.flags import CommandParser, add_flags, config_from_flags, config_over, flag_type, overlay
from tinygpt_keras.config.model import ModelConfig
from tinygpt_keras.config.presets import DEFAULT_PRESET, PRESETS, Preset
from tinygpt_keras.config.run import CorpusInfo, RunConfig, parse_run_config
from tinygpt_keras.config.sampling import SamplingOptions
from tinygpt_keras.config.training import TrainingConfig

__all__ = [
    "DEFAULT_PRESET",
    "PRESETS",
    "CommandParser",
    "CorpusInfo",
    "ModelConfig",
    "Preset",
    "RunConfig",
    "SamplingOptions",
    "TrainingConfig",
    "add_flags",
    "config_from_flags",
    "config_over",
    "flag_name",
    "flag_type",
    "option",
    "overlay",
    "parse_run_config",
]
