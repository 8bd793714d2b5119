"""What the numbers were measured on, and what the system says of a process."""

import datetime
import importlib.metadata
import os
import platform
import re
from pathlib import Path
from typing import Any

PACKAGES = ("textual", "textual-plot", "rich", "pyte", "keras", "tensorflow")
KIB_PER_MB = 1000 / 1.024  # the system counts in 1024 bytes, we in millions


def describe() -> dict[str, Any]:
    """Describe the machine, the versions and the day."""
    return {
        "date": f"{datetime.datetime.now():%Y-%m-%d %H:%M}",
        "cpu": processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def processor() -> str:
    """Name the processor, with its family and model: some clouds call every generation the same."""
    described = Path("/proc/cpuinfo").read_text()
    wanted = {"": "model name", "family ": "cpu family", "model ": "model"}
    found = {word: re.search(rf"^{field}\s*:\s*(.+)", described, re.MULTILINE) for word, field in wanted.items()}
    return ", ".join(word + match[1] for word, match in found.items() if match) or platform.processor()


def load() -> float:
    """Give how many processes wanted a core during the last minute, on average."""
    return round(os.getloadavg()[0], 2)


def cpu_s(pid: int) -> float:
    """Add up what all threads of a process have used of the cores so far, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> dict[str, float]:
    """Say how much memory a process has, its children not counted.

    Args:
        pid: Its process id.

    Returns:
        Megabytes: the most it ever had resident (`peak`), what it has now (`resident`), and that with every shared
        page counted for its part only (`proportional`).
    """
    status = Path(f"/proc/{pid}/status").read_text() + Path(f"/proc/{pid}/smaps_rollup").read_text()
    fields = {"peak": "VmHWM", "resident": "VmRSS", "proportional": "Pss"}
    found = {name: re.search(rf"^{field}:\s*(\d+) kB", status, re.MULTILINE) for name, field in fields.items()}
    return {name: round(int(match[1]) / KIB_PER_MB, 1) for name, match in found.items() if match}
