"""Two machines, which are two network namespaces here, train one run; one is unplugged. Needs root: `make scale`."""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import in_a_process
from tests.distribution.test_processes import ON_JAX, RECIPE, losses
from tests.training.endings import starts

pytestmark = pytest.mark.long

FIRST, SECOND = "tinygpt-first", "tinygpt-second"
ADDRESSES = {FIRST: "10.77.0.1", SECOND: "10.77.0.2"}
COORDINATOR = f"{ADDRESSES[FIRST]}:8476"


def shell(*words):
    """Run a command that must succeed."""
    subprocess.run(words, check=True, capture_output=True, text=True)


@pytest.fixture
def machines():
    """Two namespaces with a cable between them; each knows its own name by its address there."""
    for name, address in ADDRESSES.items():
        shell("ip", "netns", "add", name)
        hosts = Path("/etc/netns") / name / "hosts"
        hosts.parent.mkdir(parents=True, exist_ok=True)
        hosts.write_text(f"127.0.0.1 localhost\n{address} {os.uname().nodename}\n")
    shell("ip", "link", "add", "first0", "netns", FIRST, "type", "veth", "peer", "name", "second0", "netns", SECOND)
    for name, link in ((FIRST, "first0"), (SECOND, "second0")):
        shell("ip", "-n", name, "address", "add", f"{ADDRESSES[name]}/24", "dev", link)
        for each in (link, "lo"):
            shell("ip", "-n", name, "link", "set", each, "up")
    yield
    for name in ADDRESSES:
        shell("ip", "netns", "delete", name)
        (Path("/etc/netns") / name / "hosts").unlink()
        (Path("/etc/netns") / name).rmdir()


def start_on(machine, folder, *flags, **environment):
    """Start `train` on a machine, in a folder of its own."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "tinygpt_keras.train", "--coordinator", COORDINATOR, *map(str, flags)]
    with (folder / "errors").open("w") as errors:
        return subprocess.Popen(
            ["ip", "netns", "exec", machine, *command],
            cwd=folder,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )


def wait_until(is_true, *processes):
    """Wait until something holds, while processes run."""
    until = time.monotonic() + 180
    while not is_true():
        assert time.monotonic() < until
        assert all(process.poll() is None for process in processes)
        time.sleep(0.1)


def said(folder):
    """What a process wrote to standard error."""
    return (folder / "errors").read_text("utf-8")


@pytest.mark.usefixtures("machines")
def test_an_unplugged_machine_comes_back_and_the_run_ends_the_same(tmp_path):
    one = in_a_process("train", *RECIPE, "--run-dir", "one", cwd=tmp_path, env=ON_JAX)
    assert one[0] == 0, one[2]
    flags = [*RECIPE, "--run-dir", "run", "--heartbeat", "5", "--join-timeout", "120", "--retries", "2"]
    first, second = tmp_path / FIRST, tmp_path / SECOND
    with contextlib.ExitStack() as stack:
        # As `srun` does: the same command, with numbers from the environment.
        processes = [
            stack.enter_context(start_on(FIRST, first, *flags, SLURM_PROCID="0", SLURM_NTASKS="2")),
            stack.enter_context(start_on(SECOND, second, *flags, SLURM_PROCID="1", SLURM_NTASKS="2")),
        ]
        history = first / "run/events.jsonl"
        wait_until(lambda: history.exists() and '"path": "checkpoints/20"' in history.read_text(), *processes)
        shell("ip", "-n", SECOND, "link", "set", "second0", "down")
        unplugged = time.monotonic()
        wait_until(lambda: "starting again, 1 of 2" in said(first) and "starting again" in said(second), *processes)
        assert time.monotonic() - unplugged < 40  # the heartbeat, and what noticing it takes
        shell("ip", "-n", SECOND, "link", "set", "second0", "up")
        outs = [process.communicate(timeout=240)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], (said(first), said(second))
    assert outs == ["run\n", ""]
    assert not (second / "run").exists()
    assert [resumed for resumed, _ in starts(first / "run")] == [False, True]
    assert losses(first / "run").keys() == losses(tmp_path / "one").keys()
    for step, ours in losses(first / "run").items():
        assert ours == pytest.approx(losses(tmp_path / "one")[step], abs=1e-5), step


@pytest.mark.usefixtures("machines")
def test_a_coordinator_that_cannot_be_reached_is_named(tmp_path):
    began = time.monotonic()
    flags = ["--processes", "2", "--process-id", "1", "--join-timeout", "10"]
    with start_on(SECOND, tmp_path, *flags) as process:
        assert process.wait(60) == 1
    assert time.monotonic() - began < 30
    assert said(tmp_path).startswith(f"error: not all of the 2 processes came to {COORDINATOR} within 10 s. ")
    assert said(tmp_path).count("\n") == 1
