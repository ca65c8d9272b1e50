"""Every golden output of the networks that stand as rows in TC-MoA's tables, made by the authors' own code."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from tcmoa_bench.baselines import FUSERS
from tcmoa_bench.images import read_image, to_uint8
from tcmoa_bench.types import FuserOptions, Image, Task
from tests.baselines.deep.conftest import golden_rows
from tests.baselines.deep.deterministic import drawn, listed
from tests.conftest import SHARED

TASKS = {"VIF": Task.VIF, "MEF": Task.MEF, "MFF": Task.MFF}
ROWS = (
    golden_rows(SHARED / "weights" / "rows") if SHARED and (SHARED / "weights" / "rows").is_dir() else []
) or [{"name": "no goldens here", "pair": ""}]

#: What the authors' float32 cumulative sums leave of MEFNet; its float64 golden is the firm one.
FLOAT = {"mefnet": 5e-3}
#: Share of values that may differ by one level.
SHARE = {"mefnet": 0.005, "swinfuse": 0.0025}


@pytest.fixture(scope="session")
def rows_dir(weights_dir: Path) -> Path:
    folder = weights_dir / "rows"
    if not folder.is_dir():
        pytest.skip("no folder weights/rows among the shared files")
    return folder


@pytest.fixture(scope="session")
def options(rows_dir: Path, tmp_path_factory: pytest.TempPathFactory):
    """How each golden's weights are given: from the folder, or drawn into a file of one's own."""
    folder = tmp_path_factory.mktemp("drawn")

    def make(row: dict[str, str]) -> FuserOptions:
        if row["weights"] != "deterministic":
            return FuserOptions(weights=rows_dir)
        name = next(n for n in _lists(rows_dir) if row["name"].startswith(n))
        file = folder / f"{name}.safetensors"
        if not file.exists():
            save_file(drawn(name, listed(rows_dir / "keys" / f"{name}.txt")), file)
        return FuserOptions(extra={"weights": str(file)})

    return make


def _lists(folder: Path) -> list[str]:
    return sorted((file.stem for file in (folder / "keys").glob("*.txt")), key=len, reverse=True)


def _source(folder: Path, name: str) -> Image:
    """Pairs of the first goldens lie in their folder."""
    file = folder / "golden" / name
    return read_image(file if file.is_file() else folder.parent / "golden" / name)


def _sources(row: dict[str, str], folder: Path) -> list[Image]:
    images = [_source(folder, row[key]) for key in ("file_A", "file_B")]
    if row["name"] == "mefgan":  # the authors' script cuts to multiples of 8; this project's fuser never cuts
        images = [x[: x.shape[0] // 8 * 8, : x.shape[1] // 8 * 8] for x in images]
    return images


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['name']}-{row['pair']}")
def test_equals_the_authors_code(row, rows_dir, options):
    a, b = _sources(row, rows_dir)
    fuser, task = FUSERS[row["name"]].create(options(row)), TASKS[row["task"]]

    out = fuser.run(a, b, task)
    expected = np.load(rows_dir / "golden" / row["file_float"])["out"]
    planes = expected[None] if expected.ndim == 2 else expected
    if row["name"] == "mefgan":
        planes = np.moveaxis(expected, -1, 0)
    if row["name"].startswith("mffgan"):  # recorded on the file's scale
        planes = (planes - 127.5) / 127.5
    assert out.shape == planes.shape
    assert np.abs(out - planes).max() <= FLOAT.get(row["name"], 1e-4) * np.ptp(planes)

    image = to_uint8(fuser.finish(out, a, b, task))
    published = read_image(rows_dir / "golden" / row["file_F"])
    assert image.shape == published.shape
    difference = np.abs(image.astype(int) - published)
    assert difference.max() <= 1
    assert (difference > 0).mean() <= SHARE.get(row["name"], 0.001)


def test_the_draw_is_the_stated_one():
    assert zlib.crc32(b"x") == 2363233923
