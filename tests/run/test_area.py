"""Borders and masks of a run and of `score`."""

import json

import numpy as np
import pytest

from tcmoa_bench.images import write_image
from tcmoa_bench.metrics import score
from tests.commands import call, save
from tests.run.runs import COPY, run, scores

RNG = np.random.default_rng(3)
PAIRS = {f"p{i}": tuple(RNG.integers(0, 256, (40, 50), np.uint8) for _ in range(2)) for i in (1, 2)}


def white(top, left, bottom, right):
    mask = np.zeros((40, 50), np.uint8)
    mask[top:bottom, left:right] = 255
    return mask


def expected(name, window=(slice(None), slice(None)), metric="MI@textbook"):
    a, b = (image[window] for image in PAIRS[name])
    return score(a, b, a, [metric])[metric].value


def of(found, name):
    return found[name, "CALLED", "MI"]


def signatures(folder):
    return json.loads((folder / "manifest.json").read_text())["signatures"]


def test_another_border_scores_anew_and_fuses_nothing_again(pairs, copier, tmp_path):
    suite = pairs(PAIRS, '["MI@textbook"]')
    out = tmp_path / "out"
    assert run(suite, out, "--command", COPY).code == 0
    whole = scores(out)
    assert of(whole, "p1") == expected("p1")
    assert run(suite, out, "--command", COPY, "--border", 5).code == 0
    inner = slice(5, -5), slice(5, -5)
    assert {name: of(scores(out), name) for name in PAIRS} == {n: expected(n, inner) for n in PAIRS}
    assert signatures(out)["MI@textbook"].endswith("|area:border-5")
    assert copier() == 2
    done = run(suite, out, "--command", COPY, "--border", 5)
    assert "0 cells computed, 2 cached" in done.out
    done = run(suite, out, "--command", COPY, "--border", 5, "--verify", "all")
    assert "(2 values): no differences" in done.out, done.out + done.err
    assert run(suite, out, "--command", COPY).code == 0
    assert scores(out) == whole


def test_a_suite_file_has_border_and_mask(pairs, copier, tmp_path):
    save(tmp_path / "frame.png", white(4, 6, 38, 45))
    suite = pairs(PAIRS, '["MI@textbook"]', 'border = 2\nmask = "frame.png"')
    out = tmp_path / "out"
    assert run(suite, out, "--command", COPY).code == 0
    assert of(scores(out), "p2") == expected("p2", (slice(6, 36), slice(8, 43)))
    assert signatures(out)["MI@textbook"].endswith("|area:mask-border-2")
    assert run(suite, tmp_path / "plain", "--command", COPY, "--border", 0).code == 0
    assert signatures(tmp_path / "plain")["MI@textbook"].endswith("|area:mask")


def test_a_changed_mask_scores_its_pair_anew(pairs, copier, tmp_path):
    masks = tmp_path / "masks"
    save(masks / "p1.png", white(4, 6, 38, 45))
    save(masks / "p2_mask.png", white(0, 0, 40, 30))
    suite = pairs(PAIRS, '["MI@textbook"]')
    out = tmp_path / "out"
    assert run(suite, out, "--command", COPY, "--mask", masks).code == 0
    assert of(scores(out), "p1") == expected("p1", (slice(4, 38), slice(6, 45)))
    assert of(scores(out), "p2") == expected("p2", (slice(0, 40), slice(0, 30)))
    save(masks / "p1.png", white(0, 0, 40, 40))
    done = run(suite, out, "--command", COPY, "--mask", masks)
    assert "1 cells computed, 1 cached" in done.out, done.out
    assert of(scores(out), "p1") == expected("p1", (slice(0, 40), slice(0, 40)))
    assert copier() == 2


def test_a_pair_without_a_mask_has_nulls_with_the_reason_and_a_note(pairs, copier, tmp_path):
    save(tmp_path / "masks" / "p1.png", white(4, 6, 38, 45))
    suite = pairs(PAIRS, '["MI@textbook"]')
    done = run(suite, tmp_path / "out", "--command", COPY, "--mask", tmp_path / "masks")
    assert "1 of 2 pairs have no mask and no scores: p2" in done.err
    assert np.isnan(of(scores(tmp_path / "out"), "p2"))


def test_a_folder_without_any_mask_is_refused(pairs, copier, tmp_path):
    save(tmp_path / "masks" / "other.png", white(0, 0, 9, 9))
    done = run(pairs(PAIRS), tmp_path / "out", "--command", COPY, "--mask", tmp_path / "masks")
    assert done.code == 2
    assert "no pair has a mask in" in done.err
    assert "'other.png'" in done.err


def test_a_border_that_is_no_number_of_pixels_is_refused(pairs, tmp_path):
    for text in ("border = -1", 'border = "4"', "border = true"):
        done = run(pairs(PAIRS, extra=text), tmp_path / "out")
        assert done.code == 2
        assert "number of pixels" in done.err


@pytest.fixture
def files(tmp_path):
    a, b = PAIRS["p1"]
    for name, image in {"a": a, "b": b, "f": a}.items():
        write_image(tmp_path / f"{name}.png", image)
    write_image(tmp_path / "mask.png", white(4, 6, 38, 45))
    return [tmp_path / f"{name}.png" for name in "abf"]


def test_score_takes_a_border_and_a_mask(files, tmp_path):
    args = ("score", *files, "--metrics", "MI@textbook", "--format", "json")
    (row,) = json.loads(call(*args, "--border", 3, "--mask", tmp_path / "mask.png").out)
    assert row["value"] == expected("p1", (slice(7, 35), slice(9, 42)))
    assert row["signature"].endswith("|area:mask-border-3")
    write_image(tmp_path / "small.png", white(0, 0, 9, 9)[:30])
    done = call(*args, "--mask", tmp_path / "small.png")
    assert done.code == 2
    assert "small.png is 30x50" in done.err


def test_a_list_of_jobs_names_a_mask_for_each(files, tmp_path):
    jobs = tmp_path / "jobs.csv"
    jobs.write_text("a,b,fused,mask\na.png,b.png,f.png,mask.png\na.png,b.png,f.png,\n")
    done = call("score", "--jobs", jobs, "--metrics", "MI@textbook", "--border", 3, "--format", "json")
    first, second = json.loads(done.out)
    assert first["value"] == expected("p1", (slice(7, 35), slice(9, 42)))
    assert second["value"] == expected("p1", (slice(3, -3), slice(3, -3)))
    assert second["signature"].endswith("|area:border-3")
