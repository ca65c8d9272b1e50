"""A word that is no choice is refused where it enters, with the words that are."""

from __future__ import annotations

import re
from functools import partial

import numpy as np
import pytest

from tcmoa_bench.metrics.conventions import planewise
from tcmoa_bench.metrics.formulas.cvejic import qc
from tcmoa_bench.metrics.formulas.local import Mean
from tcmoa_bench.metrics.formulas.piella import qs
from tcmoa_bench.metrics.formulas.qcv import qcv
from tcmoa_bench.metrics.formulas.tsallis import te
from tcmoa_bench.metrics.formulas.xydeas_liu import qg
from tcmoa_bench.metrics.formulas.yang import qy
from tcmoa_bench.metrics.scene import Plane

PLANE = Plane(np.random.default_rng(0).integers(0, 256, (30, 30), dtype=np.uint8))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            partial(qc, window="box8", share="overwirte", nan="keep"),
            "share is 'overwirte'; one of overwrite, clip is",
        ),
        (partial(qc, window="box8", share="clip", nan="dorp"), "nan is 'dorp'; one of drop, keep is"),
        (partial(qy, nan="haf"), "nan is 'haf'; one of drop, keep, half is"),
        (
            partial(qs, window="box8", add="uiqi", weighted=True, image="prewit"),
            "image is 'prewit'; one of levels,",
        ),
        (
            partial(qs, window="box9", add="uiqi", weighted=True),
            "window is 'box9'; one of gaussian7, gaussian11, box8",
        ),
        (partial(qcv, stretch="255"), "stretch is '255'; one of 0-255, none is"),
        (partial(te, q=1.85, stretch="no"), "stretch is 'no'; one of 0-255, none is"),
        (partial(qg, slopes="10,22", over="image"), "slopes is '10,22'; one of 10,20, 15,22 is"),
        (partial(planewise.qabf, equal="1"), "equal is '1'; one of gradient, one, full is"),
        (partial(planewise.nabf, order="B,A,F"), "order is 'B,A,F'; one of F,A,B, A,B,F is"),
        (partial(planewise.exposure_fusion_similarity, scales=2), "scales is 2; one of 1, 3 is"),
    ],
)
def test_a_misspelt_word_is_refused(call, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        call(PLANE, PLANE, PLANE)


def test_a_mean_takes_no_third_word() -> None:
    with pytest.raises(ValueError, match="nan is 'drpo'; one of drop, keep is expected"):
        Mean("drpo")
