"""Results of the authors' own code, lossless: the drawn pairs lie here, crops of real images in the shared folder."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from _pytest.mark import ParameterSet

from tcmoa_bench.baselines import FUSERS
from tcmoa_bench.images import read_image, to_uint8
from tcmoa_bench.types import FuserOptions, Image
from tests.baselines.pairs import PAIR
from tests.conftest import SHARED

HERE = Path(__file__).parent / "golden"
DRAWN = sorted(tuple(path.stem.split("__")) for path in HERE.glob("*__*.png"))
#: Their result hangs on the step counts of an iterative solver (SPEC section 28).
BY_PSNR = {"GTF"}


def _case(method: str, pair: str) -> ParameterSet:
    """A parameter set; LatLRR takes seconds, half a million small eigenvalue problems."""
    return pytest.param(method, pair, marks=pytest.mark.slow if method == "LatLRR" else ())


def _real() -> list[tuple[str, str]]:
    if SHARED is None:
        return []
    with open(SHARED / "baselines" / "golden" / "golden.csv", encoding="utf-8") as file:
        rows = [(row["method"], row["pair"]) for row in csv.DictReader(file)]
    return [row for row in rows if row[0] in FUSERS and not row[1].startswith("syn_")]


def _options(method: str, request: pytest.FixtureRequest) -> FuserOptions:
    """Learned matrices come from the shared folder; a test that needs one skips without it."""
    if not FUSERS[method].record.weights:
        return FuserOptions()
    return FuserOptions(weights=request.getfixturevalue("shared_dir") / "baselines" / "aux")


def _check(method: str, folder: Path, sources: Path, pair: str, options: FuserOptions) -> None:
    a, b = (read_image(sources / f"{pair}_{side}.png") for side in "AB")
    golden = read_image(folder / f"{method}__{pair}.png")
    fused = to_uint8(FUSERS[method].create(options).fuse(a, b, PAIR))
    assert fused.shape == golden.shape
    assert_close(fused, golden, by_psnr=method in BY_PSNR)


def assert_close(fused: Image, golden: Image, *, by_psnr: bool = False) -> None:
    """SPEC section 28: at most one grey level on 0.1 % of the pixels, two nowhere exceeded; or 45 dB."""
    difference = np.abs(fused.astype(int) - golden)
    if by_psnr:
        assert (difference**2).mean() <= 255**2 / 10**4.5
        return
    assert difference.max() <= 2
    assert (difference > 0).mean() <= 0.001


@pytest.mark.parametrize(("method", "pair"), [_case(*case) for case in DRAWN])
def test_drawn_pairs_equal_the_authors_code(method: str, pair: str, request: pytest.FixtureRequest) -> None:
    _check(method, HERE, HERE, pair, _options(method, request))


@pytest.mark.parametrize(("method", "pair"), [_case(*case) for case in _real()])
def test_real_pairs_equal_the_authors_code(
    method: str, pair: str, shared_dir: Path, request: pytest.FixtureRequest
) -> None:
    folder = shared_dir / "baselines" / "golden"
    _check(method, folder, folder / "src", pair, _options(method, request))


def test_every_method_with_a_golden_is_tested() -> None:
    assert {method for method, _ in DRAWN} >= {"LP", "GFF", "GTF", "DSIFT", "SPD_MEF", "LatLRR"}
    assert all(method in FUSERS for method, _ in DRAWN)
