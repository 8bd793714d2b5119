"""Three made tasks with one right reply to each source: reverse a word, sort its letters, write a date as numbers.

A task is a text of pairs like a user's own: one to a line, the source, a tab, and the reply.
"""

import datetime
import random
import string
from collections.abc import Callable, Iterator

EXAMPLES = 50_000  # pairs of a task; the last tenth is held out
SEED = 1607
SHORTEST, LONGEST = 8, 16  # letters of a word
FIRST_YEAR, LAST_YEAR = 1000, 2999
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
ORDINALS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}


def words() -> Iterator[str]:
    """Yield different random words of 8 to 16 letters, the same ones every time."""
    source, seen = random.Random(SEED), set[str]()
    while len(seen) < EXAMPLES:
        word = "".join(source.choices(string.ascii_lowercase, k=source.randint(SHORTEST, LONGEST)))
        if word not in seen:
            seen.add(word)
            yield word


def reverse() -> Iterator[tuple[str, str]]:
    """Yield words, and the same backwards."""
    return ((word, word[::-1]) for word in words())


def sort() -> Iterator[tuple[str, str]]:
    """Yield words, and their letters in the alphabet's order."""
    return ((word, "".join(sorted(word))) for word in words())


def dates() -> Iterator[tuple[str, str]]:
    """Yield dates in five notations, and the same as year, month and day; each date with all its notations in a row."""
    first, last = datetime.date(FIRST_YEAR, 1, 1).toordinal(), datetime.date(LAST_YEAR, 12, 31).toordinal()
    days = random.Random(SEED).sample(range(first, last + 1), EXAMPLES // 5)
    for day in map(datetime.date.fromordinal, days):
        for notation in notations(day):
            yield notation, day.isoformat()


def notations(day: datetime.date) -> tuple[str, ...]:
    """Return the ways in which a date is written, such as `3rd of May 1607` and `5/3/1607`."""
    month = MONTHS[day.month - 1]
    return (
        f"{day.day}{ORDINALS.get(day.day, 'th')} of {month} {day.year}",
        f"{day.day} {month} {day.year}",
        f"{month} {day.day}, {day.year}",
        f"{day.month}/{day.day}/{day.year}",
        f"{day.day}.{day.month}.{day.year}",
    )


MADE: dict[str, Callable[[], Iterator[tuple[str, str]]]] = {"reverse": reverse, "sort": sort, "dates": dates}


def task_text(name: str) -> str:
    """Return a made task as a text of pairs.

    Args:
        name: `reverse`, `sort` or `dates`.

    Returns:
        A line for each pair: the source, a tab, and the reply.
    """
    return "".join(f"{source}\t{reply}\n" for source, reply in MADE[name]())
