"""`tcmoa-bench which`."""

import json

import numpy as np
import pytest

from tcmoa_bench.store import RunStore
from tests.commands import call, save


@pytest.fixture
def triple(tmp_path):
    rng = np.random.default_rng(3)
    return [save(tmp_path / f"{name}.png", rng.integers(0, 256, (40, 50), np.uint8)) for name in "abf"]


def _value(triple, metric):
    (row,) = json.loads(call("score", *triple, "--metrics", metric, "--format", "json").out)
    return row["value"]


def test_one_triple(triple):
    value = _value(triple, "SF@vifb")
    result = call(
        "which", *triple, "--metric", "Spatial_frequency", "--value", f"{value:.4f}", "--format", "json"
    )
    found = json.loads(result.out)
    assert result.code == 0
    assert "SF@vifb" in found["matches"]
    assert found["verdict"] == ("several" if len(found["matches"]) > 1 else "one")
    assert {"metric", "value", "distance"} <= found["nearest"][0].keys()
    assert "SF@vifb" in call("which", *triple, "--metric", "SF", "--value", f"{value:.4f}").out


def test_no_definition_is_exit_code_1(triple):
    result = call("which", *triple, "--metric", "EN", "--value", "77")
    assert (result.code, "no definition" in result.out) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--metric", "EN"), "--value"),
        (("--metric", "nonsense", "--value", "1"), "unknown metric"),
        (("--metric", "EN", "--value", "seven"), "no number"),
    ],
)
def test_bad_questions(triple, arguments, words):
    result = call("which", *triple, *arguments)
    assert (result.code, words in result.err) == (2, True), result.err


def test_sizes_that_differ(triple, tmp_path):
    other = save(tmp_path / "other.png", np.zeros((9, 9), np.uint8))
    result = call("which", *triple[:2], other, "--metric", "EN", "--value", "1")
    assert (result.code, "9x9" in result.err) == (2, True)


def test_a_whole_table(pairs, tmp_path):
    """Two columns of one convention, one of another, one that none explains."""
    rng = np.random.default_rng(8)
    images = {f"p{i}": tuple(rng.integers(0, 256, (64, 64, 3), np.uint8) for _ in "ab") for i in range(3)}
    suite = pairs(images, '["SF@*", "AG@*", "EN@*"]')
    assert (
        call("run", "--suite", suite, "--out", tmp_path / "run", "--no-report", "--fusers", "average,lp").code
        == 0
    )
    with RunStore.open(tmp_path / "run") as store:
        mean = store.scores().groupby(["fuser", "qualified"])["value"].mean()
    table = tmp_path / "paper.csv"
    table.write_text(
        "Method,SF,AG,EN\n"
        + "".join(f"{f},{mean[f, 'SF@vifb']:.4f},{mean[f, 'AG@vifb']:.4f},9.99\n" for f in ("average", "lp"))
    )
    result = call("which", tmp_path / "run", "--table", table, "--format", "json")
    found = json.loads(result.out)
    assert result.code == 1, "EN is explained by none"
    assert [fit["qualified"] for fit in found["columns"]["SF"]["matches"]] == ["SF@vifb"]
    assert found["columns"]["SF"]["matches"][0]["explained"] == 2
    assert "AG@vifb" in [fit["qualified"] for fit in found["columns"]["AG"]["matches"]]
    assert found["columns"]["EN"]["matches"] == []
    assert found["convention"] == "vifb"
    text = call("which", tmp_path / "run", "--table", table)
    assert "SF: SF@vifb explains 2 of 2 cells" in text.out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "holds no table"),
        ("Method,EN\nnobody,1\n", "unknown fuser 'nobody'"),
        ("Method,EN\naverage,much\n", "row 2, column EN"),
        ("Method,SSIM\naverage,1\n", "--metrics 'SSIM@*'"),
    ],
)
def test_bad_tables(pairs, tmp_path, content, words):
    suite = pairs({"p": (np.zeros((64, 64), np.uint8), np.ones((64, 64), np.uint8))})
    call("run", "--suite", suite, "--out", tmp_path / "run", "--no-report", "--fusers", "average")
    (tmp_path / "paper.csv").write_text(content)
    result = call("which", tmp_path / "run", "--table", tmp_path / "paper.csv")
    assert (result.code, words in result.err) == (2, True), result.err
