"""A trial is a run: the same runner, store, resume and worker processes."""

import json
import math

import numpy as np
import pytest

from tcmoa_bench.reports.summary import load_run
from tcmoa_bench.reports.trust.curves import distance_curves
from tests.commands import call

RNG = np.random.default_rng(4)


@pytest.fixture
def gray(pairs):
    """Three pairs whose levels leave room for noise of 20 without clipping, and a suite on them."""
    images = RNG.integers(115, 141, (3, 2, 96, 96), dtype=np.uint8)
    return pairs({f"p{i}": (a, b) for i, (a, b) in enumerate(images)}, '["EN@textbook", "SSIM@textbook"]')


def stress(suite, out, *args):
    return call("stress", "--suite", suite, "--out", out, "--no-report", *args)


def test_severity_0_is_the_clean_run_to_the_bit(gray, tmp_path):
    assert stress(gray, tmp_path / "s", "--fusers", "lp,average", "--damages", "noise,missing-b").code == 0
    assert (
        call("run", "--suite", gray, "--fusers", "lp,average", "--out", tmp_path / "r", "--no-report").code
        == 0
    )
    tried, clean = load_run(tmp_path / "s"), load_run(tmp_path / "r")
    key = ["pair", "fuser"]
    hashes, expected = (run.cells.set_index(key)["fused_hash"] for run in (tried, clean))
    assert len(hashes) == 3 * 2 * 9
    assert (hashes[expected.index] == expected).all()
    values, expected = (run.scores.set_index([*key, "qualified"])["value"] for run in (tried, clean))
    assert (values[expected.index] == expected).all()
    noisy = hashes.loc[[("p0", "lp | noise 5"), ("p0", "lp")]]
    assert noisy.nunique() == 2


def test_average_under_noise_follows_its_closed_form(gray, tmp_path):
    """The mean of two independent noises of sigma has sigma / sqrt(2); rounding adds its own variances."""
    assert stress(gray, tmp_path / "s", "--fusers", "average", "--damages", "noise").code == 0
    run = load_run(tmp_path / "s")
    (curve,) = distance_curves(run, list(run.fusers["fuser"]))
    assert (curve.levels[:3], curve.means[0]) == ((0, 5, 10), 0.0)
    for level, mean, interval in list(zip(curve.levels, curve.means, curve.intervals, strict=True))[1:4]:
        # Each source is rounded (1/12); each mean of two whole numbers is rounded where it ends in 1/2 (1/8 on average).
        form = math.sqrt((level**2 + 1 / 12) / 2 + 1 / 8 + 1 / 8)
        assert mean == pytest.approx(form, rel=0.02)
        low, high = interval
        slack = 4 * form / math.sqrt(2 * 3 * 96 * 96)  # of a standard deviation from so many pixels
        assert low - slack <= form <= high + slack


def test_a_trial_goes_on_where_it_was_and_workers_change_nothing(gray, tmp_path):
    first = stress(gray, tmp_path / "s", "--fusers", "lp", "--damages", "blur")
    assert "15 cells computed, 0 cached" in first.err
    again = stress(gray, tmp_path / "s", "--fusers", "lp", "--damages", "blur,jpeg")
    assert "12 cells computed, 15 cached" in again.err
    workers = stress(gray, tmp_path / "w", "--fusers", "lp", "--damages", "blur,jpeg", "--jobs", 2)
    assert (workers.code, workers.out) == (0, again.out)
    normal = call("run", "--suite", gray, "--out", tmp_path / "s", "--fusers", "lp")
    assert (normal.code, "holds a run of suite mine-stress" in normal.err) == (2, True)


def test_a_fuser_that_fails_on_damaged_sources_is_a_failure_row(gray, tmp_path, monkeypatch):
    (tmp_path / "touchy.py").write_text(
        "from tcmoa_bench.types import Computed, FuserRecord, Task\n"
        "class Touchy(Computed):\n"
        "    record = FuserRecord('touchy', (Task.VIF,), 'gray')\n"
        "    def fuse(self, a, b, pair):\n"
        "        if a.std() > 15:\n"
        "            raise RuntimeError('too noisy')\n"
        "        return a\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    result = stress(gray, tmp_path / "s", "--fusers", "touchy:Touchy,average", "--damages", "noise")
    assert result.code == 1
    failures = load_run(tmp_path / "s").failures()
    assert set(failures["fuser"]) == {"touchy:Touchy | noise 20", "touchy:Touchy | noise 40"}
    assert failures["message"].str.contains("too noisy").all()


def test_unknown_damages_and_fusers_are_refused(gray, tmp_path):
    wrong = stress(gray, tmp_path / "s", "--fusers", "lp", "--damages", "noise,blurr")
    assert (wrong.code, "unknown damage 'blurr'; did you mean blur" in wrong.err) == (2, True)
    assert stress(gray, tmp_path / "s", "--fusers", "nothing").code == 2


def test_the_table_holds_the_curve(gray, tmp_path):
    out = stress(
        gray, tmp_path / "s", "--fusers", "lp,average,maximum", "--damages", "noise", "--format", "json"
    ).out
    entropy, similarity, moved = json.loads(out)
    cell = entropy["rows"][0]["cells"]["noise"]
    assert (cell["levels"], cell["pairs"]) == ([0, 5, 10, 20, 40], 3)
    means = cell["means"]
    assert cell["value"] == pytest.approx((means[0] / 2 + sum(means[1:4]) + means[4] / 2) / 4)
    assert sorted(row["cells"]["noise"]["rank_clean"] for row in similarity["rows"]) == [1, 2, 3]
    assert "own clean result" in moved["title"]


def test_the_report_and_the_figure_have_the_curves(gray, tmp_path):
    result = call(
        "stress", "--suite", gray, "--out", tmp_path / "s", "--fusers", "lp,average", "--damages", "noise"
    )
    assert result.code == 0
    page = (tmp_path / "s/report.html").read_text("utf-8")
    assert 'id="trials"' in page
    assert "lp | noise" not in page.partition('id="trials"')[0]
    assert (
        call("figure", tmp_path / "s", "--kind", "curves", "--metric", "EN", "-o", tmp_path / "f.svg").code
        == 0
    )
    assert "noise" in (tmp_path / "f.svg").read_text("utf-8")
    call("run", "--suite", gray, "--fusers", "average", "--out", tmp_path / "r", "--no-report")
    none = call("figure", tmp_path / "r", "--kind", "curves", "--metric", "EN", "-o", tmp_path / "f.svg")
    assert (none.code, "holds no trials" in none.err) == (2, True)
