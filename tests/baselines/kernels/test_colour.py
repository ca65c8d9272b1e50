"""Colours stay the colours under every policy a fuser knows."""

from __future__ import annotations

import numpy as np
import pytest

from tcmoa_bench.baselines import FUSERS
from tcmoa_bench.baselines.kernels.colour import fuse_luma
from tcmoa_bench.images import to_uint8
from tcmoa_bench.types import BenchError, FuserOptions, Image
from tests.baselines.pairs import PAIR, textured


def _fuse(name: str, colour: str, a: Image, b: Image) -> Image:
    fuser = FUSERS[name].create(FuserOptions(extra={"colour": colour}))
    assert fuser.record.colour == colour
    return to_uint8(fuser.fuse(a, b, PAIR))


def _flat(*values: int) -> Image:
    image = np.zeros((64, 64, len(values)), np.uint8) + np.array(values, np.uint8)
    return image if len(values) == 3 else image[..., 0]


@pytest.mark.parametrize("colour", ["rgb", "luma"])
def test_gray_infrared_brightens_all_channels(colour: str) -> None:
    fused = _fuse("average", colour, _flat(100, 100, 100), _flat(200))
    assert fused.shape == (64, 64, 3)
    assert np.abs(fused.astype(int) - 150).max() <= 1


@pytest.mark.parametrize("colour", ["rgb", "luma"])
@pytest.mark.parametrize("swap", [False, True])
def test_red_stays_red(colour: str, swap: bool) -> None:
    sources = _flat(200, 30, 10), _flat(0)
    fused = _fuse("maximum", colour, *(reversed(sources) if swap else sources))
    assert np.abs(fused.astype(int) - (200, 30, 10)).max() <= 2


def test_luma_of_two_coloured_sources_keeps_the_stronger_chroma() -> None:
    strong, faint = (np.tile(np.array(rgb, float), (2, 2, 1)) for rgb in ((200, 30, 10), (101, 100, 100)))
    fused = fuse_luma(np.maximum, strong, faint)
    luma = fused @ [0.299, 0.587, 0.114]
    assert np.allclose(luma, 100.299)
    assert (fused[..., 0] - luma > 0.95 * (200 - 78.55)).all()


def test_luma_is_reversible() -> None:
    image = textured(20, 30, 3).astype(np.float64)
    assert np.allclose(fuse_luma(lambda a, b: a, image, image), image)
    assert np.allclose(fuse_luma(lambda a, b: a, image, image[..., 0]), image)


def test_gray_policy_gives_gray() -> None:
    assert FUSERS["dct_var"].create().fuse(_flat(9, 9, 9), _flat(9), PAIR).shape == (64, 64)


@pytest.mark.parametrize("name", ["dct_var", "mertens_opencv"])
def test_a_policy_that_makes_no_sense_for_a_method_is_refused(name: str) -> None:
    other = "rgb" if name == "dct_var" else "gray"
    with pytest.raises(BenchError, match=f"{name} has no colour policy '{other}'; it knows"):
        FUSERS[name].create(FuserOptions(extra={"colour": other}))


def test_unknown_options_are_refused() -> None:
    with pytest.raises(BenchError, match="average has no option 'alpha'; it knows: colour"):
        FUSERS["average"].create(FuserOptions(extra={"alpha": "1"}))
