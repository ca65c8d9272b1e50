"""Darkest and brightest of a sequence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tcmoa_bench.datasets import load
from tcmoa_bench.datasets.exposure import UNREADABLE, extremes, mean_luminance, mean_luminances
from tcmoa_bench.types import PairError
from tests.datasets.drawn import const, put


def test_mean_luminance_of_a_large_jpeg_is_that_of_its_pixels(tmp_path: Path) -> None:
    rows, columns = np.mgrid[:600, :800]
    picture = ((rows * 3 + columns * 5) % 256).astype(np.uint8)
    assert mean_luminance(put(tmp_path / "1.jpg", picture)) == pytest.approx(picture.mean(), abs=1)
    assert mean_luminance(put(tmp_path / "1.png", picture)) == picture.mean()


def test_equal_pictures_still_make_two_sources(tmp_path: Path) -> None:
    pictures = [put(tmp_path / f"{n}.png", 50) for n in range(3)]
    assert extremes(pictures, mean_luminances(pictures)) == (pictures[0], pictures[2])


def test_a_changed_picture_is_looked_at_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TCMOA_BENCH_CACHE", str(tmp_path / "cache"))
    picture = put(tmp_path / "1.png", const(50, 20, 20))
    assert mean_luminances([picture]) == {picture: 50.0}
    put(picture, const(70, 21, 20))
    assert mean_luminances([picture]) == {picture: 70.0}


def test_levels_are_remembered_without_opening_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TCMOA_BENCH_CACHE", str(tmp_path / "cache"))
    picture = put(tmp_path / "1.png", 50)
    mean_luminances([picture])
    monkeypatch.setattr("tcmoa_bench.datasets.exposure.mean_luminance", lambda path: pytest.fail("opened"))
    assert mean_luminances([picture]) == {picture: 50.0}


@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b'{"a": "b"}', b"\xff"])
def test_a_spoiled_memory_is_no_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setenv("TCMOA_BENCH_CACHE", str(tmp_path))
    (tmp_path / "luminance-v1.json").write_bytes(content)
    picture = put(tmp_path / "1.png", 50)
    assert mean_luminances([picture]) == {picture: 50.0}


def test_a_cache_that_cannot_be_written_costs_time_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("TCMOA_BENCH_CACHE", str(tmp_path / "file"))
    picture = put(tmp_path / "1.png", 50)
    assert mean_luminances([picture]) == {picture: 50.0}


def test_an_unreadable_exposure_fails_by_its_name_and_is_not_passed_over(tmp_path: Path) -> None:
    for number, level in enumerate((50, 200, 100)):
        put(tmp_path / f"Dataset_Part1/1/{number}.JPG", level)
    (tmp_path / "Dataset_Part1/1/2.JPG").write_bytes(b"")
    assert mean_luminance(tmp_path / "Dataset_Part1/1/2.JPG") == UNREADABLE
    assert mean_luminance(tmp_path / "gone.JPG") == UNREADABLE
    (pair,) = load("sice", tmp_path)
    with pytest.raises(PairError, match=r"2\.JPG is empty"):
        pair.load()
