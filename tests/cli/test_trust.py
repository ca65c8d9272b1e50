"""`trust` as a user types it."""

import json

import numpy as np
import pytest

from tests.commands import call

RNG = np.random.default_rng(7)


@pytest.fixture(scope="module")
def focus(tmp_path_factory):
    """The embedded multi-focus sample, which has ground truths, fused by six fusers."""
    out = tmp_path_factory.mktemp("run") / "mff"
    metrics = "EN@textbook,Qabf@textbook,SSIM@textbook,GMSD_ref@piq,SSIM_ref@skimage"
    fusers = "average,maximum,minimum,lp,rp,gff"
    assert (
        call(
            "run", "--suite", "mff", "--fusers", fusers, "--metrics", metrics, "--out", out, "--no-report"
        ).code
        == 0
    )
    return out


def test_against_the_truth_of_the_sample(focus, tmp_path):
    result = call("trust", focus, "--format", "json", "--evidence", tmp_path / "e.csv")
    assert result.code == 0
    truth, alike = json.loads(result.out)
    assert truth["columns"] == [
        "GMSD",
        "tau GMSD",
        "SSIM",
        "tau SSIM",
        "PSNR",
        "tau PSNR",
        "pairs",
        "verdict by GMSD",
    ]
    rows = {row["label"]: row["cells"] for row in truth["rows"]}
    assert set(rows) == {"EN@textbook", "Qabf@textbook", "SSIM@textbook"}
    assert rows["Qabf@textbook"]["GMSD"]["value"] > 0.5
    assert rows["Qabf@textbook"]["PSNR"]["value"] > 0.5
    assert "which metrics say the same" in alike["title"]
    lines = (tmp_path / "e.csv").read_text().splitlines()
    assert len(lines) == 1 + 3 * 3
    assert lines[1].startswith(f"{truth['rows'][0]['label'].replace('@', ',')},mff,truth,GMSD,")


def test_against_people(focus, tmp_path):
    pairs = [row[0] for row in _pairs(focus)]
    order = ["lp", "gff", "rp", "average", "minimum", "maximum"]
    lines = [f"{pair},{fuser},{6 - rank}" for pair in pairs for rank, fuser in enumerate(order)]
    (tmp_path / "people.csv").write_text("\n".join(["pair,fuser,score", *lines]) + "\n")
    tables = json.loads(call("trust", focus, "--ratings", tmp_path / "people.csv", "--format", "json").out)
    (people,) = [t for t in tables if t["title"].endswith("against people")]
    assert people["columns"][0] == "people"
    assert {row["cells"]["pairs"]["value"] for row in people["rows"]} == {4}
    (tmp_path / "people.csv").write_text("pair,fuser,score\nnowhere,lp,1\n")
    wrong = call("trust", focus, "--ratings", tmp_path / "people.csv")
    assert (wrong.code, "line 2: no pair 'nowhere'" in wrong.err) == (2, True)


def _pairs(folder):
    from tcmoa_bench.reports.summary import load_run

    return load_run(folder).pairs[["pair"]].to_numpy().tolist()


def test_a_probe_is_a_run_with_a_verdict_for_each_damage(pairs, tmp_path):
    images = RNG.normal(0, 1, (4, 2, 64, 64)).cumsum(axis=3)
    images = (128 + 40 * images / np.abs(images).max(axis=(2, 3), keepdims=True)).astype(np.uint8)
    suite = pairs({f"p{i}": (a, b) for i, (a, b) in enumerate(images)}, '["EN@textbook", "SSIM@textbook"]')
    options = (
        "--probe",
        "--suite",
        suite,
        "--out",
        tmp_path / "p",
        "--damages",
        "noise,blur",
        "--format",
        "json",
    )
    first = call("trust", *options)
    assert first.code == 0, first.err
    assert "36 cells computed, 0 cached, 0 failed" in first.err
    rows = {row["label"]: row["cells"] for row in json.loads(first.out)["rows"]}
    assert (rows["EN@textbook"]["noise"]["verdict"], rows["SSIM@textbook"]["noise"]["verdict"]) == (
        "rewards noise", "falls with noise",
    )  # fmt: skip
    assert "0 cells computed, 36 cached" in call("trust", *options, "--jobs", 2).err
    assert call("trust", tmp_path / "p", "--format", "json").out == first.out


def test_published_values_take_names_and_directions_of_a_toolbox(tmp_path):
    rows = [f"{m},{i},{n},{v}" for i in (1, 2) for k, m in enumerate("xyz")
            for n, v in (("Q_NCIE", k), ("Q_CV", k), ("Q_NEW", k), ("GT", 9 - k))]  # fmt: skip
    file = tmp_path / "v.csv"
    file.write_text("\n".join(["method,image,metric,value", *rows]))
    options = ("--values", file, "--truth", "GT", "--lower", "GT", "--convention", "mfif", "--format", "json")
    truth = json.loads(call("trust", *options).out)[0]
    assert {row["label"]: row["cells"]["GT"]["value"] for row in truth["rows"]} == {
        "Qncie@mfif": 1, "Qcv@mfif": -1, "Q_NEW@mfif": 1,
    }  # fmt: skip
    wrong = call("trust", "--values", file, "--truth", "GTT")
    assert (wrong.code, "no metric 'GTT'" in wrong.err) == (2, True)


def test_usage(focus, tmp_path):
    for arguments in (
        (),
        (focus, "--probe", "--suite", "vif"),
        ("--probe",),
        ("--values", tmp_path / "v.csv"),
    ):
        assert call("trust", *arguments).code == 2
    few = call("trust", focus, "--fusers", "lp,rp")
    assert (few.code, "needs three or more" in few.err) == (2, True)
