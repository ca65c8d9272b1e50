"""What is kept of trials, and where it is shown."""

import re
from dataclasses import replace

import pytest

from tcmoa_bench.metrics import resolve
from tcmoa_bench.reports import verdicts
from tcmoa_bench.reports.html import build_report
from tcmoa_bench.reports.summary import summarise
from tcmoa_bench.reports.tables.scores import make_table
from tcmoa_bench.reports.verdicts import Finding, read, write
from tests.commands import call
from tests.reports.builder import make_run

ROW = Finding("Qncie", "mfif", "mff", "truth", "GMSD", -0.19213, -0.212005, -0.170617, 710, 30, "values.csv")


def test_findings_come_back():
    rows = [ROW, replace(ROW, kind="damage", against="noise", value=1.0, low=1.0, high=1.0)]
    assert read(write(rows)) == rows


@pytest.mark.parametrize(
    ("kind", "low", "high", "verdict", "adverse"),
    [
        ("truth", 0.1, 0.2, "ranks with the truth", False),
        ("truth", -0.2, -0.1, "ranks against the truth", True),
        ("truth", -0.1, 0.1, "tells nothing of the truth", False),
        ("people", -0.2, -0.1, "ranks against people", True),
        ("damage", -1.0, -0.9, "falls with GMSD", False),
        ("damage", 0.9, 1.0, "rewards GMSD", True),
        ("damage", -0.1, 0.0, "insensitive to GMSD", False),
    ],
)
def test_a_verdict_is_what_the_interval_says(kind, low, high, verdict, adverse):
    finding = replace(ROW, kind=kind, low=low, high=high)
    assert (finding.verdict, finding.is_adverse) == (verdict, adverse)


def test_what_is_shipped_is_of_metrics_that_there_are_and_holds_its_mean():
    rows = verdicts.findings()
    for row in rows:
        assert row.low <= row.value <= row.high
        assert row.pairs >= 20
        assert row.source
        if not row.metric.startswith("Q_"):  # published columns that no toolbox here computes
            assert resolve(f"{row.metric}@{row.convention}")[0].name == row.metric
    assert len({(r.metric, r.convention, r.task, r.kind, r.against, r.source) for r in rows}) == len(rows)
    against = {r.metric for r in rows if r.kind == "truth" and r.is_adverse}
    assert against >= {"NMI", "Qncie", "TE"}
    assert {r.task for r in rows if r.kind == "damage"} == {"vif", "mef", "mff"}


def test_another_convention_of_the_name_serves_where_its_own_is_not_there(monkeypatch):
    other = replace(ROW, convention="liu", value=0.5, low=0.4, high=0.6)
    monkeypatch.setattr(verdicts, "findings", lambda: (ROW, other))
    assert verdicts.of("Qncie", "mfif") == [ROW]
    assert verdicts.of("Qncie", "textbook") == [ROW, other]
    assert verdicts.of("Qncie", "mfif", ["vif"]) == []
    assert verdicts.of("EN", "mfif") == []


def test_tables_and_heads_warn_on_the_task_of_the_trial(tmp_path, monkeypatch):
    """Under the table, and in the page's head of the column; not on another task."""
    monkeypatch.setattr(
        verdicts, "findings", lambda: (ROW, replace(ROW, kind="damage", against="noise", low=0.9, high=1.0))
    )
    values = {f: {"Qncie@mefb": [k + 0.1, k + 0.2], "EN@t": [1.0, k]} for k, f in enumerate("XYZ")}
    other, focus = (make_run(tmp_path / task, values, task=task) for task in ("vif", "mff"))
    (note,) = [n for n in make_table(summarise(focus)).notes if n.startswith("On trial")]
    assert "Qncie@mefb: ranks against the truth on MFF, -0.19 [-0.21, -0.17]; rewards noise." in note
    page = build_report(focus.folder).read_text("utf-8")
    head = re.search(r'title="([^"]*)" class="warned"><span class="metric">Qncie ↑</span>', page)
    assert head is not None
    assert "On trial: ranks against the truth on MFF, -0.19 [-0.21, -0.17]; rewards noise." in head[1]
    assert 'class="warned"' not in build_report(other.folder).read_text("utf-8")
    assert not [n for n in make_table(summarise(other)).notes if n.startswith("On trial")]


def test_what_rounds_to_zero_has_no_sign_of_its_own():
    assert [verdicts.signed(v) for v in (-0.004, 0.0, -0.006, 1.0)] == ["+0.00", "+0.00", "-0.01", "+1.00"]


def test_lines_gather_the_damages_of_a_task():
    noise, blur = (replace(ROW, kind="damage", against=n, value=v, low=v, high=v, pairs=20, fusers=5, source="vifb")
                   for n, v in (("noise", 0.9), ("blur", -1.0)))  # fmt: skip
    assert verdicts.lines([ROW, noise, blur, replace(blur, against="jpeg")]) == [
        "mff: ranks against the truth, -0.19 [-0.21, -0.17] by GMSD (710 pairs, 30 fusers, Qncie@mfif, values.csv)",
        "mff: rewards noise +0.90; falls with blur -1.00, jpeg -1.00 (20 pairs, 5 steps, Qncie@mfif, vifb)",
    ]


def test_show_has_the_evidence():
    out = call("show", "Qncie@mefb").out
    assert "on trial" in out
    assert "mff: ranks against the truth, -0.19 [-0.21, -0.17]" in out
    assert "(710 pairs, 30 fusers" in out
