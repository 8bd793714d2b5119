"""The terminal UI starts without TensorFlow, Keras and NumPy, and never loads the first two at all."""

from pathlib import Path

import tinygpt_tui
from tests.test_import_rules import loaded_after

ROOT = Path(tinygpt_tui.__file__).parent
MODULES = [
    ".".join(("tinygpt_tui", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
    for path in sorted(ROOT.rglob("*.py"))
    if path.name != "__main__.py"
]
# textual-plot needs NumPy
DRAWS_CURVES = {
    "tinygpt_tui.widgets.loss_plot",
    "tinygpt_tui.widgets.run_curves",
    "tinygpt_tui.widgets.plot_ticks",
    "tinygpt_tui.widgets.plot_canvas",
    "tinygpt_tui.screens.watch",
}

LIKE_WINDOWS = """
import importlib.abc, sys

class Lacking(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in ("termios", "fcntl", "tty", "pty", "resource"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Lacking())
"""

FIRST_FRAME = """
import asyncio, sys
from pathlib import Path
from tinygpt_tui.app import TinyGPTApp

seen = []

def preload(app):
    # It is the last thing that a start does, and what comes after the first frame.
    seen.append([name for name in ("tensorflow", "keras", "numpy") if name in sys.modules])

async def start():
    TinyGPTApp.preload = preload
    async with TinyGPTApp(Path("nowhere"), worker=["sleep", "100"]).run_test():
        while not seen:
            await asyncio.sleep(0.01)

asyncio.run(start())
assert seen == [[]], seen
"""


def test_modules_were_found():
    assert {"tinygpt_tui.app", "tinygpt_tui.screens.chat", "tinygpt_tui.runs.history", *DRAWS_CURVES} <= set(MODULES)


def test_all_but_the_curves_load_nothing_heavy():
    assert loaded_after("import " + ", ".join(name for name in MODULES if name not in DRAWS_CURVES)) == set()


def test_the_curves_load_numpy_alone():
    assert loaded_after("import " + ", ".join(DRAWS_CURVES)) == {"numpy"}


def test_only_the_linux_driver_imports_posix_modules():
    names = [name for name in MODULES if name not in {*DRAWS_CURVES, "tinygpt_tui.terminal.linux"}]
    assert loaded_after(f"{LIKE_WINDOWS}\nimport {', '.join(names)}") == set()


def test_the_first_frame_loads_no_heavy_modules():
    assert loaded_after(FIRST_FRAME) == set()


def test_files_stay_small():
    assert max(len(path.read_text("utf-8").splitlines()) for path in ROOT.rglob("*.py")) <= 300
