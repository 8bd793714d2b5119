"""The dark and the light theme; style sheets use only their colour variables."""

from textual.theme import Theme


def scroll_bar(ground: str) -> dict[str, str]:
    """Return the colours of a scroll bar's ground, which Textual makes black where nothing is given."""
    names = (
        "scrollbar-background",
        "scrollbar-background-hover",
        "scrollbar-background-active",
        "scrollbar-corner-color",
    )
    return dict.fromkeys(names, ground)


DARK = Theme(
    name="tinygpt-dark",
    primary="#8fb8de",
    secondary="#6c8f6c",
    accent="#d9a441",
    warning="#e0a458",
    error="#e06c6c",
    success="#8fbf8f",
    foreground="#e6e1d6",
    background="#16181d",
    surface="#1c1f26",
    panel="#262a33",
    dark=True,
    variables=scroll_bar("#1c1f26"),
)
LIGHT = Theme(
    name="tinygpt-light",
    primary="#2b5d8c",
    secondary="#4f7f4f",
    accent="#8a5a00",
    warning="#9a5b00",
    error="#a61f1f",
    success="#2f6b2f",
    foreground="#22211d",
    background="#faf7f0",
    surface="#f2eee4",
    panel="#e6e0d2",
    dark=False,
    variables=scroll_bar("#f2eee4"),
)
THEMES = [DARK, LIGHT]
