"""A walk through a text as one self-contained page for a browser: no network, nothing to install."""

import base64
import hashlib
import json
import re
from importlib import resources
from typing import Any

import msgspec

from tinygpt_keras.findings import Walk


def page(walk: Walk) -> str:
    """Return the page.

    What the page shows of the text, its script writes as text, never as HTML, and the browser is told to run no other
    script and to load nothing.

    Args:
        walk: What the model did at every character.

    Returns:
        An HTML document.
    """
    script, style = part("page.js"), part("page.css")
    parts = {
        "POLICY": f"default-src 'none'; script-src {checksum(script)}; style-src {checksum(style)}",
        "STYLE": style,
        "DATA": in_html(json.dumps(compact(walk), separators=(",", ":"))),
        "SCRIPT": script,
    }
    return re.sub("@([A-Z]+)@", lambda found: parts[found[1]], part("page.html"))


def compact(walk: Walk) -> dict[str, Any]:
    """Return a walk as plain values, in which a character and its probability are a pair."""
    plain = msgspec.to_builtins(walk)
    for place in plain["places"]:
        place["likely"] = pairs(place["likely"])
        place["stages"] = [pairs(stage) for stage in place["stages"]]
    return plain


def pairs(chances: list[dict[str, Any]]) -> list[tuple[str, float]]:
    """Return characters and their probabilities to a hundredth of a percent."""
    return [(chance["character"], round(chance["probability"], 4)) for chance in chances]


def part(name: str) -> str:
    """Read a file beside this one."""
    return (resources.files("tinygpt_keras.drawing") / name).read_text("utf-8")


def checksum(text: str) -> str:
    """Name a script or a style sheet to the browser, which then allows no other."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def in_html(text: str) -> str:
    """Escape JSON so that none of it ends the element that holds it."""
    return text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")
