"""`tables` and `stats` as a user types them."""

import json
import sys

import pytest

from tests.commands import RAMP, call
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


def test_a_comment_is_no_drift(pairs, tmp_path, monkeypatch):
    """M25, and what `run --check` accepts."""
    monkeypatch.syspath_prepend(str(tmp_path))
    suite = pairs({"p": (RAMP, RAMP.T.copy())}, metrics='["EN@textbook", "SD@textbook"]')

    def check(source, *args, fusers="mine:fuse"):
        (tmp_path / "mine.py").write_text(source)
        for name in ("mine",):
            sys.modules.pop(name, None)
        return call(
            "run", "--suite", suite, "--fusers", fusers, "--out", tmp_path / "run", "--no-report", *args
        )

    base = tmp_path / "base.json"
    assert check("def fuse(a, b): return a\n", fusers="mine:fuse,average").code == 0
    assert call("baseline", "save", tmp_path / "run", "-o", base).code == 0
    same = check("# why\ndef fuse(a, b): return a\n", "--check", base)
    assert same.code == 0, same.out
    assert "Notice: mine:fuse: its code is another one (fingerprint), its fused images are equal" in same.out
    moved = "def fuse(a, b): return a // 2\n"
    assert check(moved, "--check", base).code == 1
    accepted = ("--allow", "model=a new method")
    assert check(moved, "--check", base, *accepted).code == 0
    assert check(moved, "--check", base, "--allow", "modle=x").code == 2
    (tmp_path / "t.toml").write_text('"*" = { rtol = 2 }')
    result = check(moved, "--check", base, "--tolerances", tmp_path / "t.toml")
    assert (result.code, "Values that moved" in result.out) == (1, False)
    nobody = check(moved, "--check", base, fusers="maximum")
    assert (nobody.code, "has none of the fusers maximum; it has average, mine:fuse" in nobody.err) == (
        2,
        True,
    )


def test_a_table_for_a_paper(run):
    tex = call(
        "tables", run, "--format", "tex", "--label", "tab:a", "--wide", "--names", "X=Ours", "--signatures", "none",
        "--by", "time",
    ).out  # fmt: skip
    assert [f"\\label{{tab:a{n}}}" in tex for n in ("", "-2", "-3", "-4")] == [True, True, True, False]
    assert tex.count(r"\begin{table*}") == 3
    assert "Ours &" in tex
    assert "Signatures" not in tex
    assert call("tables", run, "--label", "a}b").code == 2
    assert "unknown name 'Z'" in call("tables", run, "--names", "Z=z").err


def test_a_table_fits_the_terminal(run, monkeypatch):
    monkeypatch.setattr("tcmoa_bench.cli.tables.terminal_width", lambda: 24)
    lines = call("tables", run).out.splitlines()
    assert max(len(line) for line in lines[1:] if "@" not in line) <= 24


def test_groups_of_columns_stand_in_one_table(tmp_path):
    run = tmp_path / "run"
    suite = "vif"
    assert call("run", "--suite", suite, "--fusers", "average,maximum", "--metrics", "EN@textbook,SD@textbook",
                "--out", run, "--no-report").code == 0  # fmt: skip
    done = call("tables", run, "--by", "size", "--side-by-side", "--format", "tex", "--wide")
    assert done.code == 0, done.err
    assert done.out.count(r"\begin{tabular}") == 1
    assert r"\multicolumn{2}{c}{" in done.out
    alone = call("tables", run, "--side-by-side")
    assert (alone.code, "goes with --by" in alone.err) == (2, True)


def test_one_table_of_a_paper_is_chosen_by_its_number():
    every = call("tables", "--paper", "tcmoa").out
    assert every.count("Table ") >= 6
    one = call("tables", "--paper", "tcmoa", "--table", "6")
    assert (one.code, one.out.count("TC-MoA (CVPR 2024), Table")) == (0, 1)
    assert "Table 6" in one.out
    two = call("tables", "--paper", "tcmoa", "--table", "6,2").out
    assert two.index("Table 6") < two.index("Table 2")
    wrong = call("tables", "--paper", "tcmoa", "--table", "7")
    assert (wrong.code, "unknown table of tcmoa '7'. Known: 1, 2, 3, 4, 5, 6" in wrong.err) == (2, True)
    alone = call("tables", "--table", "6")
    assert (alone.code, "--table goes with --paper" in alone.err) == (2, True)
