import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcmoa_bench.reports.outputs import COLUMNS, read_scores, run_tables, write_outputs
from tcmoa_bench.reports.summary import groups, rank_values, select, summarise
from tcmoa_bench.reports.tables.table import RENDERERS
from tcmoa_bench.types import BenchError
from tests.reports.builder import make_run


def test_a_mean_over_fewer_pairs_does_not_win(tmp_path):
    """F29: X failed on the hard pair; on the pairs that both have, Y is better."""
    run = make_run(
        tmp_path,
        {"X": {"PSNR@textbook": [42.110204] * 3}, "Y": {"PSNR@textbook": [48.130804, 48.130804, 8.130804]}},
        failed={("X", "p3"): "no fused image"},
    )
    summary = summarise(run)
    x, y = summary.entries["X", "PSNR@textbook"], summary.entries["Y", "PSNR@textbook"]
    assert (x.mean, x.n, x.of) == (pytest.approx(42.110204), 2, 3)
    assert (y.mean, y.n) == (pytest.approx(34.797470666), 3)
    assert (x.rank, y.rank) == (2, 1)
    assert (x.common_mean, y.common_mean) == (pytest.approx(42.110204), pytest.approx(48.130804))
    markdown = RENDERERS["md"](run_tables(run)[0])
    assert "**34.797**" in markdown
    assert "42.110</u> (2/3)" in markdown
    assert "every ranked fuser has: PSNR@textbook 2 of 3" in markdown


def test_a_fuser_that_failed_everywhere_takes_no_pairs_from_the_others(tmp_path):
    run = make_run(
        tmp_path,
        {"X": {"EN@t": [1.0, 2.0]}, "Y": {"EN@t": [3.0, 4.0]}, "Z": {"EN@t": [0.0, 0.0]}},
        failed={("Z", "p1"): "no", ("Z", "p2"): "no"},
    )
    summary = summarise(run)
    assert summary.entries["Y", "EN@t"].rank == 1
    assert summary.entries["Z", "EN@t"].mean is None
    assert "n/a (0/2)" in RENDERERS["md"](run_tables(run)[0])


def test_lower_is_better_turns_ranks_around(tmp_path):
    run = make_run(tmp_path, {"X": {"MSE@t": [1.0]}, "Y": {"MSE@t": [2.0]}}, down=["MSE@t"])
    assert summarise(run).entries["X", "MSE@t"].rank == 1
    assert "MSE ↓" in RENDERERS["md"](run_tables(run)[0])


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=8), st.booleans())
def test_ranks_are_mid_ranks(values, up):
    ranks = rank_values({str(i): v for i, v in enumerate(values)}, up)
    known = [v for v in values if v is not None]
    for i, value in enumerate(values):
        if value is None:
            assert ranks[str(i)] is None
            continue
        ties = sum(math.isclose(other, value, rel_tol=1e-12, abs_tol=0) for other in known)
        beats = sum(
            (other > value if up else other < value)
            and not math.isclose(other, value, rel_tol=1e-12, abs_tol=0)
            for other in known
        )
        assert ranks[str(i)] == beats + (ties + 1) / 2
    assert sum(r for r in ranks.values() if r is not None) == len(known) * (len(known) + 1) / 2


def test_a_fuser_with_too_few_pairs_is_left_out_by_name(tmp_path):
    """One pair of six, the easiest, is no first place; the other two keep all six."""
    run = make_run(
        tmp_path,
        {
            "X": {"EN@t": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]},
            "Y": {"EN@t": [2.0, 3.0, 4.0, 5.0, 6.0, 7.0]},
            "few": {"EN@t": [None] * 5 + [99.0]},
            "half": {"EN@t": [None] * 3 + [0.0] * 3},
        },
    )
    summary = summarise(run)
    assert summary.left_out["EN@t"] == {"few": "1 of 6"}
    assert {f: summary.entries[f, "EN@t"].rank for f in summary.fusers} == {
        "X": 2,
        "Y": 1,
        "few": None,
        "half": 3,
    }
    assert summary.common["EN@t"] == 3
    text = RENDERERS["text"](run_tables(run)[0])
    assert "Left out of ranks: few (1 of 6)." in text
    assert "99.000 (1/6)\n" in text


def test_what_rounding_decides_is_shown_and_not_ranked(tmp_path):
    run = make_run(
        tmp_path,
        {
            "average": {"Qc@mefb": [0.7, -29.7, 0.6]},
            "X": {"Qc@mefb": [0.5, 0.6, 0.7]},
            "Y": {"Qc@mefb": [0.4, 0.5, 0.6]},
        },
    )
    summary = summarise(run)
    assert summary.left_out["Qc@mefb"] == {"average": "1 of 3 outside -1 to 1"}
    assert [summary.entries[f, "Qc@mefb"].rank for f in summary.fusers] == [None, 1, 2]
    text = RENDERERS["text"](run_tables(run)[0])
    assert "-9.4667 (1 unsound)" in text
    assert "rounding noise" in text


def test_the_macro_mean_counts_each_dataset_once(tmp_path):
    """Three easy pairs of one dataset do not outweigh the single pair of another."""
    run = make_run(tmp_path, {"X": {"EN@t": [1.0, 1.0, 1.0, 5.0]}, "Y": {"EN@t": [2.0, 2.0, 2.0, 3.0]}})
    pairs = run.pairs.assign(dataset=["d", "d", "d", "e"])
    moved = {name: getattr(run, name).assign(dataset=lambda f: ["e" if p == "p4" else "d" for p in f["pair"]])
             for name in ("cells", "scores")}  # fmt: skip
    several = replace(run, pairs=pairs, **moved)
    whole, macro, *each = run_tables(several)
    assert [[c.text for c in cells] for _, cells in whole.rows] == [["2.0000"], ["2.2500"]]
    assert [[c.text for c in cells] for _, cells in macro.rows] == [["3.0000"], ["2.5000"]]
    assert macro.title == "A suite, macro mean over 2 datasets"
    assert "n = 2 datasets." in macro.notes[0]
    assert len(each) == 2
    assert len(run_tables(run)) == 1


def test_only_equal_means_share_a_rank():
    """Half a percent is a difference; the last bits of a mean are not."""
    assert rank_values({"X": 1.0, "Y": 1.005, "Z": 1.0}, True) == {"X": 2.5, "Y": 1, "Z": 2.5}
    assert rank_values({"X": 1.0, "Y": 1.0 + 1e-9}, False) == {"X": 1, "Y": 2}
    assert rank_values({"X": 0.1 + 0.2, "Y": 0.3, "Z": 0.1}, True) == {"X": 1.5, "Y": 1.5, "Z": 3}


def test_names_come_back_letter_for_letter(tmp_path):
    """F10: nothing that reads our files back may guess types of names."""
    names = [
        "00123",
        "0123",
        "123",
        "NA",
        "nan",
        "1e5",
        "True",
        "inf",
        "null",
        "",
        "Ünïcode 副本",
        'a"b,c',
        "<script>",
    ]
    names = [n for n in names if n]
    run = make_run(tmp_path, {"NaN-Infinity": {"EN@t": [float(i) for i in range(len(names))]}}, pairs=names)
    write_outputs(tmp_path)
    assert list(run.pairs["pair"]) == names
    scores = read_scores(tmp_path / "scores.csv")
    assert list(scores["pair"]) == names
    assert set(scores["fuser"]) == {"NaN-Infinity"}
    import pandas as pd

    parquet = pd.read_parquet(tmp_path / "scores.parquet")
    assert list(parquet.columns) == COLUMNS
    assert list(parquet["pair"]) == names
    assert list(parquet["value"]) == [float(i) for i in range(len(names))]


def test_null_is_spelled_the_same_everywhere(tmp_path):
    run = make_run(tmp_path, {"X": {"PSNR@t": [None, None]}, "Y": {"PSNR@t": [1.0, 2.0]}})
    write_outputs(tmp_path)
    assert (tmp_path / "scores.csv").read_text().count(",n/a,no value,") == 2
    for form in ("md", "csv", "tex", "html", "text"):
        assert "n/a" in RENDERERS[form](run_tables(run)[0])
    assert math.isnan(read_scores(tmp_path / "scores.csv")["value"][0])


def test_outputs_do_not_depend_on_the_order_of_finishing(tmp_path):
    values = {"X": {"EN@t": [0.1, 0.2, 0.3]}, "Y": {"EN@t": [0.3, 0.2, 0.1]}}
    make_run(tmp_path / "one", values)
    make_run(tmp_path / "two", dict(reversed(values.items())))
    write_outputs(tmp_path / "one")
    again = (tmp_path / "one/tables.md").read_bytes()
    write_outputs(tmp_path / "one")
    assert (tmp_path / "one/tables.md").read_bytes() == again


def test_groups_by_attribute(tmp_path):
    run = make_run(
        tmp_path,
        {"X": {"EN@t": [1.0, 2.0, 3.0]}},
        attributes={"p1": {"time": "day"}, "p2": {"time": "night"}, "p3": {"time": "day"}},
    )
    labels = {label: list(pairs["pair"]) for label, pairs in groups(run, ("time",))}
    assert labels == {"": ["p1", "p2", "p3"], "time day": ["p1", "p3"], "time night": ["p2"]}
    with pytest.raises(BenchError, match="no attribute 'weather'; there are: dataset, size, task, time"):
        list(groups(run, ("weather",)))


def test_select_keeps_the_order_given_and_knows_bare_names(tmp_path):
    run = make_run(tmp_path, {"X": {"EN@t": [1.0], "SD@t": [2.0]}, "Y": {"EN@t": [1.0], "SD@t": [2.0]}})
    chosen = select(run, ["Y"], ["SD", "EN@t"])
    summary = summarise(chosen)
    assert (summary.fusers, summary.qualified) == (["Y"], ["SD@t", "EN@t"])
    with pytest.raises(BenchError, match="unknown fuser 'Z'"):
        select(run, ["Z"])
