"""What the borders of the screen Look say, with the scales of what is shaded and the keys that fit."""

from textual.content import Content

from tinygpt_tui.looking.gaze import Gaze
from tinygpt_tui.looking.headings import BOARDS, board_keys, described, slider_words, view_keys
from tinygpt_tui.looking.ramp import Ramp
from tinygpt_tui.looking.steps import Step
from tinygpt_tui.runs.choices import Choice
from tinygpt_tui.text import plain
from tinygpt_tui.widgets.panel import hint, hints

CORNERS = 6  # columns of a border beside what it says
GAP = Content("  ")


def headline(gaze: Gaze, steps: list[Step], columns: int, best: int | None) -> Content:
    """Return the model, and where in its training it is shown; `best` is the step of the best weights."""
    if len(steps) == 1:
        return plain(f"{Choice(gaze.choice.path).label} · {described(gaze.model)}")
    name, line, step = slider_words(gaze.choice, steps, columns, best)
    return GAP.join([plain(name), hint(",", line) + plain(" ") + hint(".", step)])


def view_hints(gaze: Gaze, has_settings: bool, columns: int) -> Content:
    """Return the keys of a view that fit into a border of some columns; those of the settings if they are shown."""
    pairs = [(key, words) for key, words in view_keys(gaze) if has_settings or words != "settings"]
    return hints(*pairs, columns=columns - CORNERS)


def board_hints(name: str, gaze: Gaze, columns: int) -> Content:
    """Return the keys of what stands under the text that fit into a border of some columns."""
    return hints(*board_keys(name, gaze), columns=columns - CORNERS)


def text_title(gaze: Gaze, scale: Content | None, columns: int) -> Content:
    """Return the title of the text in a border of some columns, with the scale of its shading if it has one."""
    long, short = ("source and reply", "pair") if gaze.model.replies else ("what it reads", "it reads")
    if scale is None:
        return plain(long)
    words = GAP.join([plain(long), scale])
    return words if words.cell_length <= columns - CORNERS else GAP.join([plain(short), scale])


def board_title(name: str, ramp: Ramp) -> Content:
    """Return the title of what stands under the text, with the scale of its maps if it has some."""
    words = plain(BOARDS[name][0])
    return GAP.join([words, ramp.scale("0 %", "100 %")]) if name == "heads" else words
