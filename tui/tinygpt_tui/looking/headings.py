"""What stands around the panels of the screen Look: what each one shows, and the keys that act on it."""

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.findings.words import in_words
from tinygpt_tui.looking import steps
from tinygpt_tui.looking.gaze import Gaze
from tinygpt_tui.looking.steps import Step
from tinygpt_tui.looking.versions import Versions
from tinygpt_tui.runs.choices import Choice

Hints = tuple[tuple[str, str], ...]

HEADS: Hints = (("b", "block"), ("h", "head"))
ALL_KINDS: Hints = (("c", "cross/own/encoder"), *HEADS)
"""The keys that choose a head where there is more than one kind of attention."""
HINTS: dict[str, Hints] = {
    "next": (("j k", "mark"), ("⏎", "take it"), ("e", "settings")),
    "attention": HEADS,
    "surprise": (),
    "lens": (),
    "without": (("space", "off/on"), ("x", "positions"), ("w", "all on"), ("r", "rank")),
    "neurons": (("j k", "choose"), ("g", "go to unit")),
}
"""The keys of each view."""
BOARDS: dict[str, tuple[str, Hints]] = {
    "versions": ("versions", (("v", "next one"), ("⌫", "drop it"))),
    "heads": ("all heads", HEADS),
    "switches": ("what is on", HEADS),
    "lens": ("what each block would say", ()),
    "surprise": ("how surprising the text is", ()),
}
"""What may stand under the text, with its keys."""
WRITTEN = "written at "
SLIDER, SHORT_SLIDER = 24, 9  # columns
ROOMY = 76  # columns of a screen that has room for the longer one


def view_keys(gaze: Gaze) -> Hints:
    """Return the keys of the current view."""
    return ALL_KINDS if gaze.view == "attention" and gaze.model.replies else HINTS[gaze.view]


def board_keys(name: str, gaze: Gaze) -> Hints:
    """Return the keys of what stands under the text."""
    keys = BOARDS[name][1]
    return ALL_KINDS if keys == HEADS and gaze.model.replies else keys


def view_title(gaze: Gaze) -> str:
    """Return what the current view shows."""
    match gaze.view:
        case "next":
            return "what comes next"
        case "attention" if gaze.has_blocks:
            return f"where {in_words(gaze.part)} looks"
        case "surprise":
            return BOARDS["surprise"][0]
        case "lens":
            return BOARDS["lens"][0]
        case "without" if gaze.has_blocks and gaze.is_ranked:
            return "what each part does"
        case "without" if gaze.has_blocks:
            return f"{in_words(gaze.part)} is {'off' if gaze.part in gaze.off else 'on'}"
        case "neurons":
            return "what hidden units tell"
        case _:
            return "nothing to see"


def place_words(gaze: Gaze, versions: Versions, origin: str, is_writing: bool, room: int) -> str:
    """Return the place of the cursor, and what else fits: where the text is from, and the number of the version."""
    count = len(versions.all)
    words = ["writing…"] if is_writing else []
    words += [f"version {versions.shown + 1} of {count}"] if count > 1 else []
    words += [origin] if origin else []
    start = int(gaze.model.replies)  # of a reply, which is no character of it
    words.append(f"{gaze.place + 1 - start:,} of {len(gaze.text) - start:,}")
    if len(", ".join(words)) > room:
        words = [each.removeprefix(WRITTEN) for each in words]
    while len(", ".join(words)) > room and len(words) > 1:
        words.pop(-2)
    return ", ".join(words)


def slider_words(choice: Choice, listed: list[Step], columns: int, best: int | None) -> tuple[str, str, str]:
    """Return a run's name, a slider of its steps, and the name of the step; `best` is that of the best weights."""
    name = Choice(choice.path).label.removesuffix(", best")
    line = steps.slider(listed, choice.step, SLIDER if columns >= ROOMY else SHORT_SLIDER)
    return name, line, steps.in_words(choice.step, best if columns >= ROOMY else None)


def described(model: ModelConfig) -> str:
    """Describe a model in a few words."""
    size = f"{model.parameters():,} parameters"
    if model.architecture == "bigram":
        return size
    twice = "2 × " if model.replies else ""  # in the encoder and in the decoder
    return f"{size}, {twice}{model.num_layers} blocks of {model.num_heads} heads"
