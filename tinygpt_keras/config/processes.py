"""How many processes train together, where they meet, and what happens when one is lost."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from tinygpt_keras.config.fields import FieldError, Options, flag_name, option
from tinygpt_keras.errors import InputError

ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/]+):([0-9]{1,5})")
# What Slurm gives each task of `srun`, and Kubernetes each pod of an indexed Job.
NUMBERS = ("SLURM_PROCID", "JOB_COMPLETION_INDEX")
COUNT = "SLURM_NTASKS"
LOCAL = "127.0.0.1"  # where the processes of one machine meet
MANY = 6  # sizes of a batch that a message names


@dataclass(frozen=True)
class ProcessOptions(Options):
    """Several processes that train one run together; a single one by default."""

    processes: int = option(
        1, "train one run in N processes on JAX; each computes its part of every batch", minimum=1, maximum=4096
    )
    coordinator: str = option(
        "",
        "address of process 0 as HOST:PORT, for processes on several machines: start the same command on each, with "
        "--process-id. Process 0 alone reads the text and writes the run",
    )
    process_id: int | None = option(
        None,
        "number of this process, from 0; by default what Slurm or an indexed Job of Kubernetes says",
        minimum=0,
        maximum=4095,
    )
    heartbeat: int = option(
        10, "a process without a sign of life for this long counts as lost", minimum=2, maximum=3600, unit="seconds"
    )
    join_timeout: int = option(
        300, "how long the processes wait for each other at the start", minimum=5, maximum=86400, unit="seconds"
    )
    retries: int = option(
        0, "how often to start all again from the last checkpoint after a process was lost", minimum=0, maximum=1000
    )

    @property
    def several(self) -> bool:
        """Whether there is more than one process."""
        return self.processes > 1

    @property
    def repeated(self) -> list[str]:
        """The flags with which process 0 trains in as many processes again."""
        if not self.several:
            return []
        is_here = not self.coordinator or self.coordinator.startswith(f"{LOCAL}:")
        where = [] if is_here else ["--coordinator", self.coordinator, "--process-id", "0"]
        return ["--processes", str(self.processes), *where]


def process_options(flags: Mapping[str, Any], environment: Mapping[str, str]) -> ProcessOptions:
    """Take the options out of a command's flags, and the number of this process from a cluster's environment.

    Args:
        flags: The flags that were given, by name; others are ignored.
        environment: The environment variables.

    Returns:
        The options; with a coordinator, always with a number.

    Raises:
        InputError: When a value is invalid, is missing, or says nothing without another one.
    """
    given: dict[str, Any] = {field.name: flags[field.name] for field in fields(ProcessOptions) if field.name in flags}
    found = from_cluster(environment) if "coordinator" in given else {}
    taken: dict[str, Any] = {name: value for name, (value, _) in found.items()}
    options = ProcessOptions(**{**taken, **given})
    if "coordinator" not in given:
        if options.process_id is not None:
            raise InputError("--process-id goes with --coordinator, the address of process 0. Give both, or neither.")
        others = given.keys() - {"processes"}
        if not options.several and others:
            raise InputError(f"{flag_name(min(others))} needs two --processes or more.")
        return options

    def named(name: str) -> str:
        """Return a flag's name, or that of the variable whose value it has."""
        return found[name][1] if name in found and name not in given else flag_name(name)

    address = ADDRESS.fullmatch(options.coordinator)
    if not address or not 0 < int(address[2]) < 2**16:
        raise InputError(
            f"--coordinator is {options.coordinator!r}, and not HOST:PORT. Give the address of the machine of process "
            "0 and a free port there, such as node1:8476; an IPv6 address stands in brackets."
        )
    if "processes" not in given and "processes" not in found:
        raise InputError("--coordinator needs --processes, the number of all processes on all machines.")
    if not options.several:
        raise InputError(f"--coordinator is for two processes or more, but {named('processes')} is 1.")
    if options.process_id is None:
        raise InputError(
            "--coordinator needs --process-id, the number of this process: 0 on the machine of the coordinator."
        )
    if options.process_id >= options.processes:
        raise InputError(
            f"{named('process_id')} is {options.process_id}, but {options.processes} processes count from 0 to "
            f"{options.processes - 1}."
        )
    return options


def from_cluster(environment: Mapping[str, str]) -> dict[str, tuple[int, str]]:
    """Return this process's number and how many there are, each with the variable of a cluster that says so."""
    variables = {name: int(value) for name in (*NUMBERS, COUNT) if (value := environment.get(name, "")).isdigit()}
    number = next((name for name in NUMBERS if name in variables), "")
    found = {"process_id": (variables[number], number)} if number else {}
    if number == NUMBERS[0] and COUNT in variables:
        found["processes"] = variables[COUNT], COUNT
    return found


def check_divides(batch_size: int, parts: int, what: str, is_fixed: bool = False) -> None:
    """Reject a batch that cannot be divided evenly.

    Args:
        batch_size: B.
        parts: How many parts it is to have.
        what: What each part is for, in the plural.
        is_fixed: Whether the batch is that of a run to resume.

    Raises:
        InputError: When a part would be larger than another; it names what works.
    """
    if batch_size % parts == 0:
        return
    if is_fixed:
        works = ", ".join(str(count) for count in range(1, batch_size + 1) if batch_size % count == 0)
        raise InputError(f"{parts} {what} cannot divide the run's batches of {batch_size} evenly. What works: {works}.")
    first = max(round(batch_size / parts) - MANY // 2, 1)
    sizes = ", ".join(str(size * parts) for size in range(first, first + MANY))
    raise FieldError(
        lambda named: (
            f"{named('batch_size')} is {batch_size}, which {parts} {what} cannot divide evenly. Sizes near it that "
            f"work: {sizes}."
        )
    )
