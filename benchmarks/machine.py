"""The machine, and the resources of a process."""

import datetime
import importlib.metadata
import os
import platform
import re
from pathlib import Path
from typing import Any

PACKAGES = ("textual", "textual-plot", "rich", "pyte", "keras", "tensorflow")
KIB_PER_MB = 1000 / 1.024  # /proc counts in KiB; a MB is a million bytes


def describe() -> dict[str, Any]:
    """Return the date, the machine and the versions."""
    return {
        "date": f"{datetime.datetime.now():%Y-%m-%d %H:%M}",
        "cpu": processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def processor() -> str:
    """Return the processor's name, family and model; some clouds use one name for every generation."""
    described = Path("/proc/cpuinfo").read_text()
    wanted = {"": "model name", "family ": "cpu family", "model ": "model"}
    found = {word: re.search(rf"^{field}\s*:\s*(.+)", described, re.MULTILINE) for word, field in wanted.items()}
    return ", ".join(word + match[1] for word, match in found.items() if match) or platform.processor()


def load() -> float:
    """Return how many processes wanted a core during the last minute, on average."""
    return round(os.getloadavg()[0], 2)


def cpu_s(pid: int) -> float:
    """Return the CPU time of all threads of a process so far, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> dict[str, float]:
    """Return the memory of a process without its children.

    Args:
        pid: The process id.

    Returns:
        Megabytes: peak resident memory (`peak`), resident memory now (`resident`), its part that no file holds
        (`anonymous`), and resident memory with each shared page counted in proportion (`proportional`).
    """
    status = Path(f"/proc/{pid}/status").read_text() + Path(f"/proc/{pid}/smaps_rollup").read_text()
    fields = {"peak": "VmHWM", "resident": "VmRSS", "anonymous": "RssAnon", "proportional": "Pss"}
    found = {name: re.search(rf"^{field}:\s*(\d+) kB", status, re.MULTILINE) for name, field in fields.items()}
    return {name: round(int(match[1]) / KIB_PER_MB, 1) for name, match in found.items() if match}
