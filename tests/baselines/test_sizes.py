"""Any size in, the same size out, the same way up; flat sources stay flat; too small is said at the gate."""

from __future__ import annotations

import numpy as np
import pytest

from tcmoa_bench.baselines import FUSERS
from tcmoa_bench.images import to_uint8
from tcmoa_bench.run.fusers import fuse
from tcmoa_bench.types import BenchError, FuserOptions
from tests.baselines.pairs import CLASSICAL, PAIR, record, textured

#: Authors' codes that treat borders or flat images in their own way, which their goldens prescribe:
#: LP brightens corners inside its filters, IFEVIP blurs with zeros outside, DCT_Var leaves 128 outside
#: whole blocks.
NOT_FLAT = {"lp", "ifevip", "dct_var", "dct_var_cv"}
#: Methods that change contrast by design (gain 275/255, enhancement, stretch), besides those above.
NOT_IDEMPOTENT = NOT_FLAT - {"lp"} | {"msvd", "hmsd_gf", "gfce"}


def _fuse(name: str, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return to_uint8(FUSERS[name].create().fuse(a, b, PAIR))


def _scaled(name: str, height: int, width: int) -> tuple[int, int]:
    """A size of odd sides that the method accepts."""
    least = record(name).min_size
    return (height, width) if min(height, width) >= least else (least + 10, least + 26)


@pytest.mark.parametrize("name", sorted(set(CLASSICAL) - NOT_FLAT))
def test_flat_sources_give_a_flat_result(name: str) -> None:
    size = _scaled(name, 37, 53)
    fused = _fuse(name, np.full(size, 100, np.uint8), np.full(size, 200, np.uint8))
    assert fused.shape == size
    assert int(fused.max()) - int(fused.min()) <= 1


@pytest.mark.parametrize("levels", [(100, 200), (255, 0)])
@pytest.mark.parametrize("size", [(512, 640), (33, 34), (131, 147)], ids=str)
def test_lp_brightens_corners_and_its_mirrored_border_does_not(size, levels) -> None:
    a, b = (np.full(size, level, np.uint8) for level in levels)
    toolbox = _fuse("lp", a, b)
    mirrored = to_uint8(FUSERS["lp"].create(FuserOptions(extra={"border": "mirror"})).fuse(a, b, PAIR))
    middle = round(sum(levels) / 2 + 0.1)
    assert (mirrored == middle).all()
    assert toolbox.min() >= middle
    assert toolbox.max() > middle
    if size == (512, 640):
        assert toolbox.max() == {(100, 200): 184, (255, 0): 215}[levels]
        assert (toolbox[25:-25] == middle).all()
        assert (toolbox[:, 25:-25] == middle).all()


@pytest.mark.parametrize("name", ["lp", "rp"])
def test_away_from_the_corners_both_borders_are_one(name: str) -> None:
    a, b = textured(160, 200), textured(160, 200, seed=1)
    mirrored = to_uint8(FUSERS[name].create(FuserOptions(extra={"border": "mirror"})).fuse(a, b, PAIR))
    np.testing.assert_array_equal(_fuse(name, a, b)[64:-64, 64:-64], mirrored[64:-64, 64:-64])


def test_an_unknown_border_is_refused() -> None:
    with pytest.raises(BenchError, match=r"lp has no border=wrap; it knows: border=toolbox\|mirror"):
        FUSERS["lp"].create(FuserOptions(extra={"border": "wrap"}))


@pytest.mark.parametrize("name", sorted(set(CLASSICAL) - {"minimum", "dct_var", "dct_var_cv"}))
def test_a_bright_corner_stays_in_its_corner(name: str) -> None:
    height, width = _scaled(name, 37, 53)
    a = np.zeros((height, width), np.uint8)
    a[:8, -13:] = 255
    fused = _fuse(name, a, np.zeros_like(a)).astype(float)
    corners = [fused[:8, -13:], fused[:8, :13], fused[-8:, :13], fused[-8:, -13:]]
    means = [corner.mean() for corner in corners]
    assert means[0] > max(means[1:])


@pytest.mark.parametrize("name", sorted(set(CLASSICAL) - NOT_IDEMPOTENT))
def test_an_image_with_itself_gives_itself(name: str) -> None:
    image = textured(*_scaled(name, 61, 95))
    difference = np.abs(_fuse(name, image, image).astype(int) - image)
    assert difference.max() <= (1 if name != "fpde" else 2)


@pytest.mark.parametrize("name", CLASSICAL)
@pytest.mark.parametrize("channels", [(1, 1), (3, 1), (1, 3), (3, 3)])
def test_odd_sizes_and_mixed_channels(name: str, channels: tuple[int, int]) -> None:
    size = _scaled(name, 61, 95)
    a, b = (textured(*size, c, seed) for seed, c in enumerate(channels))
    fused = _fuse(name, a, b)
    gray = channels == (1, 1) or record(name).colour == "gray"
    assert fused.shape == (size if gray else (*size, 3))


@pytest.mark.parametrize("name", [name for name in CLASSICAL if record(name).min_size > 1])
def test_works_at_its_least_size(name: str) -> None:
    least = record(name).min_size
    enough = np.zeros((least, least), np.uint8)
    assert _fuse(name, enough, enough).shape == (least, least)


@pytest.mark.parametrize("name", ["gff", "dct_var", "lp"])
def test_too_small_sources_are_named_at_the_gate(name: str) -> None:
    least = record(name).min_size
    small = np.zeros((least - 1, least + 5), np.uint8)
    with pytest.raises(BenchError, match=rf"{name} needs .* {least}x{least} .* is {least - 1}x{least + 5}"):
        fuse(FUSERS[name].create(), name, small, small, PAIR)


@pytest.mark.parametrize("name", [name for name in CLASSICAL if record(name).min_size == 1])
def test_one_pixel_images(name: str) -> None:
    assert _fuse(name, np.full((1, 1), 40, np.uint8), np.full((1, 1), 80, np.uint8)).shape == (1, 1)
