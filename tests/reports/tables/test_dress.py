"""Tables as a paper and a terminal want them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcmoa_bench.metrics import resolve
from tcmoa_bench.reports.tables.dress import fitted_text, renamed, signed
from tcmoa_bench.reports.tables.table import Table, TableCell, to_latex, to_text
from tcmoa_bench.types import BenchError

FULL = [metric.signature() for metric in resolve(["SD@tang2022", "SSIM@textbook", "EN@textbook"])]
TABLE = Table(
    "Title",
    "Fuser",
    ("SD ↑", "SSIM ↑", "MSE ↓"),
    tuple((f, tuple(TableCell(f"{i}.{k}000") for k in range(3))) for i, f in enumerate(("lp", "My_net"))),
    ("n = 2 pairs. Best bold, second underlined.", "Signatures: " + "; ".join(FULL)),
)


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
