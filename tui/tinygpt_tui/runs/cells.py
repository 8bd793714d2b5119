"""How the cells of a table are written."""

from rich.cells import cell_len

from tinygpt_tui.runs.summary import Summary


def abbreviated(name: str, width: int) -> str:
    """Leave out the middle of a name that is too long: runs of one preset differ in their ends."""
    if cell_len(name) <= width:
        return name
    head = width // 3
    return f"{name[:head]}…{name[head + 1 - width :]}"


def figure(run: Summary) -> str:
    """Write the best loss, with an arrow where it has risen well above it since."""
    return "" if run.best_loss is None else f"{'↑ ' if run.has_risen else ''}{run.best_loss:.4f}"


def count(value: int | None) -> str:
    """Write a whole number."""
    return "" if value is None else f"{value:,}"
