"""What the form that starts a run says of itself, and its keys."""

from textual.binding import Binding

HELP_TEXT = (
    "Choose what it learns and a preset, and press Start; nothing else has to be filled in. A GPT continues a "
    "text; an encoder-decoder learns pairs, and replies to a source. An empty field keeps the preset's own value, "
    "which it shows in grey. The model is drawn beside the form as it grows: as wide as its stream, a column for "
    "each head, a card for each block, and the parameters of each part. What does not fit together has a ✗ before "
    "its name, and is said below the Start button. A text is named by its path, or chosen from a list of files "
    "with Ctrl+O; one that ends in .tsv holds pairs: on each line a source, a tab and its reply. A run can begin "
    "with the weights of another one, which is what a short text of your own needs: its model is then that run's, "
    "and its recipe the preset's, at a tenth of the learning rate. Fields take letters and digits: the keys below "
    "act from every field. Ctrl+G goes to the run that is trained, or was seen last. Esc goes back, and what was typed "
    "stays for your return."
)
BINDINGS = [
    Binding("ctrl+s", "start", "Start"),
    Binding("ctrl+o", "browse", "Choose a text"),
    Binding("ctrl+g", "watch", "Go to the run"),
    Binding("escape", "leave", "Back", key_display="esc"),
]
