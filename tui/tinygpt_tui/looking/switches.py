"""The parts of a model as a board of switches."""

from textual.content import Content
from textual.style import Style

from tinygpt_tui.looking.gaze import POSITIONS, Gaze
from tinygpt_tui.text import plain

ON, OFF = "■", "□"
CELL = 5  # columns


def switches(gaze: Gaze) -> Content:
    """Draw a switch for each head and feed-forward network, and for positions, with brackets around the chosen one."""
    heads = "".join(f" {head + 1:<{CELL - 1}}" for head in range(gaze.model.num_heads))
    lines = [plain(f"{'head':<8}{heads}feed").stylize("bold")]
    for block in range(gaze.model.num_layers):
        names = [f"blocks.{block}.head.{head}" for head in range(gaze.model.num_heads)]
        cells = [switch(gaze, name) for name in [*names, f"blocks.{block}.feed_forward"]]
        lines.append(plain(f"block {block + 1:<2}") + Content("").join(cells))
    return Content("\n").join([*lines, plain("positions") + switch(gaze, POSITIONS)])


def switch(gaze: Gaze, part: str) -> Content:
    """Draw one switch."""
    mark = OFF if part in gaze.off else ON
    is_chosen = part == gaze.part
    words = (f"[{mark}]" if is_chosen else f" {mark} ").ljust(CELL)
    return plain(words).stylize("bold" if is_chosen else "").stylize(Style.from_meta({"part": part}))
