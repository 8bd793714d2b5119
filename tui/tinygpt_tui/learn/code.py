"""How code is shown: long lines folded, and calm colours of the theme's own."""

from pygments.token import Token
from textual.content import Content
from textual.highlight import HighlightTheme, highlight

INDENT = 4  # further columns of what is folded


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
    """Fold a line: first before its comment, then at spaces."""
    if len(line) <= width:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()) + INDENT)
    statement, mark, comment = line.partition("  # ")
    parts: list[str] = []
    while len(statement) > width:
        place = statement.rfind(" ", len(indent) + 1, width + 1)
        place = place if place > 0 else statement.find(" ", len(indent) + 1)  # the first word is too long
        if place < 0:
            break
        parts.append(statement[:place])
        statement = indent + statement[place + 1 :]
    return [*parts, statement, *([f"{indent}# {comment}"] if mark else [])]
