"""`cite` and `export` as an author types them."""

import re
import zipfile

import pytest

from tcmoa_bench.run.citation import cite
from tests.commands import RAMP, call, save


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("p1", "p_2", "p3"):
        save(tmp_path / f"LLVIP/visible/test/{name}.jpg", RAMP)
        save(tmp_path / f"LLVIP/infrared/test/{name}.jpg", RAMP.T.copy())
        save(tmp_path / f"mine/{name}.png", ((RAMP.astype(int) + RAMP.T) // 2).astype("uint8"))
    save(tmp_path / "mine/p3.png", RAMP[:9])
    result = call(
        "run", "--suite", "vif", "--data", tmp_path, "--fusers", "lp,pca", "--fused", "My_net=mine", "--out", "r",
        "--metrics", "EN@textbook,SD@tang2022,Qabf@textbook,VIFF@textbook",
    )  # fmt: skip
    assert result.code == 1, result.err
    return tmp_path / "r"


def test_the_paragraph_says_what_a_reviewer_asks(run):
    text = call("cite", run, "--part", "methods").out
    for part in (
        "3 of 3463 pairs of LLVIP (test) (Jia et al., LLVIP",
        "lp (Burt, Adelson, IEEE Trans. Comm. 31(4), 1983), version ",
        "My_net, images fused elsewhere",
        "EN (Shannon 1948) as defined by textbook: -sum p log2 p over the 256 levels of F, in bits",
        "SD as defined by tang2022",
        "converted to gray by BT.601 luma, rounded to 8 bits",
        "arithmetic mean over the pairs",
        "1 of 9 fused images could not be had",
    ):
        assert part in text
    assert "Means over 3 pairs (LLVIP (test) 3)" in call("cite", run, "--part", "caption").out


def test_every_key_that_is_cited_is_in_the_bibtex_and_the_other_way_round(run):
    tex = call("cite", run, "--latex").out
    methods, _, bibtex = tex.partition("\n\n")
    used = re.findall(r"\\cite\{(\w+)\}", methods)
    assert used == re.findall(r"^@\w+\{(\w+),", bibtex, re.MULTILINE)
    assert len(set(used)) == len(used) >= 6
    assert "My\\_net" in methods
    assert not re.search(r"(?<!\\)[_&%#^]", re.sub(r"\\text\w+\{\}", "", methods))
    for entry in re.findall(r"^@\w+\{.*?^\}", bibtex, re.MULTILINE | re.DOTALL):
        assert entry.count("{") == entry.count("}"), entry
    assert "Laplacian" not in methods
    assert "{L}aplacian Pyramid as a Compact Image Code" in bibtex
    assert "Visual Information Fidelity" in bibtex


def test_an_export_holds_what_repeats_the_run(run, tmp_path):
    result = call("export", run, "-o", "x.zip")
    assert result.code == 0, result.err
    assert result.out.startswith("9 files, ")
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        names = {name.removeprefix("x/") for name in archive.namelist()}
        assert archive.read("x/pairs.csv") == (run / "pairs.csv").read_bytes()
        assert b"\\cite{Burt1983}" in archive.read("x/methods.tex")
        assert b"@article{Burt1983" in archive.read("x/references.bib")
    assert names == {
        "methods.txt", "methods.tex", "references.bib", "command.txt", "scores.csv", "pairs.csv", "tables.tex",
        "tables.csv", "manifest.json",
    }  # fmt: skip
    again = call("export", run, "-o", "x.zip")
    assert (again.code, "x.zip exists" in again.err) == (2, True)
    assert call("export", run, "-o", "y", "--report").code == 0
    assert (tmp_path / "y/report.html").is_file()
    assert len(list((tmp_path / "y/fused").rglob("*.png"))) == 8


def test_two_exports_are_equal(run, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        call("export", run, "-o", f"{name}/x.zip", "--report")
    assert (tmp_path / "one/x.zip").read_bytes() == (tmp_path / "two/x.zip").read_bytes()


def test_nothing_to_cite(tmp_path):
    assert call("cite", tmp_path).code == 2


def test_works_of_one_key_stay_apart(run):
    from dataclasses import replace

    from tcmoa_bench.reports.summary import load_run

    loaded = load_run(run)
    fusers = loaded.fusers.copy()
    papers = ["", "Li, Kang, Hu, IEEE TIP 22(7), 2013", "Li, Other, 2013"]
    fusers["record"] = [{**record, "paper": p} for record, p in zip(fusers["record"], papers, strict=True)]
    keys = [source.key for source in cite(replace(loaded, fusers=fusers), latex=True).sources]
    assert keys[1:3] == ["Li2013", "Li2013a"]


def test_ones_own_pairs_and_a_convention_that_is_not_known_here(run):
    from dataclasses import replace

    from tcmoa_bench.reports.summary import load_run

    loaded = load_run(run)
    pairs, metrics = loaded.pairs.assign(dataset="my set"), loaded.metrics.assign(convention="theirs")
    text = cite(replace(loaded, pairs=pairs, metrics=metrics)).methods
    assert "run on 3 pairs of my set and scored" in text
    assert "EN as defined by theirs;" in text


def test_the_paragraph_names_what_was_left_out(tmp_path):
    for role in "AB":
        save(tmp_path / role / "p1.png", RAMP if role == "A" else RAMP.T.copy())
    args = (
        "run",
        "--a",
        tmp_path / "A",
        "--b",
        tmp_path / "B",
        "--fusers",
        "average",
        "--metrics",
        "EN@textbook",
    )
    assert call(*args, "--border", 8, "--out", tmp_path / "r", "--no-report").code == 0
    text = call("cite", tmp_path / "r", "--part", "methods").out
    assert "Measured without a border of 8 pixels. Every figure" in text
