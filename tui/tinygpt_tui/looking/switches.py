"""The parts of a model as a board of switches."""

from textual.content import Content
from textual.style import Style

from tinygpt_keras.findings import ACROSS, BOTH_WAYS, SELF
from tinygpt_keras.findings.words import head_name
from tinygpt_tui.looking.gaze import POSITIONS, Gaze
from tinygpt_tui.text import plain

ON, OFF = "■", "□"
CELL = 5  # columns
ENCODERS = f"encoder.{POSITIONS}"
NAMES = {BOTH_WAYS: "encoder", SELF: "decoder", ACROSS: "cross"}
"""What the blocks of each kind of attention are called, in the order of the computation."""


def switches(gaze: Gaze) -> Content:
    """Draw a switch for each head and feed-forward network, and for positions, with brackets around the chosen one."""
    heads = "".join(f" {head + 1:<{CELL - 1}}" for head in range(gaze.model.num_heads))
    names = NAMES if gaze.model.replies else {SELF: "block"}
    wide = max(map(len, names.values())) + 3
    lines = [plain(f"{'head':<{wide}}{heads}feed").stylize("bold")]
    for kind, name in names.items():
        for block in range(gaze.model.num_layers):
            parts = [head_name(kind, block, head) for head in range(gaze.model.num_heads)]
            parts += [] if kind == ACROSS else [parts[0].partition(".head.")[0] + ".feed_forward"]
            cells = Content("").join(switch(gaze, part) for part in parts).rstrip()
            lines.append(plain(f"{f'{name} {block + 1}':<{wide}}") + cells)
    if not gaze.model.replies:
        return Content("\n").join([*lines, plain("positions") + switch(gaze, POSITIONS)])
    lines.append(plain("all of cross-attention ") + switch(gaze, ACROSS))
    ends = plain("positions encoder ") + switch(gaze, ENCODERS) + plain("decoder ") + switch(gaze, POSITIONS)
    lines.append(ends.rstrip())
    return Content("\n").join(lines)


def switch(gaze: Gaze, part: str) -> Content:
    """Draw one switch."""
    mark = OFF if part in gaze.off else ON
    is_chosen = part == gaze.part
    words = (f"[{mark}]" if is_chosen else f" {mark} ").ljust(CELL)
    return plain(words).stylize("bold" if is_chosen else "").stylize(Style.from_meta({"part": part}))
