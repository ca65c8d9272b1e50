"""Shifts between sources: planted ones are found, on real pairs too, and what is not clear is not claimed."""

import json

import numpy as np
import pytest

from tcmoa_bench import datasets
from tcmoa_bench.datasets.registration import Shift, estimate, overlay, worst_first
from tests.commands import call, save

RNG = np.random.default_rng(4)


def scene(size=(160, 200)):
    """A drawn scene: boxes of many levels on a slope."""
    rng = np.random.default_rng(11)
    image = np.tile(np.linspace(60, 120, size[1]), (size[0], 1))
    for _ in range(40):
        top, left = rng.integers(0, size[0] - 12), rng.integers(0, size[1] - 12)
        tall, wide = rng.integers(5, 40, 2)
        image[top : top + tall, left : left + wide] = rng.integers(0, 256)
    return image.astype(np.uint8)


def cut(a, b, down, right, margin=16):
    """Both cut so that B's content lies `down` lower and `right` further to the right."""
    height, width = a.shape[:2]
    rows = slice(margin - down, height - margin - down)
    columns = slice(margin - right, width - margin - right)
    return a[margin:-margin, margin:-margin], b[rows, columns]


@pytest.mark.parametrize(("down", "right"), [(0, 0), (3, 0), (0, -7), (-12, 9)])
@pytest.mark.parametrize("other", ["same", "negative", "noisy", "colour"])
def test_a_planted_shift_is_found_whatever_the_levels(down, right, other):
    a = scene()
    b = {
        "same": a,
        "negative": 255 - a,
        "noisy": np.clip(0.4 * a + 80 + np.random.default_rng(1).normal(0, 6, a.shape), 0, 255).astype(
            np.uint8
        ),
        "colour": np.stack([a, 255 - a, a // 2], axis=2),
    }[other]
    found = estimate("p", *cut(a, b, down, right))
    assert (found.down, found.right) == (down, right)
    assert found.is_clear


def test_noise_is_not_clear():
    for _ in range(5):
        found = estimate("p", *(RNG.integers(0, 256, (160, 200), np.uint8) for _ in range(2)))
        assert not found.is_clear


def test_flat_and_small_pictures_have_no_estimate():
    flat = np.full((160, 200), 90, np.uint8)
    assert estimate("p", flat, scene()) is None or not estimate("p", flat, scene()).is_clear
    assert estimate("p", scene((30, 30)), scene((30, 30))) is None


@pytest.mark.parametrize(
    ("name", "most"), [("llvip", 11), ("tno", 12), ("roadscene", 5), ("m3fd", 5), ("mefb", 12)]
)
def test_shifts_planted_in_real_pairs_are_found_where_they_are_clear(data_dir, name, most):
    clear = 0
    for number, pair in enumerate(list(datasets.open_dataset({"name": name}, data_dir, data_dir))[:most]):
        a, b = pair.load()
        down, right = (int(v) for v in np.random.default_rng(number).integers(-12, 13, 2))
        before, after = estimate(pair.name, a, b), estimate(pair.name, *cut(a, b, down, right))
        if before.is_clear and after.is_clear:
            clear += 1
            off = np.hypot(after.down - before.down - down, after.right - before.right - right)
            assert off <= 1.5, (pair.name, before, after, down, right)
    assert clear >= most // 2


def test_the_worst_comes_first_and_what_is_unclear_last():
    shifts = [
        Shift("in", 0, 0, 9, 2),
        Shift("two", 31, 30, 9, 1.01),
        Shift("lost", 30, 30, 3, 2),
        Shift("far", -4, 5, 7, 2),
        Shift("near", 2, 0, 6, 2),
    ]
    assert [s.pair for s in worst_first(shifts)] == ["far", "near", "in", "two", "lost"]


def test_the_overlay_undoes_the_shift():
    a, b = cut(scene(), 255 - scene(), 6, -5)
    picture = overlay(a, b, Shift("p", 6, -5, 9, 2))
    width = a.shape[1]
    assert picture.shape == (a.shape[0], 2 * width + 4, 3)

    def apart(part):
        inner = part[12:-12, 12:-12].astype(int)
        return np.abs(inner[..., 0] - inner[..., 1]).mean()

    assert apart(picture[:, width + 4 :]) < 0.2 * apart(picture[:, :width])


@pytest.fixture
def folders(tmp_path):
    a = scene()
    for name, (down, right) in {"p1": (0, 0), "p2": (4, -6), "p3": (0, 3)}.items():
        first, second = cut(a, 255 - a, down, right)
        save(tmp_path / "A" / f"{name}.png", first)
        save(tmp_path / "B" / f"{name}.png", second)
    for role in "AB":
        save(tmp_path / role / "p4.png", RNG.integers(0, 256, (128, 168), np.uint8))
    return ("data", "check", "--a", tmp_path / "A", "--b", tmp_path / "B")


def test_the_command_lists_the_worst_first_and_draws_them(folders, tmp_path):
    done = call(*folders, "--registration", "--overlays", tmp_path / "edges")
    assert done.code == 0, done.out  # an estimate is no error
    assert "shifted by 2 pixels or more in 2 of 4 pairs, in place in 1, not clear in 1" in done.out
    lines = [line.strip() for line in done.out.splitlines() if "shifted: " in line]
    assert lines[0].startswith("shifted: p2: 4 down and 6 to the left, trust ")
    assert lines[1].startswith("shifted: p3: 3 to the right, trust ")
    drawn = sorted(file.name for file in (tmp_path / "edges").rglob("*.png"))
    assert drawn == ["1_p2.png", "2_p3.png", "3_p1.png", "4_p4.png"]


def test_json_has_every_pair_and_nothing_where_nobody_asked(folders):
    content = json.loads(call(*folders, "--registration", "--format", "json").out)["datasets"][0]
    first = content["registration"][0]
    assert {**first, "trust": 0, "margin": 0} == {
        "pair": "p2", "down": 4, "right": -6, "trust": 0, "margin": 0, "clear": True,
    }  # fmt: skip
    assert len(content["registration"]) == 4
    assert "registration" not in json.loads(call(*folders, "--format", "json").out)["datasets"][0]


def test_overlays_alone_are_refused(folders, tmp_path):
    done = call(*folders, "--overlays", tmp_path / "edges")
    assert (done.code, "--overlays goes with --registration" in done.err) == (2, True)
