"""Write text with a trained model: `python -m tinygpt_keras.sample`."""

import argparse
import dataclasses
import random
import sys
from typing import TYPE_CHECKING, Any

from tinygpt_keras import console
from tinygpt_keras.config import CommandParser, SamplingOptions, add_flags, flag_name, flag_type, overlay
from tinygpt_keras.config.sampling import SearchOptions
from tinygpt_keras.config.tasks import TASKS
from tinygpt_keras.errors import InputError

if TYPE_CHECKING:
    from tinygpt_keras.text.tokenizer import CharTokenizer

SEPARATOR = "\n" + "-" * 20 + "\n"  # between samples


def make_parser() -> argparse.ArgumentParser:
    """Return the command's argument parser."""
    parser = CommandParser(
        prog="python -m tinygpt_keras.sample",
        description="Write text with a trained model: the prompt and what follows it, to standard output.",
    )
    parser.add_argument("--run", metavar="DIR", help="a run directory (default: the newest, else the pretrained model)")
    parser.add_argument(
        "--prompt",
        metavar="TEXT",
        default="",
        help="what the text begins with (default: a new line), or the source to reply to",
    )
    parser.add_argument("--stop", metavar="TEXT", action="append", default=[], help="end before this text; repeatable")
    parser.add_argument(
        "--num-samples", type=flag_type(int), metavar="K", default=1, help="number of texts; the k-th has seed + k - 1"
    )
    add_flags(parser, SamplingOptions, "sampling", show_defaults=True)
    add_flags(parser, SearchOptions, "beam search, of an encoder-decoder's replies", show_defaults=True)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command with its arguments, or the process's own, and return its exit status."""
    return console.run_command(make_parser(), sample, argv)


def sample(flags: dict[str, Any]) -> int:
    """Open the run and write the samples."""
    options = overlay(SamplingOptions(), flags)
    if flags["num_samples"] < 1:
        raise InputError(f"--num-samples is {flags['num_samples']}. Give it a whole number of at least 1.")
    search = overlay(SearchOptions(), flags)
    drawing = [field.name for field in dataclasses.fields(SamplingOptions) if field.name != "max_new"]
    unused = [name for name in drawing if name in flags] + ["stop"] * bool(flags["stop"])
    unused += ["num_samples"] * (flags["num_samples"] > 1)
    if search.beams and unused:
        raise InputError(f"--beams draws nothing, so {flag_name(unused[0])} has no effect. Drop one of them.")
    if "length_penalty" in flags and not search.beams:
        raise InputError("--length-penalty acts on beam search alone. Add --beams, or drop it.")
    if options.seed is None and not search.beams:
        options = dataclasses.replace(options, seed=random.randrange(2**31))
        console.tell(f"seed {options.seed}")
    from tinygpt_keras.models.open import open_run
    from tinygpt_keras.runs.reading import find_run, read_vocabulary
    from tinygpt_keras.text.pairs import cut_notice, kept_source

    directory = find_run(flags["run"])
    config = directory.config()
    tokenizer = read_vocabulary(directory, config)
    prompt, _ = tokenizer.plain(flags["prompt"])
    separator = TASKS[config.task].separator
    if search.beams and not config.model.replies:
        raise InputError(f"{directory.path} continues a text, and --beams is for models that reply. Drop --beams.")
    if config.model.replies and not prompt:
        known = " of characters that it knows" if flags["prompt"] else ""
        raise InputError(f"{directory.path} replies to a source. Add --prompt with one{known}.")
    tell_unfamiliar(tokenizer, flags["prompt"], flags["stop"])
    if config.model.replies:
        prompt, whole = kept_source(prompt, config.model.block_size), prompt
        if len(prompt) < len(whole):
            console.tell(cut_notice(len(whole) - len(prompt)))
    with console.quiet_libraries():
        run = open_run(directory)
        from tinygpt_keras.generation import WORTH_COMPILING, Generator

        compiled = options.max_new * flags["num_samples"] >= WORTH_COMPILING
        generator = Generator(run.model, run.tokenizer, jit_compile=compiled)
        if search.beams:
            replies = generator.search([prompt], search.beams, search.length_penalty, options.max_new)
            console.show(prompt + separator + replies[0], end="\n" if sys.stdout.isatty() else "")
            return console.DONE
        for number in range(flags["num_samples"]):
            if number:
                console.show(SEPARATOR, end="")
            seeded = dataclasses.replace(options, seed=((options.seed or 0) + number) % 2**31)
            console.show(prompt + separator, end="")
            for piece in generator.stream(prompt, seeded, flags["stop"]):
                console.show(piece, end="")
    if sys.stdout.isatty():
        print()
    return console.DONE


def tell_unfamiliar(tokenizer: "CharTokenizer", prompt: str, stops: list[str]) -> None:
    """Warn of prompt characters that are left out, and of stop strings that can never occur."""
    from tinygpt_keras.text.tokenizer import escape_hint, unfamiliar_notice, unusable_notice

    _, dropped = tokenizer.plain(prompt)
    if dropped:
        hint = escape_hint(prompt, dropped)
        console.tell(unfamiliar_notice(dropped) + (f". {hint}" if hint else ""))
    for stop, unseen in tokenizer.plain_stops(stops)[1].items():
        console.tell(unusable_notice(stop, unseen))


if __name__ == "__main__":
    sys.exit(main())
