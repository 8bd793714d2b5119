"""Runs the notebook and writes it with its outputs, as Markdown: `python docs/make_rendered_notebook.py`.

Needs the `notebook` or the `test` extra.
"""

import argparse
import base64
import re
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

DOCS = Path(__file__).parent
NOTEBOOK = DOCS.parent / "notebooks" / "transformers.ipynb"
NAME = "transformers.md"
PICTURES = Path("pictures", "notebook")
CELL_TIMEOUT_S = 600  # ends a cell that hangs, even on a busy machine
MADE_BY = "<!-- Made from notebooks/transformers.ipynb by docs/make_rendered_notebook.py. Do not edit. -->"
# Around the outputs, so that a test can compare the rest with the notebook's cells.
BEGIN, END = "<!-- output -->", "<!-- end of output -->"


def main() -> None:
    """Run the notebook and write the rendered copy."""
    parser = argparse.ArgumentParser(description="Run the notebook and write it with its outputs, as Markdown.")
    parser.add_argument("--folder", type=Path, default=DOCS, help="where to write it (default: docs)")
    folder = parser.parse_args().folder
    text, pictures = render(run(nbformat.read(NOTEBOOK, as_version=4)))
    (folder / PICTURES).mkdir(parents=True, exist_ok=True)
    for old in (folder / PICTURES).glob("*.png"):
        old.unlink()
    for name, data in pictures.items():
        (folder / PICTURES / name).write_bytes(data)
    (folder / NAME).write_text(text, "utf-8")


def run(notebook: Any) -> Any:
    """Run a notebook in a fresh kernel, in its own folder.

    Args:
        notebook: As nbformat reads it.

    Returns:
        The notebook with its outputs.
    """
    with tempfile.TemporaryDirectory() as folder:
        # A socket file instead of ports, which other users of the machine could read.
        kernel = AsyncKernelManager(transport="ipc", connection_file=str(Path(folder) / "kernel.json"))
        resources = {"metadata": {"path": str(NOTEBOOK.parent)}}
        options = {"timeout": CELL_TIMEOUT_S, "resources": resources, "coalesce_streams": True}
        return NotebookClient(notebook, km=kernel, **options).execute()


def render(notebook: Any) -> tuple[str, dict[str, bytes]]:
    """Render a notebook as Markdown.

    Args:
        notebook: With or without outputs.

    Returns:
        The text, and the pictures that it shows, PNG by file name.

    Raises:
        ValueError: When a cell printed a warning.
    """
    parts, pictures, heading = [MADE_BY], {}, ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            heading = [heading, *re.findall(r"^#+ (.+)$", cell.source, re.M)][-1]
            continue
        parts.append(f"```python\n{cell.source}\n```")
        if not cell.outputs:
            continue
        parts.append(BEGIN)
        for output in cell.outputs:
            data = output.get("data", {})
            if output.get("name") == "stderr":
                raise ValueError(f"A cell printed to standard error: {output.text}Mend what it warns of.")
            if "image/png" in data:
                name = f"{len(pictures) + 1:02}.png"
                pictures[name] = base64.b64decode(data["image/png"])
                parts.append(f"![{heading}]({(PICTURES / name).as_posix()})")
            elif "text/markdown" in data:
                parts.append(data["text/markdown"])
            else:
                parts.append(f"```text\n{output.get('text', '').rstrip()}\n```")
        parts.append(END)
    return "\n\n".join(parts) + "\n", pictures


def without_outputs(text: str) -> str:
    """Remove the outputs from a rendered copy, which leaves what `render` makes of the cells alone."""
    return re.sub(rf"{BEGIN}\n.*?\n{END}\n\n?", "", text, flags=re.S).rstrip() + "\n"


if __name__ == "__main__":
    main()
