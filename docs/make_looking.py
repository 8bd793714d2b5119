"""Make the pictures of looking-inside.md: `python docs/make_looking.py`. They need no run but the pretrained one."""

import io
from pathlib import Path

from rich.console import Console

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.drawing.terminal import draw
from tinygpt_keras.inspection.subject import Subject
from tinygpt_keras.inspection.views import VIEWS
from tinygpt_keras.models.open import open_run
from tinygpt_keras.runs.directory import pretrained_run

PICTURES = Path(__file__).with_name("pictures")
WIDTH = 92
TEXT = "BAPTISTA:\nContent you, gentlemen: I will compound this strife:\n'Tis deeds must win the prize; and he of both"


def main() -> None:
    """Draw the views of the worked example."""
    run = open_run(pretrained_run())
    for view in ("attention", "lens"):
        finding = VIEWS[view](Subject(run, TEXT), SamplingOptions())
        screen = Console(file=io.StringIO(), record=True, width=WIDTH, highlight=False, markup=False, emoji=False)
        screen.print(draw(finding, WIDTH))
        screen.save_svg(str(PICTURES / f"look-{view}.svg"), title=f"look --view {view}")


if __name__ == "__main__":
    main()
