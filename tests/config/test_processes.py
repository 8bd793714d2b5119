"""The flags of several processes, and what a cluster's environment adds to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygpt_keras.config.processes import ProcessOptions, check_divides, process_options
from tinygpt_keras.errors import InputError

SLURM = {"SLURM_PROCID": "3", "SLURM_NTASKS": "4"}


def test_one_process_needs_nothing():
    assert process_options({"preset": "tiny", "steps": 3}, SLURM) == ProcessOptions()
    assert not process_options({"processes": 1}, {}).several


@pytest.mark.parametrize(
    ("flags", "environment", "number", "count"),
    [
        ({"processes": 2, "process_id": 1}, {}, 1, 2),
        ({}, SLURM, 3, 4),
        ({"processes": 8, "process_id": 0}, SLURM, 0, 8),  # what the user says stands
        ({"processes": 2}, {"JOB_COMPLETION_INDEX": "1"}, 1, 2),
    ],
)
def test_a_cluster_numbers_its_processes(flags, environment, number, count):
    options = process_options({"coordinator": "node-1:8476", **flags}, environment)
    assert (options.process_id, options.processes) == (number, count)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"coordinator": "node1"}, "not HOST:PORT"),
        ({"coordinator": "node1:0", "processes": 2, "process_id": 0}, "not HOST:PORT"),
        ({"coordinator": "node1:99999", "processes": 2, "process_id": 0}, "not HOST:PORT"),
        ({"coordinator": "a b:80", "processes": 2, "process_id": 0}, "not HOST:PORT"),
        ({"coordinator": "node1:80", "process_id": 0}, "needs --processes"),
        ({"coordinator": "[::1]:80", "processes": 2}, "needs --process-id"),
        ({"coordinator": "node1:80", "processes": 2, "process_id": 2}, "count from 0 to 1"),
        ({"process_id": 1, "processes": 2}, "goes with --coordinator"),
        ({"coordinator": "", "process_id": 0}, "not HOST:PORT"),
        ({"coordinator": "::1:80", "processes": 2, "process_id": 0}, "IPv6 address stands in brackets"),
        ({"coordinator": "node1:80", "processes": 1, "process_id": 0}, "but --processes is 1"),
        ({"retries": 3}, "--retries needs two --processes"),
        ({"processes": 1, "join_timeout": 30}, "--join-timeout needs two --processes"),
        ({"processes": 0}, "processes"),
        ({"processes": 2, "heartbeat": 1}, "heartbeat"),
    ],
)
def test_what_makes_no_sense_is_refused(flags, words):
    with pytest.raises(InputError, match=words.replace("[", r"\[")):
        process_options(flags, {})


@pytest.mark.parametrize(
    ("flags", "environment", "words"),
    [
        ({"processes": 2}, {"SLURM_PROCID": "2"}, "SLURM_PROCID is 2, but 2 processes count from 0 to 1"),
        ({}, {"SLURM_PROCID": "0", "SLURM_NTASKS": "1"}, "but SLURM_NTASKS is 1"),
    ],
)
def test_a_variable_of_a_cluster_is_named(flags, environment, words):
    with pytest.raises(InputError, match=words):
        process_options({"coordinator": "node1:80", **flags}, environment)


@given(st.integers(1, 500), st.integers(1, 64))
def test_only_even_parts_are_taken_and_sizes_that_work_are_named(batch_size, devices):
    if batch_size % devices == 0:
        check_divides(batch_size, devices, "devices")
        return
    with pytest.raises(InputError, match=f"--batch-size is {batch_size}, which {devices} devices") as refused:
        check_divides(batch_size, devices, "devices")
    sizes = [int(size) for size in str(refused.value).rstrip(".").rpartition(": ")[2].split(", ")]
    assert all(size > 0 and size % devices == 0 for size in sizes)
    assert min(abs(size - batch_size) for size in sizes) <= devices
