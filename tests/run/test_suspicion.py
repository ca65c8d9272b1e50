"""What looks wrong with a fused image, and what must not."""

import numpy as np
import pytest

from tcmoa_bench.datasets import load
from tcmoa_bench.gray import gray_uint8
from tcmoa_bench.run.suspicion import fused_signs
from tests.commands import RAMP, call, const, save
from tests.run.runs import run

PAIRS = [pair.load() for pair in load("sample_vif")]


def gray(image):
    return image if image.ndim == 2 else gray_uint8(image)


A, B = (gray(image) for image in PAIRS[0])
GOOD = ((A.astype(int) + B) // 2).astype(np.uint8)


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize(
    "how", [np.minimum, np.maximum, lambda a, b: ((a.astype(int) + b) // 2).astype(np.uint8)]
)
def test_nothing_is_said_of_a_fusion(pair, how):
    a, b = map(gray, pair)
    assert [s for s in fused_signs((a, b), how(a, b)) if "equals" not in s] == []


def square(image):
    return image[:200, 40:240].copy()


@pytest.mark.parametrize(
    ("harm", "sign"),
    [
        (lambda f: np.full_like(f, 7), "constant"),
        (lambda f: f // 128, "holds the levels 0 to 3 only"),
        (lambda f: (127.5 + f / 2).astype(np.uint8), "holds the upper half of the levels only"),
        (lambda f: np.where(f > np.median(f), 255, f), "is clipped to white"),
        (
            lambda f: np.clip(f.astype(int) - int(np.median(f)), 0, 255).astype(np.uint8),
            "is clipped to black",
        ),
        (lambda f: f[:, ::-1], "is mirrored left to right"),
        (lambda f: f[::-1], "is upside down"),
        (lambda f: f[::-1, ::-1], "is turned by 180 degrees"),
        (
            lambda f: np.random.default_rng(0).integers(0, 256, f.shape, np.uint8),
            "shows nothing of its sources",
        ),
        (lambda f: A ^ 1 * (np.arange(A.size).reshape(A.shape) % 97 == 0), "nearly equals source A"),
        (lambda f: A, "equals source A"),
        (lambda f: B, "equals source B"),
    ],
)
def test_each_harm_has_its_sign(harm, sign):
    assert fused_signs((A, B), GOOD) == []
    assert sign in fused_signs((A, B), np.ascontiguousarray(harm(GOOD), np.uint8))


def test_a_transposed_square():
    a, b, good = map(square, (A, B, GOOD))
    assert fused_signs((a, b), good) == []
    assert fused_signs((a, b), good.T.copy()) == ["is transposed"]


def test_another_pairs_content():
    others = [tuple(map(gray, pair)) for pair in PAIRS[1:]]
    assert any("shows nothing of its sources" in fused_signs((A, B), np.maximum(a, b)) for a, b in others)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2), (15, 17), (64, 63)])
def test_small_and_odd_shapes(shape):
    a, b = (np.random.default_rng(i).integers(0, 256, shape, np.uint8) for i in (1, 2))
    fused_signs((a, b), np.maximum(a, b))


def test_published_fusions_are_not_suspected(data_dir):
    from tcmoa_bench.baselines.external.precomputed import Precomputed, discover
    from tcmoa_bench.images import read_image

    folder, pairs, seen = data_dir / "vifb/output/fused_images", load("vifb", data_dir), 0
    for method in discover(folder, pairs):
        fuser = Precomputed(method, folder, pairs)
        for pair in pairs[::10]:
            a, b = map(gray, pair.load())
            fused = gray(read_image(fuser.inputs(pair)[0]))
            if fused.shape == a.shape:
                assert fused_signs((a, b), fused) == [], (method, pair.name)
                assert fused_signs((a, b), np.ascontiguousarray(fused[:, ::-1])) == [
                    "is mirrored left to right"
                ]
                seen += 1
    assert seen > 50


def test_the_run_says_what_is_wrong_and_what_it_comes_from(pairs, tmp_path):
    suite = pairs({f"p{i}": tuple(pair) for i, pair in enumerate(PAIRS)})
    for i, pair in enumerate(PAIRS):
        save(tmp_path / f"X/p{i}.png", np.maximum(*map(gray, pair))[:, ::-1].copy())
        save(tmp_path / f"Y/p{i}.png", np.maximum(*map(gray, pair)))
    result = run(suite, tmp_path / "run", "--fused", f"X={tmp_path / 'X'}", "--fused", f"Y={tmp_path / 'Y'}")
    assert (
        f"remark: X: {len(PAIRS)} of {len(PAIRS)} fused images are mirrored left to right (a flip"
        in result.out
    )
    assert "remark: Y" not in result.out


def colour(gray_image):
    return np.stack([gray_image, gray_image // 2, gray_image // 3], axis=2)


def test_exchanged_sources_are_noticed(tmp_path, monkeypatch):
    """M15."""
    monkeypatch.chdir(tmp_path)
    for i in (1, 2, 3):
        save(tmp_path / f"infrared/{i}.png", RAMP)
        save(tmp_path / f"visible/{i}.png", colour(RAMP.T))
    names = "A lies in 'infrared' and B in 'visible': are the sources EXCHANGED?"
    content = "in 3 of 3 pairs the gray one stands where the colour one belongs: are A and B EXCHANGED?"
    args = ("--a", "infrared", "--b", "visible")
    checked = call("data", "check", *args)
    assert names in checked.out
    assert content in checked.out
    ran = call(
        "run", *args, "--fusers", "average,maximum", "--metrics", "EN@textbook", "--no-report", "--out", "run"
    )
    assert names in ran.err
    assert ran.out.count(content) == 1
    right = ("--a", "visible", "--b", "infrared")
    ran = call(
        "run", *right, "--fusers", "average", "--metrics", "EN@textbook", "--no-report", "--out", "right"
    )
    assert "EXCHANGED" not in ran.out + ran.err + call("data", "check", *right).out


def test_exchanged_exposures(tmp_path):
    for i in (1, 2, 3):
        save(tmp_path / f"over/{i}.png", const(40))
        save(tmp_path / f"under/{i}.png", const(200) if i < 3 else const(20))
    said = call("data", "check", "pairs", "--data", tmp_path).out
    assert "in 2 of 3 pairs A (under) is brighter than B (over): are A and B EXCHANGED?" in said
