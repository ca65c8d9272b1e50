"""A pytest fixture for people who test their own fuser: a run of a suite, held to a baseline file.

    def test_my_network_has_not_moved(fusion_baseline):
        fusion_baseline("my_network:fuse", "tests/my_network.json", suite="vif")

`pytest --update-fusion-baseline` writes the file anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switch that writes baselines anew."""
    parser.getgroup("tcmoa-bench").addoption(
        "--update-fusion-baseline",
        action="store_true",
        help="write the baseline files of fusion_baseline anew",
    )


@pytest.fixture
def fusion_baseline(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., None]:
    """Run a fuser over a suite and fail if a value moved; see this module's docstring."""

    def check(
        fuser: str | Sequence[str],
        baseline: str | Path,
        suite: str = "vif",
        data: str | Path | None = None,
        metrics: tuple[str, ...] | None = None,
        limit: int | None = None,
        allow: Mapping[str, str] | None = None,
        tolerances: str | Path | None = None,
    ) -> None:
        from tcmoa_bench.reports.drift import render, snapshot
        from tcmoa_bench.reports.drift.compare import Tolerance, Tolerances, compare, read_tolerances
        from tcmoa_bench.run.progress import Progress
        from tcmoa_bench.run.request import Request
        from tcmoa_bench.run.runner import run
        from tcmoa_bench.run.suite import load_suite

        update = request.config.getoption("--update-fusion-baseline")
        if not update and not Path(baseline).is_file():
            pytest.fail(
                f"no baseline file {baseline}: run pytest with --update-fusion-baseline to write it",
                pytrace=False,
            )
        # What is damaged must be known before the work, not after it.
        expected = None if update else snapshot.load_snapshot(Path(baseline))
        limits = read_tolerances(Path(tolerances), Tolerance()) if tolerances is not None else Tolerances()
        fusers = (fuser,) if isinstance(fuser, str) else tuple(fuser)
        folder = Path(data) if data is not None else None
        wanted = Request(load_suite(suite), tmp_path / "run", folder, fusers, metrics, limit=limit)
        outcome = run(wanted, progress=Progress(None), report=False)
        if outcome.failures:
            first = outcome.failures[0]
            pytest.fail(f"{len(outcome.failures)} cells failed; {first.pair}: {first.message}", pytrace=False)
        now = snapshot.load_snapshot(outcome.folder)
        if expected is None:
            snapshot.save(now, Path(baseline))
            return
        # Libraries are the user's affair in a unit test; moved values are not.
        accepted = {"environment": "not the subject of this test", **(allow or {})}
        comparison = compare(snapshot.only_fusers(expected, outcome.fusers), now, limits, accepted)
        if comparison.drift or comparison.moved:
            pytest.fail(render.to_md(comparison), pytrace=False)

    return check
