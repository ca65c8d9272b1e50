import csv
import io
import json
import shutil
import subprocess

import pytest

from tcmoa_bench.reports.tables.table import RENDERERS, Table, TableCell

AWKWARD = ["GFF_v2", "A&B", "50%", "x^2", "#1", "{z}", "~t", "c:\\m", "$y$", "a|b", "<b>", "*x*", "[l](u)",
           "--x", "`c`", "&amp;"]  # fmt: skip


@pytest.fixture
def table():
    rows = tuple((label, (TableCell("1.5", 1.5, "best"), TableCell("n/a"))) for label in AWKWARD)
    return Table("50% of_all & more", "Fuser", ("EN ↑", "MSE_x ↓"), rows, ("100% of {it}; a_b",))


def test_latex_escapes_every_special_character(table):
    """F28: labels, caption, head and footnotes."""
    text = RENDERERS["tex"](table)
    for escaped in (r"GFF\_v2", r"A\&B", r"50\%", r"x\textasciicircum{}2", r"\#1", r"\{z\}", r"\textasciitilde{}t",
                    r"c:\textbackslash{}m", r"\$y\$", r"\caption{50\% of\_all \& more}", r"MSE\_x $\downarrow$",
                    r"100\% of \{it\}; a\_b"):  # fmt: skip
        assert escaped in text
    assert r"\textbf{1.5}" in text
    # A bracket or a star after the `\\` of the row before would be its argument; two hyphens would be a dash.
    for escaped in (
        "{[}l{]}(u) &",
        "{*}x{*} &",
        "-{}-x &",
        r"\textasciigrave{}c\textasciigrave{} &",
        r"\&amp; &",
    ):
        assert escaped in text


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("pdflatex") is None, reason="no pdflatex here: the escapes are tested without it"
)
def test_latex_compiles(table, tmp_path):
    document = (
        "\\documentclass{article}\\usepackage{booktabs}\\begin{document}"
        + RENDERERS["tex"](table)
        + "\\end{document}"
    )
    (tmp_path / "t.tex").write_text(document, "utf-8")
    done = subprocess.run(
        ["pdflatex", "-halt-on-error", "t.tex"], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:]


def test_csv_has_full_numbers_and_plain_labels(table):
    rows = list(csv.reader(io.StringIO(RENDERERS["csv"](table))))
    assert [row[0] for row in rows[1:]] == AWKWARD
    assert rows[1][1:] == ["1.5", "n/a"]


def test_markdown_keeps_cells_apart(table):
    lines = RENDERERS["md"](table).splitlines()[2:]
    body = [line for line in lines if line.startswith("|")]
    assert all(line.replace("\\|", "").count("|") == 4 for line in body)
    assert "**1.5**" in body[2]
    assert "GFF_v2" in body[2]
    for escaped in (r"| \$y\$ ", r"| \&amp; ", "| A&B "):
        assert any(line.startswith(escaped) for line in body), escaped


def test_html_and_json_carry_text_as_text(table):
    assert "<b>" not in RENDERERS["html"](table)
    assert "&lt;b&gt;" in RENDERERS["html"](table)
    content = json.loads(RENDERERS["json"](table))
    assert content["rows"][0]["cells"]["EN ↑"] == {"value": 1.5, "text": "1.5", "mark": "best"}
    assert content["rows"][0]["cells"]["MSE_x ↓"]["value"] is None


def test_transposed_twice_is_the_same(table):
    once = table.transposed()
    assert once.columns == tuple(AWKWARD)
    assert once.transposed().rows == table.rows
