"""Stop strings."""

from collections.abc import Iterator, Sequence


def stop_at(pieces: Iterator[str], stops: Sequence[str]) -> Iterator[str]:
    """Pass a streamed text on until a stop string begins.

    An ending that may be the beginning of a stop string is held back until the next piece decides.

    Args:
        pieces: A text in pieces.
        stops: Strings that end it; empty ones are ignored.

    Yields:
        The text up to the first stop string, which is left out.
    """
    stops = [stop for stop in stops if stop]
    held = ""
    for piece in pieces:
        held += piece
        end = first(held, stops)
        safe = len(held) - max((overlap(held, stop) for stop in stops), default=0)
        if end <= safe:
            break
        if safe:
            yield held[:safe]
            held = held[safe:]
    if rest := held[: first(held, stops)]:
        yield rest


def first(text: str, stops: Sequence[str]) -> int:
    """Return the index of the first stop string, or the text's length plus one without any."""
    return min((place for place in map(text.find, stops) if place >= 0), default=len(text) + 1)


def overlap(text: str, stop: str) -> int:
    """Return the length of the longest end of a text that is an incomplete beginning of a stop string."""
    longest = min(len(text), len(stop) - 1)
    return next((size for size in range(longest, 0, -1) if stop.startswith(text[-size:])), 0)
