"""How code is shown: long lines folded where they read well, and calm colours of the theme's own."""

from pygments.token import Token
from textual.content import Content
from textual.highlight import HighlightTheme, highlight

INDENT = 8  # further columns of what is folded: more than a block's, so that it is not taken for one
OPEN, CLOSED = "([{", ")]}"
ENDS = (*CLOSED, ",", '"')
"""After these a line may end; after an operator it would look unfinished."""
WORDS = {"def", "for", "in", "if", "return", "lambda"}
"""The keywords of the tour that belong to what follows them."""
INSEPARABLE = "= ", "in "
"""What belongs to what stands before it."""


class CodeTheme(HighlightTheme):
    """Keywords, numbers, strings and comments; names stay as they are."""

    STYLES = {
        Token.Comment: "$foreground 60%",
        Token.Keyword: "$text-primary",
        Token.Operator.Word: "$text-primary",
        Token.Name.Function: "bold",
        Token.Literal.Number: "$text-accent",
        Token.Literal.String: "$text-success",
    }


def shown(code: str, width: int) -> Content:
    """Return Python code in colours.

    Args:
        code: The code.
        width: The columns that a line may take, where it can be folded.

    Returns:
        The code; what is folded stands under it, further to the right.
    """
    lines = [part for line in code.splitlines() for part in folded(line, width)]
    return highlight("\n".join(lines), language="python", theme=CodeTheme)


def folded(line: str, width: int) -> list[str]:
    """Fold a line: its comment goes above it, and what is still too long is folded where it reads best."""
    if len(line) <= width:
        return [line]
    statement, mark, comment = line.partition("  # ")
    start = len(line) - len(line.lstrip())
    indent = " " * (start + INDENT)
    parts = [f"{' ' * start}# {comment}"] if mark else []
    while len(statement) > width and (place := fold(statement, len(indent), width)):
        parts.append(statement[:place])
        statement = indent + statement[place + 1 :]
    return [*parts, statement]


def fold(statement: str, start: int, width: int) -> int:
    """Return the index of the space to fold at: in few brackets, after a comma, far to the right; 0 if there is none.

    Args:
        statement: A statement that is too long.
        start: The columns that a folded part is indented by.
        width: The columns of a line.
    """
    places = spaces(statement)
    fitting = {place: depth for place, depth in places.items() if start < place <= width}
    if not fitting:  # the first word is too long
        return min((place for place in places if place > start), default=0)
    later = {place: depth for place, depth in fitting.items() if place > width // 2}
    return min(later or fitting, key=lambda place: (fitting[place], statement[place - 1] != ",", -place))


def spaces(statement: str) -> dict[int, int]:
    """Return the indices of the spaces where a line may end, each with the number of brackets around it."""
    found: dict[int, int] = {}
    depth = 0
    for place, character in enumerate(statement):
        depth += (character in OPEN) - (character in CLOSED)
        before = statement[:place].rpartition(" ")[2]
        ends = before.endswith(ENDS) or (before[-1:].isalnum() and before not in WORDS)
        if character == " " and ends and not statement.startswith(INSEPARABLE, place + 1):
            found[place] = depth
    return found
