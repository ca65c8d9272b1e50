"""A gray pair and the same pair stored as R = G = B: one image, unless the record says that the method differs."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tcmoa_bench.baselines import FUSERS
from tcmoa_bench.images import to_uint8
from tcmoa_bench.types import FuserOptions, Image, Unavailable
from tests.baselines.deep.conftest import untrained
from tests.baselines.pairs import PAIR, record, textured

#: How a record says it.
SAID = "a gray pair stored as R = G = B"


def _as_rgb(image: Image) -> Image:
    return image if image.ndim == 3 else np.stack([image] * 3, axis=2)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name == "latlrr" else ()) for name in FUSERS]
)
def test_a_gray_pair_fuses_alike_as_rgb_or_the_record_says_not(
    name: str, request: pytest.FixtureRequest
) -> None:
    facts = record(name)
    weights = request.getfixturevalue("shared_dir") if facts.weights else None
    try:
        fuser = FUSERS[name].create(FuserOptions(weights=weights))
    except (
        Unavailable
    ):  # the authors' file is not in the shared folder: what is asked here is of the steps, not the weights
        fuser = untrained(name)
    pair = dataclasses.replace(PAIR, task=facts.tasks[0])
    size = max(97, facts.min_size), max(110, facts.min_size + 1)

    def differs(seed: int) -> bool:
        a, b = (textured(*size, seed=seed + k) for k in (0, 1))
        gray = to_uint8(fuser.fuse(a, b, pair))
        rgb = to_uint8(fuser.fuse(_as_rgb(a), _as_rgb(b), pair))
        return not np.array_equal(_as_rgb(gray), _as_rgb(rgb))

    # Two pairs: a difference of rounding need not show on every one.
    assert any(differs(seed) for seed in (0, 5)) == (SAID in facts.notes)
