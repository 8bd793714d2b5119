"""The keys of the screen Look: what each one does, and in which views."""

from textual.binding import Binding

from tinygpt_tui.looking.gaze import VIEWS
from tinygpt_tui.screens.looking import KEYS

FAR = 10**9  # further than any text is long
IN_VIEWS = {
    "take": ("next",),
    "settings": ("next",),
    "row": ("next", "neurons"),
    "kind": ("attention", "without"),
    "block": ("attention", "without"),
    "head": ("attention", "without"),
    "switch": ("without",),
    "positions": ("without",),
    "whole": ("without",),
    "rank": ("without",),
    "unit": ("neurons",),
}
"""The views in which an action does something, of those that do not always."""
HELP_TEXT = (
    "A model reads the text at the left; at the right stands what happens inside. The arrows, or a click, move the "
    "cursor: shown is what the model did when it had read up to there. n: what comes next, before and after the "
    "settings; ◂ stands at the one that follows in the text. j and k mark another character, and Enter takes it: "
    "the model writes on from there, as another version of the text. "
    "a: where each head looks; b and h choose one. s: how many bits each character took. "
    "l: what each block would have said. o: what the text costs without heads, feed-forward networks or "
    "positions; r ranks them all by what each does to the next character. u: hidden units that tell something. "
    "Comma and full stop go through the steps of the run, from noise to its best weights; p shows what it wrote "
    "there, t takes any text, m another model. "
    "Of a model that replies the source stands above the reply, and the cursor moves in the reply: c chooses between "
    "the heads that look across at the source, the decoder's own, and the encoder's."
)
BINDINGS = [
    Binding("escape", "leave", "Back", key_display="esc"),
    Binding("left", "move(-1)", "Character before", key_display="←", show=False),
    Binding("right", "move(1)", "Next character", key_display="→", show=False),
    Binding("up", "line(-1)", "Line before", key_display="↑", show=False),
    Binding("down", "line(1)", "Next line", key_display="↓", show=False),
    Binding("home", f"move({-FAR})", "First character", show=False),
    Binding("end", f"move({FAR})", "Last character", show=False),
    *(Binding(KEYS[view], f"view('{view}')", title, show=False) for view, title in VIEWS.items()),
    Binding("j", "row(1)", "Row below", show=False),
    Binding("k", "row(-1)", "Row above", show=False),
    Binding("pagedown", "page(1)", "Page below", show=False),
    Binding("pageup", "page(-1)", "Page above", show=False),
    Binding("enter", "take", "Take", key_display="⏎", show=False),
    Binding("v", "version", "Version", show=False),
    Binding("backspace", "drop", "Drop it", key_display="⌫", show=False),
    Binding("c", "kind", "Cross, own, encoder", show=False),
    Binding("b", "block(1)", "Block", show=False),
    Binding("B", "block(-1)", "Block before", show=False),
    Binding("h", "head(1)", "Head", show=False),
    Binding("H", "head(-1)", "Head before", show=False),
    Binding("space", "switch", "Off/on", key_display="space", show=False),
    Binding("x", "positions", "Positions off/on", show=False),
    Binding("w", "whole", "Whole model", show=False),
    Binding("r", "rank", "Rank all parts", show=False),
    Binding("g", "unit", "Go to unit", show=False),
    Binding("e", "settings", "Settings", show=False),
    Binding("t", "type", "Text"),
    Binding("m,f5", "model", "Model", key_display="m"),
    Binding("comma,left_square_bracket", "step(-1)", "Earlier", key_display=","),
    Binding("full_stop,right_square_bracket", "step(1)", "Later", key_display="."),
    Binding("p", "pinned", "What it wrote"),
]
"""Those that belong to a panel stand in its border, and not in the footer, which is slow to make anew."""
