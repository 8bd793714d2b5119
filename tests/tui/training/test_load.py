"""The load is measured where the system allows it, and drawn on a fixed scale."""

import os
import subprocess
import sys
import time

import psutil
import pytest

from tinygpt_tui.training.load import Meter, bars, memory_words


def test_a_busy_process_is_seen():
    """An idle one takes nothing, and none has no load."""
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        meter = Meter()
        meter.read(busy.pid)
        time.sleep(0.5)
        load = meter.read(busy.pid)
    finally:
        busy.kill()
        busy.wait()
    assert 0 < load.process <= 100
    assert 0 < load.processor <= 100
    assert load.process_memory > 2**20
    assert 0 < load.memory < load.memory_in_all
    assert meter.read(busy.pid)[4:] == (None, None), "it has ended"
    assert meter.read(None)[4:] == (None, None)


@pytest.mark.parametrize("process", [-1, 0, 2**31 - 1, 2**70])
def test_no_number_in_a_file_is_an_error(process):
    load = Meter().read(process)
    assert load.process is None
    assert load.cores >= 1


def test_what_the_system_hides_is_left_out(monkeypatch):
    def refuse(*_, **__):
        raise psutil.AccessDenied

    meter = Meter()
    for name in ("cpu_percent", "virtual_memory"):
        monkeypatch.setattr(psutil, name, refuse)
    monkeypatch.setattr(psutil.Process, "memory_info", refuse)
    load = meter.read(os.getpid())
    assert (load.processor, load.memory, load.memory_in_all, load.process, load.process_memory) == (None,) * 5


def test_columns_have_one_scale():
    assert bars([0, 50, 100], 5) == ["  ▁▄█"]
    assert bars([0, 50, 100, 250], 4, 2) == ["  ██", "▁███"]
    assert bars([100] * 9, 3) == ["███"]
    assert bars([], 3) == ["   "]
    assert bars([50], 0) == [""]


def test_memory_is_said_in_units_of_a_thousand():
    assert memory_words(None) == ""
    assert memory_words(5_200_000_000, 16_400_000_000) == "5.2 GB of 16.4 GB"
