"""Make a run from weights that were trained elsewhere: `python -m tinygpt_keras.adopt`."""

import argparse
import contextlib
import math
import sys
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import msgspec

from tinygpt_keras import atomic, console
from tinygpt_keras.config import CommandParser, CorpusInfo, ModelConfig, RunConfig, flag_type
from tinygpt_keras.config.run import ADOPTED
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RunDirectory, make_run_directory
from tinygpt_keras.runs.events import EventWriter
from tinygpt_keras.text.content import parts
from tinygpt_keras.text.corpus import Corpus, read_corpus
from tinygpt_keras.text.tokenizer import CharTokenizer
from tinygpt_keras.training.setup import check_free, installed_versions

SCALAR = str | int | float | bool | None


def make_parser() -> argparse.ArgumentParser:
    """Return the command's argument parser."""
    parser = CommandParser(
        prog="python -m tinygpt_keras.adopt",
        description="Make a run from weights of nanoGPT, ng-video-lecture, the reference tinyGPT, or an export.",
    )
    parser.add_argument("weights", metavar="WEIGHTS.safetensors", help="the PyTorch state dict, written by safetensors")
    parser.add_argument(
        "--characters",
        metavar="FILE|TEXT",
        help="the text that the model learned, which evaluate then scores; or its characters, in any order",
    )
    parser.add_argument("--run-dir", metavar="DIR", help="the new run's directory (default: a new one in runs)")
    parser.add_argument("--num-heads", type=flag_type(int), metavar="N", help="attention heads, n_head of nanoGPT")
    parser.add_argument(
        "--attention-scale", choices=("head", "width"), help="what attention scores are divided by the root of"
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command with its arguments, or the process's own, and return its exit status."""
    return console.run_command(make_parser(), adopt, argv)


def adopt(flags: dict[str, Any]) -> int:
    """Read the weights, work out their architecture, and write the run."""
    from tinygpt_keras.models.tensors import read_header

    shapes, described = read_header(Path(flags["weights"]))
    family, model = identified(shapes, described, flags)
    tokenizer, corpus = characters(flags["characters"], described, model)
    console.tell(
        f"weights of {family}: {model.parameters():,} parameters, {model.num_layers} blocks of width "
        f"{model.embed_dim}, {model.num_heads} heads, a context of {model.block_size:,} characters, "
        f"{model.vocab_size:,} of them different"
    )
    if flags["run_dir"]:
        check_empty(Path(flags["run_dir"]))
    built = filled(model, Path(flags["weights"]), described)
    with placed(flags["run_dir"]) as path, atomic.whole_folder(path) as folder, console.quiet_libraries():
        write(RunDirectory(folder), built, model, tokenizer, corpus)
    console.show(str(path))
    return console.DONE


@contextlib.contextmanager
def placed(given: str | None) -> Generator[Path, None, None]:
    """Yield the folder of the new run: the given one, or a new one that is removed again if the block fails."""
    if given:
        yield Path(given)
        return
    made = make_run_directory(ADOPTED)
    try:
        yield made
    except BaseException:
        with contextlib.suppress(OSError):  # a folder that has something in it stays
            made.rmdir()
        raise


def check_empty(path: Path) -> None:
    """Refuse a folder for the new run that has anything in it, or an invalid name."""
    check_free(RunDirectory(path))
    if path.exists() and any(path.iterdir()):
        raise InputError(f"{path} is a folder with something else in it. Choose another --run-dir.")


def identified(
    shapes: dict[str, tuple[int, ...]], described: dict[str, str], flags: dict[str, Any]
) -> tuple[str, ModelConfig]:
    """Return where weights come from, and their architecture, which they must fill."""
    from tinygpt_keras.models.foreign import architecture_of, family_of, is_mask
    from tinygpt_keras.models.tensors import FORMAT

    if described.get("format") == FORMAT:
        for name in ("num_heads", "attention_scale"):
            if flags[name] is not None:
                raise InputError(f"an export has --{name.replace('_', '-')} in the file. Drop the flag.")
        family, model = "an export", ModelConfig.from_json(parsed(described, "model", dict[str, SCALAR]))
    else:
        family, model = family_of(shapes), architecture_of(shapes, flags["num_heads"], flags["attention_scale"])
    needed, given = model.parameters(), sum(math.prod(shape) for name, shape in shapes.items() if not is_mask(name))
    if given < needed:
        raise InputError(f"the weights are fewer than the {needed:,} of their model. Give all of them.")
    if given > needed + model.vocab_size * model.embed_dim:  # nanoGPT's head is its embedding, and may be there twice
        raise InputError(f"the weights are more than the {needed:,} of their model. Give no others.")
    if described.get("format") == FORMAT and Counter(shapes.values()) != model.shapes():  # before a deep one is built
        raise InputError("the arrays do not fit the model in the file's header. Export the model again.")
    return family, model


def characters(given: str | None, described: dict[str, str], model: ModelConfig) -> tuple[CharTokenizer, Corpus | None]:
    """Return the tokenizer of a model's characters, and the text that it learned if that was given.

    Args:
        given: A file with the text, or the characters themselves; `None` for an export, which has them.
        described: The texts in the header of the weights.
        model: The architecture.

    Raises:
        InputError: When they are not as many as the weights know.
    """
    text, hint = None, "Give the text that the model was trained on; its tokens must be characters."
    if given is not None and names_file(given):
        text = read_corpus(given)
        tokenizer, where = CharTokenizer(text.vocabulary), text.name
    elif given is not None:
        if not given or (not given.isascii() and any("\ud800" <= character <= "\udfff" for character in given)):
            raise InputError(f"--characters is {'empty' if not given else 'not text'}. {hint}")
        tokenizer, where = CharTokenizer.from_text(given), "--characters"
        hint = f"It names no file, so it was taken as the characters themselves. {hint}"
    elif "characters" in described:
        tokenizer, where = CharTokenizer(parsed(described, "characters", list[str])), "the file"
    else:
        raise InputError("the weights do not tell their characters. Give the text that they learned as --characters.")
    if tokenizer.vocab_size != model.vocab_size:
        raise InputError(
            f"{where} has {tokenizer.vocab_size:,} different characters, and the weights know {model.vocab_size:,}. "
            f"{hint}"
        )
    return tokenizer, text


def names_file(given: str) -> bool:
    """Whether a text is the path of a file; a long one is no path at all."""
    try:
        return Path(given).is_file()
    except OSError:
        return False


def parsed(described: dict[str, str], name: str, kind: Any) -> Any:
    """Return what a header's text holds as JSON of a type, at the first breach of which reading ends."""
    try:
        return msgspec.json.decode(described[name], type=kind)
    except (KeyError, msgspec.DecodeError, RecursionError):
        raise InputError(f"the file's header has no {name} as an export has them. Export the model again.") from None


def filled(config: ModelConfig, path: Path, described: dict[str, str]) -> Any:
    """Build the model, and copy the weights of a file into it."""
    with console.quiet_libraries():
        from tinygpt_keras.console.loading import load_keras

        load_keras()
        from tinygpt_keras.models.build import build_model
        from tinygpt_keras.models.tensors import FORMAT, assign, read_tensors
        from tinygpt_keras.models.torch_weights import copy_torch_weights

        model: Any = build_model(config)
        copy = assign if described.get("format") == FORMAT else copy_torch_weights
        copy(model, read_tensors(path))
    return model


def write(
    directory: RunDirectory, built: Any, model: ModelConfig, tokenizer: CharTokenizer, corpus: Corpus | None
) -> None:
    """Write the files of the run."""
    tokenizer.save(directory.vocab_file)
    info = CorpusInfo("what the weights learned")
    if corpus is not None:
        atomic.write_parts(directory.corpus_file, parts(corpus.content))
        info = CorpusInfo(corpus.name, corpus.sha256, corpus.characters)
    with atomic.whole_file(directory.best_file) as temporary:
        built.save(temporary)
    events = EventWriter(directory.events_file)
    events.write("end", 0, reason="finished", best_val_loss=None, wall_s=0.0)
    events.close()
    config = RunConfig(preset=ADOPTED, model=model, corpus=info, versions=installed_versions())
    atomic.write_text(directory.config_file, config.to_json())


if __name__ == "__main__":
    sys.exit(main())
