"""The embedded sample: the same to the bit everywhere, labelled, demanding enough, written whole or not at all."""

from __future__ import annotations

import csv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tcmoa_bench.datasets import DATASETS, check, load
from tcmoa_bench.datasets.cache import cache_folder, made_once
from tcmoa_bench.datasets.drawing import blur, box, ellipse, noise, polygon, ramp, rod
from tcmoa_bench.datasets.sample import VERSION
from tcmoa_bench.images import pixel_hash, read_image
from tcmoa_bench.types import BenchError, Task
from tests.datasets.drawn import touch

SAMPLES = ("sample_vif", "sample_mef", "sample_mff")


def gray(image: np.ndarray) -> np.ndarray:
    return image.astype(float).mean(axis=2) if image.ndim == 3 else image.astype(float)


def detail(image: np.ndarray) -> np.ndarray:
    """Gradient magnitude."""
    down, across = np.gradient(gray(image))
    return np.hypot(down, across)


@pytest.mark.parametrize("name", SAMPLES)
def test_pixels_are_the_recorded_ones(name: str) -> None:
    with open(Path(__file__).with_name("sample_pixels.csv"), newline="") as file:
        recorded = {(row["dataset"], row["pair"], row["role"]): row["sha256"] for row in csv.DictReader(file)}
    drawn = {}
    for pair in load(name):
        files = {"a": pair.a, "b": pair.b} | ({"reference": pair.reference} if pair.reference else {})
        drawn |= {(name, pair.name, role): pixel_hash(read_image(path)) for role, path in files.items()}
    assert drawn == {key: value for key, value in recorded.items() if key[0] == name}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_complete_and_says_what_it_is(name: str) -> None:
    report = check(name)
    assert report.ok
    assert report.found == report.expected == 4
    assert report.notes == []
    dataset = DATASETS[name]
    assert dataset.title.startswith("Sample")
    assert name.startswith("sample_")
    for pair in load(name):
        assert pair.dataset == name
        assert pair.load()[0].shape[:2] == (240, 320)
        assert (pair.reference is not None) == (dataset.task is Task.MFF)


def test_infrared_is_stored_as_llvip_stores_it() -> None:
    """Three equal channels: MEFB's metrics fail on a gray source beside a colour one."""
    for pair in load("sample_vif"):
        infrared = read_image(pair.b)
        assert infrared.ndim == 3
        assert (infrared == infrared[..., :1]).all()


def test_people_are_warm_in_infrared_and_hardly_there_in_the_visible() -> None:
    street = next(pair for pair in load("sample_vif") if pair.name == "street")
    visible, infrared = street.load()
    body, beside = np.s_[150:170, 147:153], np.s_[150:170, 162:168]
    assert gray(infrared)[body].mean() > gray(infrared)[beside].mean() + 100
    assert abs(gray(visible)[body].mean() - gray(visible)[beside].mean()) < 12
    sign = np.s_[54:90, 130:200]
    assert detail(visible)[sign].mean() > 8 * detail(infrared)[sign].mean()


def test_each_exposure_loses_what_the_other_keeps() -> None:
    for pair in load("sample_mef"):
        under, over = (gray(image) for image in pair.load())
        assert under.mean() < over.mean() - 50
        assert (over > 250).mean() > 0.08
        assert (under < 40).mean() > 0.1
        assert under[over > 250].std() > 10


def test_each_focus_is_sharp_where_the_other_is_not() -> None:
    for pair in load("sample_mff"):
        near, far = pair.load()
        reference = pair.load_reference()
        assert reference is not None
        to_near, to_far = abs(gray(near) - gray(reference)), abs(gray(far) - gray(reference))
        assert (to_near < 1).mean() > 0.08
        assert (to_far < 1).mean() > 0.08
        sharpest = np.maximum(detail(near), detail(far))
        for source in (near, far):
            assert detail(source).mean() < 0.9 * detail(reference).mean()
        assert abs(sharpest.mean() / detail(reference).mean() - 1) < 0.25


def test_a_missing_file_is_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TCMOA_BENCH_CACHE", str(tmp_path))
    first = load("sample_mef")
    kept = first[1].a.read_bytes()
    first[1].a.unlink()
    assert load("sample_mef")[1].a.read_bytes() == kept
    assert [path.name for path in (tmp_path / f"sample-v{VERSION}").iterdir()] == ["mef"]


def test_many_at_once_make_one_whole_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TCMOA_BENCH_CACHE", str(tmp_path))

    def make(folder: Path) -> None:
        for name in ("1", "2"):
            (folder / name).write_text(name)

    with ThreadPoolExecutor(8) as pool:
        folders = set(pool.map(lambda _: made_once("x/y", ("1", "2"), make), range(32)))
    assert folders == {tmp_path / "x/y"}
    assert sorted(path.name for path in (tmp_path / "x").iterdir()) == ["y"]
    assert sorted(path.read_text() for path in (tmp_path / "x/y").iterdir()) == ["1", "2"]


def test_nothing_half_made_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TCMOA_BENCH_CACHE", str(tmp_path))

    def fail(folder: Path) -> None:
        (folder / "1").write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        made_once("x", ("1", "2"), fail)
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("TCMOA_BENCH_CACHE", str(tmp_path / "file"))
    with pytest.raises(BenchError, match="set TCMOA_BENCH_CACHE"):
        load("sample_vif")


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TCMOA_BENCH_CACHE", "x")
    assert cache_folder() == Path("x")
    monkeypatch.delenv("TCMOA_BENCH_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "y")
    assert cache_folder() == Path("y/tcmoa-bench")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "z")
    assert cache_folder() == Path("z/.cache/tcmoa-bench")


def test_shapes_have_the_area_they_should() -> None:
    assert box(10, 20, 30, 60).sum() == 20 * 40 * 256
    assert (box(10, 20, 30, 60)[10:30, 20:60] == 256).all()
    assert ellipse(100, 100, 40, 60).sum() / 256 == pytest.approx(np.pi * 40 * 60, rel=2e-3)
    assert rod(50, 50, 50, 150, 10).sum() / 256 == pytest.approx(100 * 20 + np.pi * 100, rel=5e-3)
    assert rod(50, 50, 110, 130, 10).sum() / 256 == pytest.approx(100 * 20 + np.pi * 100, rel=5e-3)
    # The slanted edge is off by an eighth of a pixel along its 40 rows: 5 of 800.
    assert polygon((0, 0), (0, 40), (40, 0)).sum() / 256 == pytest.approx(800, abs=5)


def test_shapes_are_cut_at_the_edges() -> None:
    assert ellipse(0, 0, 40, 40).sum() / 256 == pytest.approx(np.pi * 400, rel=2e-3)
    assert ellipse(-100, 0, 40, 40).sum() == 0
    assert box(200, 300, 999, 999).sum() == 40 * 20 * 256


def test_blur_keeps_what_is_flat_and_spreads_a_point() -> None:
    plane = np.full((240, 320), 77, np.int32)
    assert (blur(plane, 5) == 77).all()
    plane[:] = 0
    plane[120, 160] = 7**6
    spread = blur(plane, 3)
    assert spread.argmax() == 120 * 320 + 160
    assert (spread > 0).sum() <= 19 * 19
    assert (spread == spread[::-1, ::-1][np.ix_(*[(np.arange(n) - 1) % n for n in spread.shape])]).all()


def test_noise_is_even_and_a_ramp_reaches_its_ends() -> None:
    grain = noise(3, 4)
    assert set(np.unique(grain)) == set(range(-4, 5))
    assert abs(grain.mean()) < 0.05
    assert abs(np.corrcoef(grain[:, 1:].ravel(), grain[:, :-1].ravel())[0, 1]) < 0.02
    assert not (noise(3, 4) == noise(4, 4)).all()
    for axis in (0, 1):
        assert (ramp(9, 200, axis).min(), ramp(9, 200, axis).max()) == (9, 200)


def test_a_sample_does_not_take_a_users_folders_for_its_own(tmp_path: Path) -> None:
    touch(tmp_path, ["visible/1.png", "infrared/1.png"])
    assert check("sample_vif", tmp_path).notes == []


def test_scenes_say_when_they_are(cache):
    times = {pair.name: pair.attributes.get("time") for pair in load("sample_vif")}
    assert times == {"street": "night", "meadow": "day", "coffee": "day", "watchman": "day"}
