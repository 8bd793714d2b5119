"""Every action by name: for the command palette, and for the list of keys in the help."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.screen import Screen

from tinygpt_tui.place import PLACES

TEXTUALS = {"app.focus_next", "app.focus_previous", "screen.copy_text", "help_quit"}
LONGEST = 60  # characters of a search


def commands(app: App[Any], screen: Screen[Any]) -> Iterator[SystemCommand]:
    """List what can be done now, wherever one is.

    Args:
        app: The application.
        screen: The one that is shown.

    Yields:
        A command for each key of the screen that does something now, and for each place.
    """

    def later(action: str, node: Any) -> Any:
        return partial(app.call_later, app.run_action, action, node)

    for place in PLACES:
        yield SystemCommand(f"Go to {place.name}", place.help, later(f"go('{place.name}')", app))
    yield SystemCommand(
        "Start the worker again", "When the process that holds the models has ended", later("start_worker", app)
    )
    yield SystemCommand("Light or dark", "Change the colours", later("toggle_light", app))
    yield SystemCommand("Help", "What this screen is for", later("help", app))
    yield SystemCommand("Quit", "Runs that train go on", later("quit", app))
    for node, binding, enabled, _ in screen.active_bindings.values():
        if enabled and node is screen and is_own(binding):
            yield SystemCommand(binding.description, f"Key {app.get_key_display(binding)}", later(binding.action, node))


def is_own(binding: Binding) -> bool:
    """Say whether a screen's key does something of ours, rather than what Textual gives to every screen."""
    return bool(binding.description) and binding.action not in TEXTUALS


def keys(app: App[Any], screen: Screen[Any]) -> list[tuple[str, str]]:
    """List the keys of a screen.

    Args:
        app: The application.
        screen: The one that is shown.

    Returns:
        Each key with what it does.
    """
    shown: dict[tuple[str, str], str] = {}  # a thing that several keys do is shown with the first
    for node, binding, _, _ in screen.active_bindings.values():
        if node in (screen, app) and is_own(binding):
            shown.setdefault((binding.action, binding.description), app.get_key_display(binding))
    return [(key, description) for (_, description), key in shown.items()]
