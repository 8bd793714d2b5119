"""Where a text ends."""

from collections.abc import Iterator, Sequence


def stop_at(pieces: Iterator[str], stops: Sequence[str]) -> Iterator[str]:
    """Pass text on until a stop string begins.

    What might be the beginning of a stop string is held back until it is known.

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
        end = min((place for place in map(held.find, stops) if place >= 0), default=None)
        if end is not None:
            if held[:end]:
                yield held[:end]
            return
        safe = len(held) - max((overlap(held, stop) for stop in stops), default=0)
        if safe:
            yield held[:safe]
            held = held[safe:]
    if held:
        yield held


def overlap(text: str, stop: str) -> int:
    """Measure the longest end of a text that a stop string, still unfinished, begins with."""
    longest = min(len(text), len(stop) - 1)
    return next((size for size in range(longest, 0, -1) if stop.startswith(text[-size:])), 0)
