"""Readers of multispectral files."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from scipy.io import savemat

from tcmoa_bench.datasets import DATASETS, check, load
from tcmoa_bench.datasets.bands import (
    enlarge,
    read_band_files,
    read_four_bands,
    read_mat,
    read_source,
    to_eight_bits,
)
from tcmoa_bench.types import PairError
from tests.datasets.drawn import const, put


def four_bands(path: Path, levels: tuple[int, int, int, int]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.stack([const(level) for level in levels], axis=-1), "CMYK").save(path)
    return path


def test_four_bands_are_not_taken_for_inks(tmp_path: Path) -> None:
    image = read_four_bands(four_bands(tmp_path / "1.tif", (10, 20, 30, 40)))
    assert image.shape == (8, 8, 3)
    assert image[0, 0].tolist() == [30, 20, 10]


def test_other_pictures_are_read_as_ever(tmp_path: Path) -> None:
    assert read_four_bands(put(tmp_path / "1.tif", 9)).tolist() == const(9).tolist()
    with pytest.raises(FileNotFoundError):
        read_four_bands(tmp_path / "2.tif")
    (tmp_path / "3.tif").write_bytes(b"not a picture")
    with pytest.raises(ValueError, match=r"3\.tif is not a picture"):
        read_four_bands(tmp_path / "3.tif")


def test_wide_bands_are_not_narrowed(tmp_path: Path) -> None:
    """Pillow takes four 16-bit bands for inks too, and keeps their upper bytes."""
    tifffile.imwrite(tmp_path / "1.tif", np.full((8, 8, 4), 1000, np.uint16), photometric="separated")
    with pytest.raises(ValueError, match=r"1\.tif is a 16-bit picture"):
        read_four_bands(tmp_path / "1.tif")


@pytest.mark.parametrize("level", [0.5, np.nan])
def test_levels_on_another_scale_are_not_guessed(tmp_path: Path, level: float) -> None:
    savemat(tmp_path / "1.mat", {"I_PAN": np.full((8, 8), level), "I_MS": np.full((8, 8, 4), 900.0)})
    with pytest.raises(ValueError, match=r"1\.mat: I_PAN is float64 and holds no levels"):
        read_mat(tmp_path / "1.mat")


def bands(root: Path, sizes: dict[str, int]) -> Path:
    for level, (name, size) in enumerate(sizes.items(), 1):
        put(root / f"Test_{name}/1.tif", const(10 * level, size, size))
    return root / "Test_MS1/1.tif"


def test_band_files_become_colours_of_the_size_of_pan(tmp_path: Path) -> None:
    image = read_band_files(bands(tmp_path, {"MS1": 5, "MS2": 5, "MS3": 5, "PAN": 20}))
    assert image.shape == (20, 20, 3)
    assert image[7, 7].tolist() == [30, 20, 10]


def test_a_missing_or_odd_band_is_named(tmp_path: Path) -> None:
    first = bands(tmp_path / "x", {"MS1": 5, "MS3": 5, "PAN": 20})
    with pytest.raises(FileNotFoundError, match="Test_MS2"):
        read_source(first)
    first = bands(tmp_path / "y", {"MS1": 5, "MS2": 6, "MS3": 5, "PAN": 20})
    with pytest.raises(ValueError, match="one size"):
        read_source(first)


def test_enlarging_keeps_flat_pictures_and_positions() -> None:
    flat = np.full((6, 6, 3), 90, np.uint8)
    assert (enlarge(flat, 24, 24) == 90).all()
    assert enlarge(flat, 6, 6) is flat
    step = np.zeros((4, 4, 3), np.uint8)
    step[:, 2:] = 200
    assert (enlarge(step, 16, 16)[:, :4] < 10).all()
    assert (enlarge(step, 16, 16)[:, 12:] > 190).all()


def test_eleven_bits_are_scaled_and_rounded() -> None:
    levels = np.array([0, 1, 4, 5, 1023, 1024, 2046, 2047, 2048, 60000], np.uint16)
    expected = [round(255 * min(int(level), 2047) / 2047) for level in levels]
    assert to_eight_bits(levels).tolist() == expected
    assert to_eight_bits(np.array([7, 255], np.uint8)).tolist() == [7, 255]


def mat(path: Path, **variables: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, variables)
    return path


def test_a_mat_file_holds_both_sources(tmp_path: Path) -> None:
    cube = np.zeros((4, 4, 4), np.uint16) + np.array([100, 200, 400, 800], np.uint16)
    pan, colours = read_mat(mat(tmp_path / "1.mat", I_PAN=np.full((16, 16), 2047, np.uint16), I_MS=cube))
    assert (pan == 255).all()
    assert colours.shape == (16, 16, 3)
    assert colours[5, 5].tolist() == [50, 25, 12]


def test_of_eight_bands_the_visible_ones_count(tmp_path: Path) -> None:
    cube = np.zeros((4, 4, 8), np.uint8) + np.arange(0, 80, 10, dtype=np.uint8)
    _, colours = read_mat(mat(tmp_path / "1.mat", I_PAN=const(1, 16, 16), I_MS_LR=cube))
    assert colours[5, 5].tolist() == [40, 20, 10]


def test_mat_files_become_pairs_and_damaged_ones_fail_by_name(tmp_path: Path) -> None:
    root = tmp_path / "pansharpening/imgs"
    cube = np.full((4, 4, 4), 50, np.uint8)
    mat(root / "good.mat", I_PAN=const(100, 16, 16), I_MS=cube)
    mat(root / "lacks.mat", I_PAN=const(100, 16, 16))
    mat(root / "other.mat", scores=np.ones(3))
    (root / "broken.mat").write_bytes(b"no mat file")
    pairs = {pair.name: pair for pair in load("pansharpening", tmp_path)}
    assert set(pairs) == {"good", "lacks"}
    a, b = pairs["good"].load()
    assert (int(a[0, 0]), b[0, 0].tolist()) == (100, [50, 50, 50])
    with pytest.raises(PairError, match=r"lacks\.mat lacks I_PAN or I_MS"):
        pairs["lacks"].load()


def test_pairs_travel_to_other_processes(tmp_path: Path) -> None:
    four_bands(tmp_path / "Remote/MS/1.tif", (10, 20, 30, 40))
    put(tmp_path / "Remote/PAN/1.tif", 99)
    (pair,) = pickle.loads(pickle.dumps(load("pansharpening", tmp_path)))
    a, b = pair.load()
    assert (int(a[0, 0]), b[0, 0].tolist()) == (99, [30, 20, 10])
    assert pair.roles == ("panchromatic", "multispectral")


def test_the_check_reads_as_the_fusers_do(tmp_path: Path) -> None:
    four_bands(tmp_path / "Remote/MS/1.tif", (10, 20, 30, 40))
    put(tmp_path / "Remote/PAN/1.tif", 99)
    assert check("pansharpening", tmp_path).ok
    assert DATASETS["pansharpening"].find(tmp_path) == tmp_path
