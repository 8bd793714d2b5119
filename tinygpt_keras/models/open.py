"""Opening a run: the model is built from its checked configuration, and weights are all that is loaded."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinygpt_keras.config import ModelConfig, RunConfig
from tinygpt_keras.console import tell
from tinygpt_keras.console.loading import load_keras
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import (
    RUNS_DIR,
    STATE_FILE,
    RunDirectory,
    list_checkpoints,
    newest_run,
    pretrained_run,
    run_at,
)
from tinygpt_keras.text.corpus import STANDARD_INPUT, TINY_SHAKESPEARE, Corpus, read_corpus
from tinygpt_keras.text.tokenizer import CharTokenizer

MEMBERS = {"metadata.json", "config.json", "model.weights.h5"}  # of a .keras file
OVERHEAD = 2**20  # bytes of a .keras file that are not weights, at most, and of each block


@dataclass(frozen=True)
class Run:
    """A trained model with what is needed to use it."""

    directory: RunDirectory
    config: RunConfig
    tokenizer: CharTokenizer
    model: Any
    step: int | None = None
    """Of the checkpoint that the weights are from; the best weights' own when `None`."""


def find_run(path: str | None) -> RunDirectory:
    """Choose the run to read, and say which where none was given.

    Args:
        path: A run directory, or `pretrained`; without one the newest run, and without any run the pretrained model.

    Returns:
        The run directory.
    """
    if path is not None:
        return run_at(path)
    run = newest_run() or pretrained_run()
    what = "the newest run" if run.path.parent == RUNS_DIR else "the pretrained model"
    tell(f"using {what}, {run.path}")
    return run


def open_run(path: str | Path | RunDirectory, step: int | None = None) -> Run:
    """Open a run for sampling, scoring or exporting.

    Args:
        path: A run directory.
        step: Of the checkpoint to take the weights from, instead of the best weights.

    Returns:
        The model with its weights, its tokenizer and its configuration.

    Raises:
        InputError: When something is missing, corrupt or from a newer version.
    """
    directory = path if isinstance(path, RunDirectory) else RunDirectory(Path(path))
    config = directory.config()
    tokenizer = read_vocabulary(directory, config)
    check_weights(directory, config, step)  # before TensorFlow is loaded, which takes seconds

    load_keras()
    from tinygpt_keras.models import build_model

    # Layers in float32: so are the weights of a model that was trained in half precision, and what is kept in float16,
    # as the pretrained model is, becomes it here.
    run = Run(directory, config, tokenizer, build_model(config.model), step)
    load_weights(run)
    return run


def reload_weights(run: Run) -> None:
    """Read the weights of an open run anew, after training has replaced them.

    Functions that were compiled with its model stay valid.

    Args:
        run: The run; when this fails, its weights are no longer of one piece.

    Raises:
        InputError: When the weights are missing or corrupt.
    """
    check_weights(run.directory, run.config, run.step)
    load_weights(run)


def check_weights(directory: RunDirectory, config: RunConfig, step: int | None) -> None:
    """Refuse weights that could not be those of the model, before it is built: that takes as much memory as it says.

    Args:
        directory: The run.
        config: Its configuration.
        step: Of the checkpoint to open; the best weights when `None`.

    Raises:
        InputError: When the weights are missing or damaged, or too few for the model.
    """
    if step is None:
        check_weights_file(directory.best_file, config.model)
        return
    check_state_file(find_checkpoint(directory, step) / STATE_FILE, config.model)


def find_checkpoint(directory: RunDirectory, step: int) -> Path:
    """Give the folder of a step's checkpoint, or say which there are."""
    kept = list_checkpoints(directory.checkpoints)
    folder = next((path for path in kept if int(path.name) == step), None)
    if folder is None:
        steps = ", ".join(path.name for path in reversed(kept))
        advice = f"Choose one of {steps}." if steps else "It has none; use its best weights."
        raise InputError(f"{directory.path} has no checkpoint of step {step}. {advice}")
    return folder


def load_weights(run: Run) -> None:
    """Put the weights that a run should have, which are checked already, into its model."""
    if run.step is not None:
        load_checkpoint_weights(run, run.step)
        return
    try:
        run.model.load_weights(run.directory.best_file)
    except MemoryError:
        raise
    except Exception as error:
        raise InputError(damaged(run.directory.best_file, "its weights do not fit config.json")) from error


def load_checkpoint_weights(run: Run, step: int) -> None:
    """Put a checkpoint's weights into a run's model: the averaged ones where those are what is evaluated."""
    from tinygpt_keras.training.checkpoint import read_checkpoint

    folder = find_checkpoint(run.directory, step)
    arrays = read_checkpoint(folder).arrays
    averaged = run.config.training.ema > 0 and step > 0
    values = [saved_weight(arrays, variable.path, averaged) for variable in run.model.trainable_variables]
    shapes = [value.shape if value is not None else None for value in values]
    if shapes != [tuple(variable.shape) for variable in run.model.trainable_variables]:
        raise InputError(damaged(folder, "its weights do not fit config.json"))
    for variable, value in zip(run.model.trainable_variables, values, strict=True):
        variable.assign(value)


def saved_weight(arrays: dict[str, Any], path: str, averaged: bool) -> Any:
    """Find a weight, or the optimizer's moving average of it, among a checkpoint's arrays; `None` without it."""
    # Keras names the average of `gpt/head/kernel` `muon/gpt_head_kernel_average`.
    ending = f"/{path.replace('/', '_')}_average" if averaged else f" {path}"
    return next((array for name, array in arrays.items() if name.endswith(ending)), None)


def read_vocabulary(directory: RunDirectory, config: RunConfig) -> CharTokenizer:
    """Read a run's `vocab.json` and hold it against its `config.json`."""
    tokenizer = CharTokenizer.load(directory.vocab_file)
    if tokenizer.vocab_size != config.model.vocab_size:
        raise InputError(
            f"{directory.vocab_file} has {tokenizer.vocab_size} characters, but config.json says "
            f"{config.model.vocab_size}. Restore both from the same run."
        )
    return tokenizer


def run_corpus(directory: RunDirectory, config: RunConfig, otherwise: str = "") -> Corpus:
    """Read the text that a run was trained on.

    Args:
        directory: The run.
        config: Its configuration.
        otherwise: What a user can do without that text, for the end of an error's advice.

    Returns:
        The text.

    Raises:
        InputError: When the run's text has changed or is gone.
    """
    if config.corpus.name == TINY_SHAKESPEARE:
        corpus = read_corpus()
    elif directory.corpus_file.is_file():
        corpus = Corpus(config.corpus.name, directory.corpus_file.read_bytes())
    else:
        name = "standard input" if config.corpus.name == STANDARD_INPUT else config.corpus.name
        raise InputError(f"{directory.corpus_file}, the copy of {name}, is gone. Restore it{otherwise}.")
    if corpus.sha256 != config.corpus.sha256:
        what, repair = f"{directory.corpus_file} is not the text", "Restore it"
        if config.corpus.name == TINY_SHAKESPEARE:
            what, repair = "tiny Shakespeare is not the text", "Install the version of this program that trained it"
        raise InputError(f"{what} that {directory.path} was trained on. {repair}{otherwise}.")
    return corpus


def check_weights_file(path: Path, model: ModelConfig) -> None:
    """Refuse a `.keras` file that is damaged, or that could do more than hold weights.

    Its configuration is never read, its weights are neither compressed nor linked from elsewhere, and it is no
    larger than the model needs, so that opening a stranger's file costs no more than its size.

    Args:
        path: The file.
        model: The architecture whose weights it should hold.

    Raises:
        InputError: When it is missing or anything else than Keras writes.
    """
    import h5py

    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            size = sum(member.file_size for member in archive.infolist())
            if set(names) != MEMBERS or len(names) != len(MEMBERS) or not is_stored(archive, path):
                raise InputError(damaged(path, "it is not what Keras writes"))
            largest = 4 * model.parameters() + OVERHEAD * (1 + model.num_layers)
            if not 2 * model.parameters() <= size <= largest:  # in float16 at least, in float32 at most
                raise InputError(damaged(path, "its size does not fit config.json"))
            with archive.open("model.weights.h5") as member, h5py.File(member, "r") as weights:
                links: list[tuple[str, Any]] = []
                weights.visititems_links(lambda name, link: links.append((name, link)))
                for name, link in links:
                    check_member(path, weights, name, link)
    except FileNotFoundError:
        raise InputError(f"{path} is missing: the run was stopped before its first evaluation. Resume it.") from None
    except PermissionError:
        raise InputError(f"{path} may not be read. Allow reading it.") from None
    except (zipfile.BadZipFile, OSError, RuntimeError, ValueError, KeyError):
        raise InputError(damaged(path, "it is no whole .keras file")) from None


def check_state_file(path: Path, model: ModelConfig) -> None:
    """Refuse a checkpoint's arrays where unpacking them could cost more than their file's size.

    Args:
        path: Its file.
        model: The architecture whose weights should be in it.

    Raises:
        InputError: When it is missing, damaged, or too small for the model.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if not is_stored(archive, path):
                raise InputError(damaged(path, "it is not what training writes"))
            if path.stat().st_size < 4 * model.parameters():  # float32 in every precision
                raise InputError(damaged(path, "its size does not fit config.json"))
    except FileNotFoundError:
        raise InputError(f"{path} is gone: training keeps the newest only. Choose another step.") from None
    except PermissionError:
        raise InputError(f"{path} may not be read. Allow reading it.") from None
    except (zipfile.BadZipFile, OSError, ValueError):
        raise InputError(damaged(path, "it is no whole .npz file")) from None


def is_stored(archive: zipfile.ZipFile, path: Path) -> bool:
    """Say whether an archive's members are uncompressed and no larger together than its file."""
    members = archive.infolist()
    stored = all(member.compress_type == zipfile.ZIP_STORED for member in members)
    return stored and sum(member.file_size for member in members) <= path.stat().st_size


def check_member(path: Path, weights: Any, name: str, link: Any) -> None:
    """Refuse an HDF5 member that is compressed, or whose numbers lie elsewhere."""
    import h5py

    item = weights[name] if isinstance(link, h5py.HardLink) else None
    packed = isinstance(item, h5py.Dataset) and (item.chunks or item.compression or item.external or item.is_virtual)
    if item is None or packed:
        raise InputError(damaged(path, "its weights are not stored as Keras stores them"))


def damaged(path: Path, reason: str) -> str:
    """Word the refusal of a weights file."""
    return f"{path} cannot be used: {reason}. Restore it from a copy, or train again."
