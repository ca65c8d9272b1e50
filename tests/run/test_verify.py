"""`run --verify`: a finished run against itself."""

import pytest

from tcmoa_bench.images import read_image, write_image
from tests.commands import RAMP, call, const
from tests.run.runs import run

IMAGES = {f"p{i}": (RAMP // i, RAMP.T // i) for i in (1, 2, 3)}


@pytest.fixture
def finished(pairs, tmp_path):
    suite = pairs(IMAGES, '["EN@tang2022", "SD@textbook"]')
    assert run(suite, tmp_path / "run", "--fusers", "average,maximum").code == 0
    return suite, tmp_path / "run"


def _verify(finished, *arguments):
    suite, folder = finished
    return run(suite, folder, "--fusers", "average,maximum", "--verify", *arguments)


def test_a_sound_run(finished):
    before = (finished[1] / "run.sqlite").read_bytes()
    assert _verify(finished, "all").out.strip() == (
        "6 fused images compared with their hashes, 6 cells scored again (12 values): no differences"
    )
    sampled = _verify(finished, "2")
    assert (sampled.code, "2 cells scored again (4 values)" in sampled.out) == (0, True)
    assert (finished[1] / "run.sqlite").read_bytes() == before


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda file: file.write_bytes(file.read_bytes()[:60]), "cannot be read"),
        (lambda file: file.unlink(), "cannot be read"),
        (lambda file: write_image(file, 255 - read_image(file)), "has other pixels"),
    ],
)
def test_an_altered_image_is_named(finished, harm, words):
    harm(next((finished[1] / "fused" / "average").rglob("p2.png")))
    result = _verify(finished, "all")
    assert result.code == 1
    assert f"average on pairs/p2: {words}" in result.err.replace("its fused image ", "").replace(
        "fused/average/pairs/p2.png ", ""
    )
    assert "5 cells scored again" in result.out


def test_other_sources_give_other_scores(finished, tmp_path):
    """The source was exchanged after the run: scores against sources are not what was stored."""
    suite = tmp_path / "suite.toml"
    suite.write_text(suite.read_text().replace("EN@tang2022", "Qabf@textbook"))
    run(suite, finished[1], "--fusers", "average,maximum")
    write_image(tmp_path / "A" / "p1.png", 255 - RAMP)
    result = _verify(finished, "all")
    assert result.code == 1
    assert "average on pairs/p1: Qabf@textbook is" in result.err


def test_bad_counts_and_no_run(finished, tmp_path):
    assert _verify(finished, "some").code == 2
    nothing = call("run", "--suite", finished[0], "--out", tmp_path / "none", "--verify")
    assert (nothing.code, "no run in" in nothing.err) == (2, True)


def test_bare_names_are_of_the_convention_that_is_given(pairs, tmp_path):
    suite = pairs({"p1": (const(100), const(100))}, extra='fusers = ["average"]')
    words = ("--metrics", "EN", "--convention", "textbook")
    assert run(suite, tmp_path / "out", *words).code == 0
    again = run(suite, tmp_path / "out", *words, "--verify", "all")
    assert (again.code, "no differences" in again.out) == (0, True), again.err
