"""Tables as a paper and a terminal want them."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcmoa_bench.metrics import resolve
from tcmoa_bench.reports.tables.dress import fitted_text, renamed, side_by_side, signed
from tcmoa_bench.reports.tables.table import RENDERERS, Table, TableCell, to_latex, to_text
from tcmoa_bench.types import BenchError

FULL = [metric.signature() for metric in resolve(["SD@tang2022", "SSIM@textbook", "EN@textbook"])]
TABLE = Table(
    "Title",
    "Fuser",
    ("SD ↑", "SSIM ↑", "MSE ↓"),
    tuple((f, tuple(TableCell(f"{i}.{k}000") for k in range(3))) for i, f in enumerate(("lp", "My_net"))),
    ("n = 2 pairs. Best bold, second underlined.", "Signatures: " + "; ".join(FULL)),
)


def test_footnotes_call_fusers_as_the_table_does_and_metrics_as_their_definition() -> None:
    notes = (
        "Not told apart: EN@x gff, gff:r=4; lp.",
        "On trial (how): EN@x: rewards gff.",
        "Signatures: gff@x|v1",
    )
    table = replace(
        TABLE, rows=tuple((name, TABLE.rows[0][1]) for name in ("gff", "gff:r=4", "lp")), notes=notes
    )
    assert renamed(table, {"gff": "GFF", "lp": "LP"}).notes == (
        "Not told apart: EN@x GFF, gff:r=4; LP.",
        *notes[1:],
    )
    assert renamed(table, {"gff:r=4": "G4"}).notes[0] == "Not told apart: EN@x gff, G4; lp."


def test_names_of_rows_and_columns():
    table = renamed(TABLE, {"lp": "LP", "SD": "Standard deviation", "MSE": "Error"})
    assert [label for label, _ in table.rows] == ["LP", "My_net"]
    assert table.columns == ("Standard deviation ↑", "SSIM ↑", "Error ↓")
    assert renamed(TABLE.transposed(), {"SD": "S"}).rows[0][0] == "S ↑"
    with pytest.raises(BenchError, match=r"unknown name 'lq'; did you mean lp"):
        renamed(TABLE, {"lq": "LP"})


def test_signatures_short_and_none():
    short = [
        metric.signature(short=True) for metric in resolve(["SD@tang2022", "SSIM@textbook", "EN@textbook"])
    ]
    assert signed(TABLE, "short").notes == (TABLE.notes[0], "Signatures: " + "; ".join(short))
    assert signed(TABLE, "none").notes == TABLE.notes[:1]
    assert signed(TABLE, "footnote") == TABLE


def test_a_wide_table_with_a_label():
    from dataclasses import replace

    tex = to_latex(replace(TABLE, label="tab:mine", wide=True))
    assert r"\begin{table*}[t]" in tex
    assert tex.rstrip().endswith(r"\end{table*}")
    assert "\\caption{Title}\n\\label{tab:mine}\n" in tex
    assert "label" not in to_latex(TABLE)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(20, 200))
def test_every_number_is_shown_and_no_line_is_too_wide(rows, columns, width):
    cells = tuple((f"f{i}", tuple(TableCell(f"{i}.{k:04}") for k in range(columns))) for i in range(rows))
    table = Table(
        "T", "Fuser", tuple(f"M{k} ↑" for k in range(columns)), cells, ("A note of several words.",)
    )
    text = fitted_text(table, width)
    assert max(map(len, text.splitlines())) <= width
    words = text.split()
    assert sorted(w for w in words if "." in w and w[0].isdigit()) == sorted(
        c.text for _, r in cells for c in r
    )
    assert text.count("Fuser") <= columns
    if width == 200:
        assert text == to_text(table)


def part(title: str, rows: dict[str, float], *notes: str) -> Table:
    cells = {
        name: (TableCell(f"{value}", value), TableCell("7", 7.0, "best")) for name, value in rows.items()
    }
    return Table(title, "Fuser", ("EN ↑", "Qcv ↓"), tuple(cells.items()), (*notes, "Signatures: EN@t|v1"))


GROUPED = side_by_side(
    [part("day", {"lp": 1.5, "a_b": 2.0}, "n = 3.", "x"), part("night%", {"lp": 3.5}, "n = 4.", "x")], "T"
)


def test_tables_side_by_side_are_groups_of_columns() -> None:
    assert GROUPED.groups == (("day", 2), ("night%", 2))
    assert {label: [c.text for c in cells] for label, cells in GROUPED.rows} == {
        "lp": ["1.5", "7", "3.5", "7"],
        "a_b": ["2.0", "7", "n/a", "n/a"],
    }
    assert GROUPED.notes == ("x", "day: n = 3.", "night%: n = 4.", "Signatures: EN@t|v1")
    renamed_ = renamed(GROUPED, {"EN": "Entropy"})
    assert renamed_.columns == ("Entropy ↑", "Qcv ↓", "Entropy ↑", "Qcv ↓")


def test_every_format_shows_the_groups() -> None:
    tex = RENDERERS["tex"](GROUPED)
    assert r" & \multicolumn{2}{c}{day} & \multicolumn{2}{c}{night\%} \\" in tex
    assert r"\cmidrule(lr){2-3} \cmidrule(lr){4-5}" in tex
    assert '<th scope="colgroup" colspan="2">night%</th>' in RENDERERS["html"](GROUPED)
    for form in ("text", "csv", "md"):
        assert "night%: EN" in RENDERERS[form](GROUPED), form
    row = json.loads(RENDERERS["json"](GROUPED))["rows"][0]["cells"]
    assert (row["day: EN ↑"]["value"], row["night%: EN ↑"]["value"]) == (1.5, 3.5)
    assert dict(GROUPED.transposed().rows)["night%: EN ↑"][0].text == "3.5"
    assert max(map(len, fitted_text(GROUPED, 30).splitlines())) <= 30


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex here")
@pytest.mark.parametrize("wide", [False, True])
def test_groups_compile_and_every_name_can_be_read_in_the_pdf(tmp_path: Path, wide: bool) -> None:
    table = replace(GROUPED, label="tab:groups", wide=wide)
    document = (
        "\\documentclass[twocolumn]{article}\\usepackage{booktabs}\\begin{document}See Table~\\ref{tab:groups}.\n"
        f"{RENDERERS['tex'](table)}\\end{{document}}"
    )
    (tmp_path / "t.tex").write_text(document, "utf-8")
    for _ in range(2):  # the second run knows the table's number
        done = subprocess.run(
            ["pdflatex", "-halt-on-error", "t.tex"], cwd=tmp_path, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stdout[-2000:]
    assert b"undefined" not in done.stdout
    if shutil.which("pdftotext"):
        text = subprocess.run(
            ["pdftotext", "t.pdf", "-"], cwd=tmp_path, capture_output=True, check=True
        ).stdout.decode()
        assert all(word in text for word in ("See Table 1", "day", "night%", "lp", "3.5"))
