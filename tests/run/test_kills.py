"""A share of `python -m benchmarks.kills`: SIGKILL at random moments, then on to the end, equal to the bit."""

import sys

import pytest

from benchmarks import kills


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="forks a process with its modules loaded")
def test_killed_runs_end_as_an_undisturbed_one(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert kills.measure(8, seed=5) == 0
