"""Runs a notebook: `python execute.py NOTEBOOK OUT SECONDS`, in a process of its own.

The kernel's sockets are closed when this process ends and no sooner, which would be a warning in the tests' own.
"""

import sys
from pathlib import Path

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient


def main() -> None:
    """Run the notebook in its folder, and write it with its outputs."""
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    notebook = nbformat.read(source, as_version=4)
    # A socket file instead of ports, which others on the machine could read.
    kernel = AsyncKernelManager(transport="ipc", connection_file=str(target.with_name("kernel.json")))
    resources = {"metadata": {"path": str(source.parent)}}
    NotebookClient(notebook, km=kernel, timeout=int(sys.argv[3]), resources=resources).execute()
    nbformat.write(notebook, target)


if __name__ == "__main__":
    main()
