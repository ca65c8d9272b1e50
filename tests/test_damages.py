"""Damages: level 0 is nothing, the rest is what the name says, and the same every time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcmoa_bench.damages import PROBE, STRESS, Trial

RNG = np.random.default_rng(0)
A, B = (RNG.integers(60, 190, (48, 64), dtype=np.uint8) for _ in "ab")
F = ((3 * A.astype(int) + B) // 4).astype(np.uint8)
EVERY = [*PROBE.values(), *(d for name, d in STRESS.items() if name not in PROBE)]


@pytest.mark.parametrize("damage", EVERY, ids=lambda d: d.name)
@pytest.mark.parametrize("colour", [False, True])
def test_every_damage_keeps_shape_is_repeatable_and_grows(damage, colour):
    image = np.stack([F, np.roll(F, 5, 1), F[::-1]], axis=2) if colour else F
    assert damage(image, A, B, 0, "pair") is image
    results = [damage(image, A, B, level, "pair") for level in damage.levels]
    assert all(r.shape == image.shape and r.dtype == np.uint8 for r in results)
    assert np.array_equal(results[-1], damage(image, A, B, damage.levels[-1], "pair"))
    # But for a movement of noise, which is as far after one pixel as after four.
    distance = [np.abs(r.astype(float) - image).mean() for r in results]
    assert distance[0] > 0
    if damage.name not in ("shift", "misregistered"):
        assert distance == sorted(distance)


def test_noise_is_gaussian_of_its_level_and_one_pattern_for_a_pair():
    flat = np.full((256, 256), 128, np.uint8)
    five, ten = (PROBE["noise"](flat, flat, flat, level, "p").astype(float) - 128 for level in (5, 10))
    assert five.std() == pytest.approx(5, rel=0.02)
    assert abs(ten.mean()) < 0.2
    assert np.corrcoef(five.ravel(), ten.ravel())[0, 1] > 0.99
    other = PROBE["noise"](flat, flat, flat, 5, "q").astype(float) - 128
    assert abs(np.corrcoef(five.ravel(), other.ravel())[0, 1]) < 0.02


def test_shifts_are_of_whole_pixels_and_repeat_the_edge():
    moved = PROBE["shift"](F, A, B, 3, "p")
    assert np.array_equal(moved[:, 3:], F[:, :-3])
    assert (moved[:, :3] == F[:, :1]).all()


def test_blends_end_at_their_target():
    assert np.array_equal(PROBE["only-a"](F, A, B, 100, "p"), A)
    assert np.array_equal(PROBE["only-b"](F, A, B, 100, "p"), B)
    assert np.array_equal(PROBE["average"](F, A, B, 100, "p"), np.rint((A.astype(float) + B) / 2))
    assert np.array_equal(PROBE["swapped"](A, A, B, 100, "p"), B)
    assert (STRESS["missing-a"](A, A, B, 100, "p") == round(float(A.mean()))).all()
    colour = np.repeat(F[..., None], 3, axis=2)
    assert np.array_equal(PROBE["only-a"](colour, A, B, 100, "p")[..., 1], A)


def test_dead_pixels_and_stripes_are_of_columns():
    flat = np.full((400, 300), 128, np.uint8)
    striped = STRESS["stripes"](flat, flat, flat, 10, "p")
    dead = striped == 0
    assert dead.mean() == pytest.approx(10 / 2000, rel=0.3)
    columns = np.median(striped, axis=0)
    assert (striped[~dead] == np.broadcast_to(columns, striped.shape)[~dead]).all()
    assert columns.std() == pytest.approx(10, rel=0.2)


@given(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=20),
    st.sampled_from(sorted(PROBE)),
    st.floats(0.25, 100),
)
def test_labels_come_back(fuser, damage, level):
    level = float(f"{level:g}")
    assert Trial.parse(Trial(fuser, damage, level).label) == Trial(fuser, damage, level)


@pytest.mark.parametrize("label", ["lp", "lp | mist 3", "lp | noise x", "noise 3", " | "])
def test_other_labels_are_no_trials(label):
    assert Trial.parse(label) is None
    assert Trial("lp", "noise", 0).label == "lp"
