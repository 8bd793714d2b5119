"""Export a trained model for serving: `python -m tinygpt_keras.export`."""

import argparse
import dataclasses
import sys
from typing import Any

from tinygpt_keras import console
from tinygpt_keras.config import CommandParser
from tinygpt_keras.serving.target import target_file, target_folder


def make_parser() -> argparse.ArgumentParser:
    """Return the command's argument parser."""
    parser = CommandParser(
        prog="python -m tinygpt_keras.export",
        description="Write a SavedModel with text as input and output, for TensorFlow Serving or any TensorFlow.",
    )
    parser.add_argument("--run", metavar="DIR", help="a run directory (default: the newest, else the pretrained model)")
    parser.add_argument(
        "--out",
        metavar="PATH",
        required=True,
        help="output directory, with the model in PATH/1; or the file",
    )
    parser.add_argument(
        "--format",
        choices=("savedmodel", "safetensors"),
        default="savedmodel",
        help="a SavedModel, or the weights alone as safetensors (default: savedmodel)",
    )
    parser.add_argument(
        "--jit-compile",
        choices=("on", "off"),
        default="on",
        help="use XLA for single texts; TensorFlow Serving then needs --xla_cpu_compilation_enabled (default: on)",
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command with its arguments, or the process's own, and return its exit status."""
    return console.run_command(make_parser(), export, argv)


def export(flags: dict[str, Any]) -> int:
    """Open the run, and write a SavedModel or a safetensors file."""
    bare = flags["format"] == "safetensors"
    out = target_file(flags["out"]) if bare else target_folder(flags["out"])
    from tinygpt_keras.models.open import open_run
    from tinygpt_keras.runs.reading import find_run

    directory = find_run(flags["run"])
    with console.quiet_libraries():
        run = open_run(directory)
        if bare:
            from tinygpt_keras.models.tensors import write_tensors

            write_tensors(out, run.model, dataclasses.asdict(run.config.model), run.tokenizer.characters)
        else:
            from tinygpt_keras.serving.export import export_model

            out = export_model(run.model, run.tokenizer, out, flags["jit_compile"] == "on")
    console.show(str(out))
    return console.DONE


if __name__ == "__main__":
    sys.exit(main())
