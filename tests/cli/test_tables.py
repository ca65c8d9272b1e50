"""`tables` and `stats` as a user types them."""

import json

import pytest

from tests.commands import call
from tests.reports.builder import make_run

VALUES = {
    "X": {"EN@t": [1.0, 2.0, 3.0], "SD@t": [5.0, 5.5, 6.0]},
    "Y": {"EN@t": [2.0, 2.5, 3.5], "SD@t": [4.0, 4.5, 5.0]},
}


@pytest.fixture
def run(tmp_path):
    make_run(
        tmp_path / "one",
        VALUES,
        attributes={"p1": {"time": "day"}, "p2": {"time": "night"}, "p3": {"time": "night"}},
    )
    return tmp_path / "one"


def test_formats_options_and_files(run, tmp_path):
    table = json.loads(call("tables", run, "--format", "json").out)
    assert [row["label"] for row in table["rows"]] == ["X", "Y"]
    assert table["rows"][1]["cells"]["EN ↑"]["mark"] == "best"
    turned = json.loads(call("tables", run, "--format", "json", "--transpose", "--fusers", "Y").out)
    assert [row["label"] for row in turned["rows"]] == ["EN ↑", "SD ↑"]
    assert "2.67" in call("tables", run, "--digits", "2").out
    assert "My caption" in call("tables", run, "--caption", "My caption", "--format", "tex").out
    assert call("tables", run, "-o", tmp_path / "t.tex", "--format", "tex").out == ""
    assert r"\toprule" in (tmp_path / "t.tex").read_text("utf-8")


def test_groups(run):
    out = call("tables", run, "--by", "time").out
    assert out.count("Fuser") == 3
    assert "time night" in out
    bad = call("tables", run, "--by", "weather")
    assert (bad.code, "no attribute 'weather'" in bad.err) == (2, True)


def test_several_runs(run, tmp_path):
    make_run(
        tmp_path / "two",
        {f: {m: [v + 1 for v in c] for m, c in columns.items()} for f, columns in VALUES.items()},
    )
    assert "X (two)" in call("tables", run, tmp_path / "two").out
    assert "2.5000 ± 0.7071" in call("tables", run, tmp_path / "two", "--seeds").out
    assert call("tables", run, "--seeds").code == 2


def test_statistics(run):
    out = call("stats", run, "--against", "X", "--metric", "EN").out
    assert "win/tie/loss" in out
    assert "0/0/3" in out
    assert call("stats", run, "--against", "Z").code == 2
    assert call("stats", run, "--conventions", "t").code == 2


def test_usage(tmp_path):
    assert "at least one run folder" in call("tables").err
    missing = call("tables", tmp_path)
    assert (missing.code, "no run in" in missing.err) == (2, True)
    (tmp_path / "run.sqlite").write_bytes(b"no database at all, but long enough to be one" * 40)
    broken = call("tables", tmp_path)
    assert (broken.code, "no run store or is damaged" in broken.err) == (2, True)
    assert "†" in call("tables", "--paper", "tcmoa").out


def test_an_empty_comparison_is_no_success(tmp_path):
    """F31: through the command line."""
    for fuser in ("average", "maximum"):
        assert (
            call(
                "run",
                "--suite",
                "vif",
                "--limit",
                1,
                "--fusers",
                fuser,
                "--metrics",
                "EN@textbook",
                "--out",
                tmp_path / fuser,
                "--no-report",
            ).code
            == 0
        )
    nothing = call("compare", tmp_path / "average", tmp_path / "maximum")
    assert (nothing.code, "no cell in common" in nothing.err) == (2, True)
    assert call("compare", tmp_path / "none.json", tmp_path / "average").code == 2
    same = call("compare", tmp_path / "average", tmp_path / "average")
    assert (same.code, "1 cells, 1 values compared" in same.out) == (0, True)
    assert call("baseline", "save", tmp_path / "average", "-o", tmp_path / "b.json").code == 0
    assert call("baseline", "save", tmp_path / "average", "-o", tmp_path / "b.json").code == 2
    checked = call("run", "--suite", "vif", "--limit", 1, "--fusers", "average,maximum", "--metrics", "EN@textbook",
                   "--out", tmp_path / "average", "--no-report", "--check", tmp_path / "b.json")  # fmt: skip
    assert checked.code == 0, checked.err
    assert "New fusers, not compared: maximum" in checked.out
    assert call("run", "--suite", "vif", "--limit", 1, "--fusers", "average", "--out", tmp_path / "x", "--no-report",
                "--check", tmp_path / "missing.json").code == 2  # fmt: skip
