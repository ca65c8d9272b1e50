"""`tables --join`: numbers from elsewhere beside a run's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands import call
from tests.reports.builder import make_run

VALUES = {"X": {"EN@t": [1.0, 2.0, 3.0]}, "Y": {"EN@t": [2.0, 2.5, 3.5]}, "Z": {"EN@t": [2.0, 2.0, 2.0]}}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    attributes = {"p1": {"time": "day"}, "p2": {"time": "night"}, "p3": {"time": "night"}}
    make_run(tmp_path / "one", VALUES, attributes=attributes)
    return tmp_path / "one"


def cells(run: Path, text: str, *options: str) -> dict[str, dict[str, dict]]:
    file = run.parent / "numbers.csv"
    file.write_text(text, "utf-8")
    done = call("tables", run, "--join", file, "--format", "json", *options)
    assert done.code == 0, done.err
    table = json.loads(done.out)
    return {row["label"]: row["cells"] for row in table["rows"]} | {"notes": table["notes"]}


def test_a_number_for_each_fuser(run: Path) -> None:
    text = "fuser,metric,direction,value\nX,mAP50,up,0.91\nY,mAP50,↑,0.88\nX,ms,down,7\nY,ms,down,5.5\nZ,ms,lower,n/a\n"
    found = cells(run, text)
    assert list(found["X"]) == ["EN ↑", "mAP50 [external] ↑", "ms [external] ↓"]
    assert [found[f]["mAP50 [external] ↑"]["value"] for f in "XYZ"] == [0.91, 0.88, None]
    assert [found[f]["mAP50 [external] ↑"]["mark"] for f in "XYZ"] == ["best", "second", None]
    assert [found[f]["ms [external] ↓"]["mark"] for f in "XYZ"] == ["second", "best", None]
    assert found["Z"]["ms [external] ↓"]["text"] == "n/a"
    assert "mAP50@external|file:numbers.csv|sha256:" in found["notes"][-1]
    assert found["X"]["EN ↑"]["value"] == 2.0


def test_a_number_for_each_pair_is_a_mean_and_is_grouped(run: Path) -> None:
    values = {"X": (0.1, 0.2, 0.6), "Y": (0.5, 0.5, 0.5)}
    lines = [f"{f},AP,up,{v},p{n}" for f, column in values.items() for n, v in enumerate(column, 1)]
    text = "\n".join(["fuser,metric,direction,value,pair", *lines])
    found = cells(run, text)
    assert found["X"]["AP [external] ↑"]["value"] == pytest.approx(0.3)
    assert found["X"]["AP [external] ↑"]["n"] == 3
    (run.parent / "numbers.csv").write_text(text)
    out = call(
        "tables", run, "--join", run.parent / "numbers.csv", "--by", "time", "--metrics", "AP@external"
    ).out
    assert "time night" in out
    assert "0.4000" in out
    assert "EN" not in out


def test_numbers_of_fusers_stand_in_the_whole_table_only(run: Path) -> None:
    (run.parent / "n.csv").write_text("fuser,metric,direction,value\nX,mAP50,up,0.91\n")
    whole, *groups = call("tables", run, "--join", run.parent / "n.csv", "--by", "time").out.split(
        "A suite, time"
    )
    assert "0.9100" in whole
    assert len(groups) == 2
    assert not any("mAP50" in group for group in groups)


HEAD = "fuser,metric,direction,value"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fuser,metric,value\nX,AP,1\n", "has no column direction"),
        (f"{HEAD}\nW,AP,up,1\n", "line 2: fuser 'W'"),
        (f"{HEAD}\nX,AP,sideways,1\n", "line 2: direction 'sideways' is not known; say up or down"),
        (f"{HEAD}\nX,AP,up,much\n", "line 2: 'much' is no number"),
        (f"{HEAD}\nX,AP,up,inf\n", "line 2: 'inf' is no number"),
        (f"{HEAD}\nX,AP,up,\n", "line 2: `value` is empty"),
        (f"{HEAD}\nX,AP,up,1,2\n", "5 cells for 4 columns"),
        (f"{HEAD}\nX,AP,up,1\nX,AP,up,2\n", "line 3: AP of X is given twice"),
        (f"{HEAD}\nX,AP,up,1\nY,AP,down,2\n", "line 3: 'AP' has two directions"),
        (f"{HEAD},pair\nX,AP,up,1,p9\n", "line 2: pair 'd/p9'"),
        (f"{HEAD},pair\nX,AP,up,1,p1\nX,AP,up,1,\n", "line 3: 'AP' has two directions, or numbers of pairs and of fusers"),
    ],
)  # fmt: skip
def test_what_cannot_be_joined_names_the_line(run: Path, text: str, said: str) -> None:
    file = run.parent / "n.csv"
    file.write_text(text, "utf-8")
    done = call("tables", run, "--join", file)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_it_goes_with_plain_tables(run: Path) -> None:
    assert "not with --paper or --seeds" in call("tables", run, "--join", "n.csv", "--seeds").err
    assert call("tables", run, "--join", run / "none.csv").code == 2
