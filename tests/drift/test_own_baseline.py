"""This project's own food: its metrics on its own sample, held to a baseline file.

A value that moves while its signature stays is caught here: raise the metric's version, say why in its docstring, and
`tcmoa-bench baseline update tests/drift/baseline.json RUN` in the same commit.
"""

from pathlib import Path

import pytest

from tests.commands import call

HERE = Path(__file__).parent


@pytest.mark.slow
def test_no_metric_has_moved(tmp_path, monkeypatch):
    monkeypatch.delenv("TCMOA_BENCH_DATA", raising=False)
    ran = call("run", "--suite", HERE / "own.toml", "--limit", 1, "--out", tmp_path / "run", "--no-report")
    assert ran.code == 0, ran.err
    allowed = ("--allow", "environment=other machines and libraries are compared on purpose")
    result = call(
        "compare",
        HERE / "baseline.json",
        tmp_path / "run",
        "--tolerances",
        HERE / "tolerances.toml",
        *allowed,
    )
    assert result.code == 0, result.out + result.err
    assert "6 cells" in result.out
