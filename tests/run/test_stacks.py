"""Stacks of more than two sources: fused at once or pair by pair, scored, recorded."""

from __future__ import annotations

import hashlib
import itertools
import json

import cv2
import numpy as np
import pytest

import tcmoa_bench as tb
from tcmoa_bench.images import read_image
from tests.commands import call, const, save

AT_ONCE = ["average", "maximum", "minimum", "mertens", "mertens_opencv", "gff", "sml", "spd_mef"]


def texture(seed: int, side: int = 120) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, (side, side, 3)).astype(np.uint8)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 1.2), None, 0, 255, cv2.NORM_MINMAX)


A, B, C, D = (texture(seed) for seed in range(4))


def fused(name: str, *images: np.ndarray, **options: str) -> np.ndarray:
    return tb.fuse(images[0], images[1], name, task="mef", further=images[2:], options=options)


def test_simple_rules_take_all_sources_at_once():
    assert np.array_equal(fused("average", A, B, C), np.rint(np.mean([A, B, C], axis=0)))
    assert np.array_equal(fused("maximum", A, B, C, D), np.max([A, B, C, D], axis=0))
    assert np.array_equal(fused("minimum", A, B, C, D), np.min([A, B, C, D], axis=0))


@pytest.mark.parametrize(
    ("name", "colour"),
    # OpenCV's Mertens has no policy luma.
    [(n, c) for n in AT_ONCE for c in ("rgb", "luma") if (n, c) != ("mertens_opencv", "luma")],
)
def test_the_order_of_a_stack_does_not_count_where_it_is_fused_at_once(name, colour):
    images = [fused(name, *order, colour=colour).astype(int) for order in itertools.permutations((A, B, C))]
    assert max(abs(image - images[0]).max() for image in images) <= 1  # sums in another order


@pytest.mark.parametrize("name", [name for name in AT_ONCE if name not in ("maximum", "minimum")])
def test_at_once_is_not_pair_by_pair(name):
    pairwise = fused(name, fused(name, A, B), C)
    assert not np.array_equal(fused(name, A, B, C), pairwise)


@pytest.mark.parametrize("name", ["lp", "tif"])
def test_others_go_on_pair_by_pair_in_the_order_given(name):
    assert np.array_equal(fused(name, A, B, C), fused(name, fused(name, A, B), C))


@pytest.mark.parametrize("name", AT_ONCE)
def test_a_flat_stack_stays_flat(name):
    images = [const(100, (96, 100, 3))] * 4
    result = fused(name, *images)
    assert abs(result.astype(int) - 100).max() <= 1


@pytest.mark.parametrize(("name", "most"), [("sml", 0), ("gff", 8), ("dsift", 0)])  # gff smooths its weights
def test_a_focal_stack_is_sharp_everywhere(name, most):
    """Three pictures of one scene, each sharp in a third of it."""
    scene = texture(9, 360)
    blurred = cv2.GaussianBlur(scene, (0, 0), 4)
    stack = []
    for third in range(3):
        image = blurred.copy()
        image[:, third * 120 : third * 120 + 120] = scene[:, third * 120 : third * 120 + 120]
        stack.append(image)
    result = tb.fuse(stack[0], stack[1], name, task="mff", further=[stack[2]])
    off = abs(result.astype(int) - scene).max(axis=2)
    for third in range(3):
        assert off[:, third * 120 + 30 : third * 120 + 90].max() <= most, third


def test_ties_are_shared_among_those_that_tie():
    flat = [const(value, (60, 60)) for value in (30, 60, 90)]
    assert set(np.unique(fused("sml", *flat))) == {60}
    sharp = texture(1, 60)[..., 0]
    assert np.array_equal(fused("sml", flat[0], sharp, flat[2]), sharp)


def test_the_command_says_and_records_how_a_stack_was_fused(tmp_path):
    files = [save(tmp_path / f"{i}.png", image) for i, image in enumerate((A, B, C))]
    done = call("fuse", *files, "-o", tmp_path / "f.png", "--fuser", "lp", "--task", "mef")
    assert done.code == 0, done.err
    names = ", ".join(map(str, files))
    assert f"3 sources pair by pair, in this order: {names}" in done.out
    facts = json.loads((tmp_path / "f.png.json").read_text())
    assert [source["file"] for source in facts["sources"]] == [str(file) for file in files]
    assert facts["sources"][2]["sha256"] == hashlib.sha256(files[2].read_bytes()).hexdigest()
    assert (facts["fuser"], facts["joined"].partition(":")[0]) == ("lp", "pair by pair")
    assert np.array_equal(read_image(tmp_path / "f.png"), fused("lp", A, B, C))
    done = call("fuse", *files, "-o", tmp_path / "g.png", "--fuser", "average:colour=luma", "--task", "mef")
    assert "3 sources at once" in done.out
    assert json.loads((tmp_path / "g.png.json").read_text())["options"] == {"colour": "luma"}


def test_a_pair_is_fused_as_ever_and_leaves_no_record(tmp_path):
    files = [save(tmp_path / f"{i}.png", image) for i, image in enumerate((A, B))]
    assert (
        call("fuse", *files, "-o", tmp_path / "f.png", "--fuser", "average", "--task", "mef").out.count("\n")
        == 1
    )
    assert not (tmp_path / "f.png.json").exists()


def test_the_command_scores_a_stack(tmp_path):
    files = [save(tmp_path / f"{i}.png", image) for i, image in enumerate((A, B, C, D))]
    done = call(
        "score", *files[:3], "--fused", files[3], "--metrics", "MI@textbook,SCD@textbook", "--format", "json"
    )
    assert done.code == 0, done.err
    mi, scd = json.loads(done.out)
    assert (mi["a"], mi["further"], mi["fused"]) == (str(files[0]), str(files[2]), str(files[3]))
    assert mi["value"] == tb.score(A, B, D, "MI@textbook", further=[C])["MI@textbook"].value
    assert scd["value"] is None
    assert "two sources" in scd["reason"]
    as_pair = ("--metrics", "MI@textbook", "--format", "json")
    assert (
        call("score", *files[:2], "--fused", files[3], *as_pair).out
        == call("score", *files[:2], files[3], *as_pair).out
    )


@pytest.mark.parametrize("command", ["fuse", "score"])
def test_a_source_of_another_size_is_named(tmp_path, command):
    files = [save(tmp_path / f"{i}.png", image) for i, image in enumerate((A, B, C[:-1]))]
    rest = (
        ("-o", tmp_path / "f.png", "--fuser", "average", "--task", "mef")
        if command == "fuse"
        else ("--fused", files[0])
    )
    bad = call(command, *files, *rest)
    assert (bad.code, "119x120" in bad.err, "2.png" in bad.err) == (2, True, True), bad.err
    with pytest.raises((tb.BenchError, ValueError), match="119"):
        tb.fuse(A, B, "average", task="mef", further=[C[:-1]])


def test_too_few_or_too_many_pictures_are_a_usage_error(tmp_path):
    file = save(tmp_path / "a.png", A)
    assert call("fuse", file, "-o", tmp_path / "f.png", "--fuser", "average", "--task", "mef").code == 2
    assert call("score", file, "--fused", file).code == 2
    assert call("score", file, file, file, file).code == 2


def test_a_jobs_list_holds_stacks_and_pairs(tmp_path):
    for name, image in zip("abcdf", (A, B, C, D, texture(8)), strict=True):
        save(tmp_path / f"{name}.png", image)
    jobs = tmp_path / "jobs.csv"
    jobs.write_text(
        "a,b,fused,further\na.png,b.png,f.png,c.png;d.png\na.png,b.png,f.png,\na.png,b.png,f.png,no.png\n"
    )
    found = tb.score_files(jobs, "SSIM@textbook")
    files = [tmp_path / f"{name}.png" for name in "abcdf"]
    stack = tb.score(files[0], files[1], files[4], "SSIM@textbook", further=files[2:4])["SSIM@textbook"]
    pair = tb.score(files[0], files[1], files[4], "SSIM@textbook")["SSIM@textbook"]
    assert list(found["value"][:2]) == [stack.value, pair.value]
    assert list(found["signature"][:2]) == [stack.signature, pair.signature]
    assert found["further"][0] == "c.png;d.png"
    assert "no.png" in found["reason"][2]
    done = call("score", "--jobs", jobs, "--metrics", "SSIM@textbook", "--format", "csv")
    assert done.code == 1
    assert len({line.count(",") for line in done.out.splitlines()[:3]}) == 1
