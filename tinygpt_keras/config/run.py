"""The content of a run directory's `config.json`."""

import dataclasses
import json
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tinygpt_keras.config.fields import Options, check_known, option
from tinygpt_keras.config.model import ModelConfig
from tinygpt_keras.config.tasks import TASKS, TEXT
from tinygpt_keras.config.training import TrainingConfig
from tinygpt_keras.errors import InputError

# Incremented whenever a field is added or a value changes its meaning, so that older versions ask for an upgrade.
FORMAT = 3
ADOPTED = "adopted"  # in the place of a preset, of a run whose weights were trained elsewhere
TINY_SHAKESPEARE = "tiny-shakespeare"  # the name of the embedded text


@dataclass(frozen=True)
class CorpusInfo(Options):
    """The text that a run was trained on."""

    name: str = option(TINY_SHAKESPEARE, "the corpus's name, or the path it was read from")
    sha256: str = option("", "SHA-256 of the text in UTF-8")
    characters: int = option(0, "length of the text", minimum=0)


@dataclass(frozen=True)
class RunConfig(Options):
    """Everything that determines a run, as written to `config.json`."""

    preset: str = option("tiny", "the recipe that the other fields start from")
    seed: int = option(1, "seed of the initial weights, the data order and dropout", minimum=0, maximum=2**31 - 1)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    corpus: CorpusInfo = field(default_factory=CorpusInfo)
    versions: dict[str, str] = field(default_factory=dict[str, str])
    task: str = option(TEXT, "what is learned", choices=tuple(TASKS), when_missing=TEXT)
    start_from: str = option("", "the run whose weights this one starts from, or pretrained", when_missing="")

    def to_json(self) -> str:
        """Return the JSON that `parse_run_config` reads."""
        return json.dumps({"format": FORMAT, **dataclasses.asdict(self)}, indent=2, ensure_ascii=False) + "\n"


def named_versions(versions: object) -> dict[str, str]:
    """Return the entries of `versions` that are what this program writes; others mean nothing to it."""
    entries = typing.cast(dict[object, object], versions if isinstance(versions, dict) else {})
    return {
        name: version
        for name, version in entries.items()
        if isinstance(name, str)
        and isinstance(version, str)
        and len(name + version) < 200
        and (name + version).isascii()
    }


def parse_run_config(text: str, source: Path) -> RunConfig:
    """Parse a `config.json`, and reject whatever this version would misunderstand.

    Args:
        text: The file's content.
        source: The file's path, for messages.

    Returns:
        The validated configuration. A missing field takes its `when_missing` value.

    Raises:
        InputError: When the file is not JSON, is of a newer version, or has an unknown field or an invalid value.
    """
    try:
        content: object = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError(f"{source} is not JSON. Restore it from a copy, or train again.") from None
    values = typing.cast(dict[str, Any], content if isinstance(content, dict) else {})
    written = values.get("format")
    if not isinstance(written, int):
        raise InputError(f"{source} is not a run's configuration. Restore it from a copy, or train again.")
    if written > FORMAT:
        raise InputError(
            f"{source} was written by a newer version (format {written}, this one reads {FORMAT}). "
            "Upgrade tinygpt-keras."
        )
    try:
        check_known("the file", values, {"format", *(part.name for part in dataclasses.fields(RunConfig))})
        versions = values.get("versions")
        config = RunConfig(
            preset=values.get("preset", "tiny"),
            seed=values.get("seed", 1),
            model=ModelConfig.from_json(values.get("model")),
            training=TrainingConfig.from_json(values.get("training")),
            corpus=CorpusInfo.from_json(values.get("corpus", {})),
            task=values.get("task", TEXT),
            start_from=values.get("start_from", ""),
            versions=named_versions(versions),
        )
        if config.model.replies != (config.task != TEXT):
            raise InputError(
                f"a model of architecture {config.model.architecture} has not learned {config.task}. "
                "Restore the file from a copy."
            )
    except InputError as error:
        raise InputError(f"{source}: {error}") from None
    return config
