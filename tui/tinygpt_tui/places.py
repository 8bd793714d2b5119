"""The places of the terminal UI: their names, keys and descriptions."""

from typing import NamedTuple


class Place(NamedTuple):
    """A screen that the navigation bar leads to."""

    name: str
    title: str
    key: str
    """The function key."""
    digit: str
    """A key for terminals that keep function keys to themselves."""
    letter: str
    """The key on the start screen."""
    button: str
    """The button on the start screen."""
    help: str


TRAIN = Place("train", "Train", "f2", "1", "t", "Train a model", "Train a model, or watch the run")
CHAT = Place("chat", "Chat", "f3", "2", "c", "Chat with one", "Chat with a model")
RUNS = Place("runs", "Runs", "f4", "3", "r", "See runs", "All runs")
LOOK = Place("look", "Look", "f8", "4", "k", "Look inside", "See what a model does inside")
LEARN = Place("learn", "Learn", "f10", "5", "l", "Learn how", "Learn how attention works")
PLACES = TRAIN, CHAT, RUNS, LOOK, LEARN
HOME = "home"
"""The name of the start screen, which the navigation bar does not lead to."""
