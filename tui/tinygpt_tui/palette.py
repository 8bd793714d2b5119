"""Lists of all actions by name, for the command palette and the help."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.screen import Screen

from tinygpt_tui.places import PLACES

TEXTUALS = {"app.focus_next", "app.focus_previous", "screen.copy_text", "help_quit"}
LONGEST = 60  # characters of a search text


def commands(app: App[Any], screen: Screen[Any]) -> Iterator[SystemCommand]:
    """List the commands that are available now.

    Args:
        app: The application.
        screen: The current screen.

    Yields:
        A command for each screen to go to, each action of the application, and each enabled key of the screen.
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
    listed: set[str] = set()
    for node, binding, enabled, _ in screen.active_bindings.values():
        if enabled and node is screen and is_own(binding) and binding.action not in listed:
            listed.add(binding.action)  # which may have several keys
            yield SystemCommand(binding.description, f"Key {app.get_key_display(binding)}", later(binding.action, node))


def is_own(binding: Binding) -> bool:
    """Whether a key binding is this application's own, not one that Textual adds to every screen."""
    return bool(binding.description) and binding.action not in TEXTUALS


def keys(app: App[Any], screen: Screen[Any]) -> dict[str, list[tuple[str, str]]]:
    """List the keys of a screen.

    Args:
        app: The application.
        screen: The current screen.

    Returns:
        Pairs of a key and its description: those of the screen, then those that do the same on all screens.
    """
    # An action with several keys is listed once, with its first key.
    here: dict[tuple[str, str], str] = {}
    everywhere: dict[tuple[str, str], str] = {}
    for node, binding, _, _ in screen.active_bindings.values():
        if node in (screen, app) and is_own(binding):
            shown = everywhere if node is app else here
            shown.setdefault((binding.action, binding.description), app.get_key_display(binding))
    headings = {"On this screen": here, "Everywhere": everywhere}
    return {
        heading: [(key, description) for (_, description), key in found.items()]
        for heading, found in headings.items()
        if found
    }
