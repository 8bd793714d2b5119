"""How the cells of a table are written."""

from rich.cells import cell_len


def abbreviated(name: str, width: int) -> str:
    """Leave out the middle of a name that is too long: runs of one preset differ in their ends."""
    if cell_len(name) <= width:
        return name
    head = width // 3
    return f"{name[:head]}…{name[head + 1 - width :]}"


def figure(value: float | None) -> str:
    """Write a loss."""
    return "" if value is None else f"{value:.4f}"


def count(value: int | None) -> str:
    """Write a whole number."""
    return "" if value is None else f"{value:,}"
