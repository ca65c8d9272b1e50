import pytest

from tcmoa_bench.reports.summary import summarise
from tcmoa_bench.reports.tables.multirun import over_seeds, together
from tcmoa_bench.reports.tables.paper import as_table, paper_tables, papers
from tcmoa_bench.reports.tables.table import RENDERERS
from tcmoa_bench.types import BenchError
from tests.reports.builder import make_run


def table(paper, name, runs=()):
    return next(t for t in paper_tables(paper, runs) if t.id == name)


def test_table_2_follows_from_the_benchmarks_values():
    """42 cells of seven methods: 39 by plain rounding, three copied from a four-decimal table."""
    made = table("tcmoa", "Table 2")
    assert (made.count("equal"), made.count("rounded twice"), made.count("differs")) == (39, 3, 0)
    assert made.count("quoted") == 72 - 42
    twice = {
        (label, column)
        for label, cells in made.rows
        for column, c in zip(made.columns, cells, strict=True)
        if c.status == "rounded twice"
    }
    assert twice == {("MEFNet", "Qw"), ("PMGI", "Qw"), ("U2Fusion", "Qc")}


def test_without_runs_everything_else_is_quoted_and_marked():
    for paper in papers():
        for made in paper_tables(paper):
            if made.id != "Table 2":
                assert made.count("equal", "differs", "rounded twice", "new") == 0
            text = RENDERERS["md"](as_table(made))
            assert "†" in text
            assert "quoted from the paper" in text


def test_computed_cells_stand_beside_published_ones(tmp_path):
    run = make_run(
        tmp_path,
        {
            "IFCNN": {"NMI@mefb": [0.8466] * 63, "Qcv@mefb": [44.3724] * 63},
            "PMGI": {"NMI@mefb": [0.5] * 63, "Qcv@mefb": [140.9593] * 63},
            "mine": {"NMI@mefb": [0.9] * 63, "Qcv@mefb": [1.0] * 63},
        },
        dataset="mfif",
    )
    made = table("tcmoa", "Table 3", [run])
    rows = dict(made.rows)
    assert rows["IFCNN"][0].status == "equal"
    # 44.3724 prints as 44.372, the paper has 44.373: that is a difference, however small.
    assert rows["IFCNN"][4].status == "differs"
    assert rows["IFCNN"][4].difference == pytest.approx(-0.0006)
    assert rows["PMGI"][0].status == "differs"
    assert rows["TC-MoA"][0].status == "quoted"
    assert rows["mine"][0].status == "new"
    assert "Computed on 63 of the paper's 63 pairs" in " ".join(made.notes)
    assert "0.5000 ≠ 0.702" in RENDERERS["md"](as_table(made))


def test_a_fuser_of_this_package_stands_for_a_row_that_a_run_has_none_of(tmp_path):
    values = {"ifcnn_max_rgb": [0.8466], "pmgi_mfif": [0.5], "PMGI": [0.702]}
    run = make_run(tmp_path, {fuser: {"NMI@mefb": v} for fuser, v in values.items()}, dataset="mfif")
    made = table("tcmoa", "Table 3", [run])
    rows = dict(made.rows)
    assert rows["IFCNN"][0].computed == pytest.approx(0.8466)
    assert rows["PMGI"][0].computed == pytest.approx(0.702)  # the row's own label before the stand-in
    assert "ifcnn_max_rgb" not in rows
    notes = " ".join(made.notes)
    assert "Rows computed with fusers of this package: IFCNN = ifcnn_max_rgb." in notes


def test_a_stand_in_never_passes_for_a_differing_row_of_the_paper(tmp_path):
    values = {"ifcnn_max_rgb": {"NMI@mefb": [0.8] * 63}, "mffgan_mfif": {"NMI@mefb": [0.728] * 63}}
    made = table("tcmoa", "Table 3", [make_run(tmp_path, values, dataset="mfif")])
    rows = dict(made.rows)
    assert (rows["IFCNN"][0].status, rows["MFF-GAN"][0].status) == ("stand-in", "equal")
    assert "computed by ifcnn_max_rgb" in rows["IFCNN"][0].why
    assert made.count("differs") == 0
    assert any("need not be the version that the paper ran" in note for note in made.notes)
    shown = as_table(made)
    assert "0.8000 ~ 0.847" in RENDERERS["md"](shown).replace("\\~", "~")
    assert "0.8000 \\textasciitilde{} 0.847" in RENDERERS["tex"](shown)
    facts = {label: cells[0].facts for label, cells in shown.rows}
    assert [facts[row]["fuser"] for row in ("IFCNN", "MFF-GAN")] == ["ifcnn_max_rgb", "mffgan_mfif"]


def test_other_pairs_than_the_papers_are_not_compared(tmp_path):
    """M24: 20 of 63 pairs give no differing cell, whatever their means."""
    values = {"IFCNN": {"NMI@mefb": [0.8466] * 20, "Qcv@mefb": [99.0] * 20}}
    made = table("tcmoa", "Table 3", [make_run(tmp_path, values, dataset="mfif")])
    cells = dict(made.rows)["IFCNN"]
    assert [cells[i].status for i in (0, 4)] == ["subset", "subset"]
    assert (cells[4].why, cells[4].difference) == ("not comparable (20 of 63)", None)
    assert made.count("differs", "equal", "rounded twice") == 0
    assert "Not comparable with the paper (20 of 63 pairs)." in made.notes
    assert "99.0000 § 44.373" in RENDERERS["md"](as_table(made))


def test_a_pair_that_failed_makes_its_cell_a_subset_only(tmp_path):
    values = {
        "IFCNN": {"NMI@mefb": [None] + [0.8466] * 62},
        "PMGI": {"NMI@mefb": [0.5] * 63},
    }
    rows = dict(table("tcmoa", "Table 3", [make_run(tmp_path, values, dataset="mfif")]).rows)
    assert (rows["IFCNN"][0].status, rows["IFCNN"][0].why) == ("subset", "not comparable (62 of 63)")
    assert rows["PMGI"][0].status == "differs"


def test_a_quoted_cell_says_what_is_missing(tmp_path):
    nothing = dict(table("tcmoa", "Table 3").rows)
    assert nothing["IFCNN"][0].why == "run suite mff"
    run = make_run(tmp_path, {"IFCNN": {"NMI@mefb": [0.8466] * 63}}, dataset="mfif")
    rows = dict(table("tcmoa", "Table 3", [run]).rows)
    assert rows["IFCNN"][4].why == "this run has no Qcv@mefb; add it with --metrics"
    assert rows["PMGI"][0].why == "its fuser is not in this run (pmgi_mfif)"
    assert "only the figures are public" in next(iter(dict(table("tcmoa", "Table 4").rows).values()))[0].why


def test_unknown_paper():
    with pytest.raises(BenchError, match="unknown paper 'tcmoe'; did you mean tcmoa"):
        paper_tables("tcmoe")


def test_runs_side_by_side(tmp_path):
    first = make_run(tmp_path / "one", {"X": {"EN@t": [1.0, 2.0]}})
    second = make_run(tmp_path / "two", {"X": {"EN@t": [3.0, 4.0]}})
    summary = summarise(together([first, second]))
    assert summary.fusers == ["X (one)", "X (two)"]
    assert summary.entries["X (two)", "EN@t"].rank == 1
    with pytest.raises(BenchError, match="given twice"):
        together([first, first])


def test_other_signatures_get_a_column_of_their_own(tmp_path):
    first = make_run(tmp_path / "one", {"X": {"EN@t": [1.0]}})
    second = make_run(tmp_path / "two", {"X": {"EN@t": [3.0]}}, signatures={"EN@t": "EN@t|v2"})
    summary = summarise(together([first, second]))
    assert summary.qualified == ["EN@t", "EN@t [EN@t|v2]"]
    with pytest.raises(BenchError, match="another signature"):
        over_seeds([first, second])


def test_seeds_give_mean_and_deviation(tmp_path):
    runs = [
        make_run(tmp_path / str(i), {"X": {"EN@t": [v, v]}, "Y": {"EN@t": [0.0, 0.0]}})
        for i, v in enumerate((1.0, 2.0, 3.0))
    ]
    made = over_seeds(runs)
    (label, (cell,)), *_ = made.rows
    assert (label, cell.text, cell.mark) == ("X", "2.0000 ± 1.0000", "best")
    assert cell.facts == {"sd": 1.0, "runs": 3}
