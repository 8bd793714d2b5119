"""Look inside a trained model while it reads a text: `python -m tinygpt_keras.look`."""

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

import msgspec

from tinygpt_keras import atomic, console
from tinygpt_keras.config import CommandParser, SamplingOptions, add_flags, flag_type, overlay
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.serving.target import target_file

if TYPE_CHECKING:
    from tinygpt_keras.inspection.reading import Reading
    from tinygpt_keras.models.open import Run

MOST_READ = 2**24  # bytes of standard input; a model reads a context of them
# What each view shows; the functions are `inspection.views.VIEWS`.
DESCRIPTIONS = {
    "next": "the likeliest next characters, before and after temperature, top-k, top-p and min-p",
    "attention": "where each head looks from the last character; with --part, one head from every character, or the "
    "heads of attention, cross_attention or encoder.attention",
    "heads": "a small picture of where each head looks",
    "surprise": "how many bits each character takes",
    "lens": "what each block would have said comes next",
    "without": "what the text costs, and what comes next, with the parts of --without off",
    "ablation": "what the text costs without each head, block, feed-forward network, and without positions",
    "neurons": "the hidden units that tell names, line ends, capitals and the like; with --part, one unit",
    "memorised": "the longest run of characters that also stands in the training text",
}
WITHOUT = "next", "surprise", "without"  # views that parts of the model can be left out of
PART = "attention", "heads", "neurons"  # views that can be of one head, one kind of attention or one hidden unit


def make_parser() -> argparse.ArgumentParser:
    """Return the command's argument parser."""
    parser = CommandParser(
        prog="python -m tinygpt_keras.look",
        description="Look inside a trained model while it reads a text.",
        epilog="\n".join(["views:", *(f"  {name:10} {words}" for name, words in DESCRIPTIONS.items())]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--run", metavar="DIR", help="a run directory (default: the newest, else the pretrained model)")
    parser.add_argument(
        "--step", type=flag_type(int), metavar="N", help="a checkpoint or a step of the film (default: the best)"
    )
    parser.add_argument(
        "--text",
        metavar="TEXT",
        help="what the model reads, or the reply of a model that replies; - for standard input",
    )
    parser.add_argument(
        "--prompt", metavar="TEXT", help="the source that is replied to; without --text with the model's own reply"
    )
    parser.add_argument("--view", choices=DESCRIPTIONS, help="what to show (default: next)")
    parser.add_argument(
        "--without",
        metavar="PART",
        nargs="+",
        action="extend",
        default=[],
        help="switch off positions, blocks.0, blocks.0.head.1, blocks.0.feed_forward, blocks.0.unit.17, ... "
        "(numbers begin at 0), for --view next, surprise and without",
    )
    parser.add_argument(
        "--part",
        metavar="PART",
        help="show blocks.0.head.1 or encoder.attention for --view attention, blocks.0.unit.17 for --view neurons",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--html", metavar="FILE", help="write a page to click through, which needs nothing else")
    unused = {"max_new", "seed"}  # nothing is drawn
    add_flags(parser, SamplingOptions, "settings of sampling, for --view next", show_defaults=True, leave_out=unused)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command with its arguments, or the process's own, and return its exit status."""
    return console.run_command(make_parser(), look, argv)


def look(flags: dict[str, Any]) -> int:
    """Open the run, let it read the text, and show what the view finds."""
    from tinygpt_keras.models.open import open_run
    from tinygpt_keras.runs.reading import find_run

    options = overlay(SamplingOptions(), flags)
    html = None if flags["html"] is None else target_file(flags["html"], "html", "look.html")
    view = flags["view"] or ("next" if html is None or flags["json"] else None)
    for name, views in (("without", WITHOUT), ("part", PART)):
        if flags[name] and html is not None:
            raise InputError(f"--{name} has no effect on --html. Leave one of them out.")
        if flags[name] and view not in views:
            wanted = f"{', '.join(views[:-1])} and {views[-1]}"
            raise InputError(f"--{name} acts on --view {wanted} alone. Leave it out, or choose one of them.")
    directory, text, prompt = find_run(flags["run"]), flags["text"], flags["prompt"]
    check_texts(directory, text, prompt)
    if text == "-":
        text = sys.stdin.buffer.read(MOST_READ).decode("utf-8", "replace")
    with console.quiet_libraries():
        from tinygpt_keras.inspection.asked_parts import check_asked

        check_asked(directory.config().model, view or "", flags["without"], flags["part"])
        run = open_run(directory, flags["step"])
        from tinygpt_keras.inspection.subject import Subject
        from tinygpt_keras.inspection.views import VIEWS, find_walk

        text = greedy_reply(run, prompt) if text is None else text
        subject = Subject(run, text, prompt=prompt).at(without=flags["without"], part=flags["part"])
        walk = None if html is None else find_walk(subject)
        finding = None if view is None else VIEWS[view](subject, options)
    tell_left_out(subject.reading)
    if html is not None and walk is not None:
        from tinygpt_keras.drawing.page import page

        atomic.write_text(html, page(walk))
        console.tell(f"{html} is written; open it in a browser, or send it to somebody")
    if finding is None:
        return console.DONE
    if flags["json"]:
        console.show(json.dumps(msgspec.to_builtins(finding), ensure_ascii=False))
        return console.DONE
    from rich.console import Console

    from tinygpt_keras.drawing.terminal import draw

    screen = Console(highlight=False, markup=False, emoji=False)
    screen.print(draw(finding, screen.width))
    return console.DONE


def check_texts(directory: RunDirectory, text: str | None, prompt: str | None) -> None:
    """Raise an `InputError` unless the texts are those that the run's model needs, before it is loaded."""
    from tinygpt_keras.runs.reading import read_vocabulary
    from tinygpt_keras.text.pairs import known_source

    config = directory.config()
    if config.model.replies:
        if not prompt:
            raise InputError(f"{directory.path} replies to a source. Add --prompt with one.")
        known_source(read_vocabulary(directory, config), prompt)
    elif prompt is not None:
        raise InputError(
            f"{directory.path} continues a text, and --prompt is for models that reply. Give --text alone."
        )
    elif text is None:
        raise InputError("there is no text to look at. Add --text.")


def greedy_reply(run: "Run", prompt: str) -> str:
    """Return the reply that a model writes when each symbol is the likeliest."""
    from tinygpt_keras.generation import Generator

    options = SamplingOptions(max_new=run.config.model.block_size, temperature=0.0, seed=0)
    return Generator(run.model, run.tokenizer, jit_compile=False).generate([prompt], options)[0]


def tell_left_out(reading: "Reading") -> None:
    """Warn of characters of the text that the model does not read."""
    from tinygpt_keras.text.pairs import cut_notice
    from tinygpt_keras.text.tokenizer import unfamiliar_notice

    if reading.dropped:
        console.tell(unfamiliar_notice(reading.dropped))
    if notice := cut_notice(reading.cut_source, reading.cut_reply):
        console.tell(notice)
    if reading.cut_text:
        console.tell(f"the first {reading.cut_text:,} characters do not fit into the context, and are left out")


if __name__ == "__main__":
    sys.exit(main())
