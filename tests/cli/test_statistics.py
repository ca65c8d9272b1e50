"""Statistics from files to words, as a user types them; cases M05 to M10 of the field."""

import json
import math

import numpy as np
import pytest

from tests.commands import call, const, save

TEXTURE = np.random.default_rng(0).integers(60, 190, (6, 64, 64), dtype=np.uint8)


def noisy(image, sigma, seed):
    noise = np.random.default_rng(seed).normal(0, sigma, image.shape)
    return np.clip(image + noise, 0, 255).round().astype(np.uint8)


@pytest.fixture
def fused(tmp_path):
    """Writes folders of fused images and gives them as options."""

    def write(**folders):
        options = []
        for label, images in folders.items():
            folder = tmp_path / label
            folder.mkdir()
            for number, image in enumerate(images, 1):
                save(folder / f"p{number}.png", image)
            options += ["--fused", f"{label}={folder}"]
        return options

    return write


def test_one_dead_fuser_takes_the_ranks_of_nobody(pairs, fused, tmp_path):
    """M06: `stats`, the page and the figure rank P, Q, R the same way and leave Z out by name."""
    suite = pairs(
        {f"p{i + 1}": (image, image) for i, image in enumerate(TEXTURE)}, '["PSNR@textbook", "SSIM@textbook"]'
    )
    noise = {
        label: [noisy(image, sigma, i) for i, image in enumerate(TEXTURE)]
        for label, sigma in (("P", 2), ("Q", 8), ("R", 14))
    }
    out = tmp_path / "run"
    assert call("run", "--suite", suite, *fused(**noise, Z=[]), "--out", out).code == 1
    tables = json.loads(call("stats", out, "--format", "json").out)
    (ranks,) = [table for table in tables if table["title"].endswith("ranks")]
    assert [[row["label"], *(c["value"] for c in row["cells"].values())][:4] for row in ranks["rows"][:4]] == [
        ["P", 1, 1, 1], ["Q", 2, 2, 2], ["R", 3, 3, 3], ["Z", None, None, None],
    ]  # fmt: skip
    assert "Left out of ranks: Z (0 of 6)." in ranks["notes"]
    page = (out / "report.html").read_text("utf-8")
    assert "Z (0 of 6 by PSNR@textbook and 1 more)" in page
    assert "Left out of ranks: Z (0 of 6)." in page
    assert call("figure", out, "--kind", "ranks", "--metric", "PSNR", "-o", tmp_path / "r.svg").code == 0
    drawn = (tmp_path / "r.svg").read_text("utf-8")
    assert "6 pairs; left out: Z (0 of 6)" in drawn
    assert [
        f"{name} {rank}" in drawn or f"{rank} {name}" in drawn
        for name, rank in (("P", "1.00"), ("Q", "2.00"), ("R", "3.00"))
    ] == [True] * 3
    few = json.loads(call("stats", out, "--fusers", "P,R", "--format", "json").out)
    assert [row["label"] for row in few[0]["rows"]] == ["P", "R"]


def test_metrics_that_contradict_in_every_pair_do_not_agree(pairs, fused, tmp_path):
    """M07: three fusers that PSNR and SF order the opposite way on six pictures of rising contrast."""
    sources, folders = {}, {"F0": [], "F1": [], "F2": []}
    for i in range(6):
        c = 40 + 8 * i
        source = np.where(np.arange(64) % 2, 128 - c, 128 + c)[None].repeat(64, 0)
        sources[f"p{i + 1}"] = (source.astype(np.uint8), source.astype(np.uint8))
        for j in range(3):
            d = (j + 1) + 4 * (5 - i)
            rows = np.where(np.arange(64) % 2, -d, d)[:, None]
            folders[f"F{j}"].append((source + rows).astype(np.uint8))
    out = tmp_path / "run"
    suite = pairs(sources, '["PSNR@textbook", "SF@textbook"]')
    assert call("run", "--suite", suite, *fused(**folders), "--out", out, "--no-report").code == 0
    table = json.loads(call("stats", out, "--format", "json").out)[-1]
    assert table["rows"][0]["cells"]["SF@textbook"]["value"] == pytest.approx(-1.0)


def test_a_perfect_pair_is_a_win_and_no_failure(pairs, fused, tmp_path):
    """M08: the mark tells `identical` from `failed`, and the CSV table carries n."""
    suite = pairs({"p1": (const(100), const(100)), "p2": (const(100), const(100))}, '["PSNR@textbook"]')
    out = tmp_path / "run"
    options = fused(X=[const(100), const(120)], Y=[const(110), const(101)])
    assert call("run", "--suite", suite, *options, "--out", out, "--no-report").code == 0
    against = json.loads(call("stats", out, "--against", "Y", "--format", "json").out)[3]
    cells = against["rows"][0]["cells"]
    assert (cells["n"]["value"], cells["win/tie/loss"]["text"]) == (2, "1/0/1")
    assert "(1/2, 1 identical)" in call("tables", out).out
    assert call("tables", out, "--format", "csv").out.splitlines()[:2] == [
        "Fuser,PSNR ↑,n PSNR ↑", f"X,{10 * math.log10(255**2 / 400)},1",
    ]  # fmt: skip


def test_several_tables_are_one_document(pairs, fused, tmp_path):
    """M10: the whole output is JSON, also where several tables are asked for."""
    suite = pairs(
        {"p1": (const(100), const(120)), "p2": (const(90), const(100))}, '["EN@textbook", "PSNR@textbook"]'
    )
    out = tmp_path / "run"
    call("run", "--suite", suite, *fused(X=[const(100), const(120)]), "--out", out, "--no-report")
    assert len(json.loads(call("stats", out, "--format", "json").out)) == 4
    assert len(json.loads(call("tables", out, "--by", "dataset", "--format", "json").out)) == 2
    assert json.loads(call("tables", out, "--format", "json").out)["rows"][0]["label"] == "X"


def test_what_flat_regions_decide_is_marked_on_real_pairs(data_dir, tmp_path):
    """MEFB's Qc on three VIFB pairs: `average` has a mean near -30 where the papers print 0.3 to 0.7."""
    if not (data_dir / "vifb").is_dir():
        pytest.skip("no VIFB pairs here")
    suite = tmp_path / "s.toml"
    suite.write_text(
        'name = "s"\nmetrics = ["Qc@mefb"]\nfusers = ["average", "maximum"]\n[[datasets]]\nname = "vifb"\n'
    )
    out = tmp_path / "run"
    assert (
        call("run", "--suite", suite, "--data", data_dir, "--limit", 3, "--out", out, "--no-report").code == 0
    )
    table = json.loads(call("tables", out, "--format", "json").out)
    cell = table["rows"][0]["cells"]["Qc ↑"]
    assert (cell["unsound"] > 0, cell["rank"], cell["mark"]) == (True, None, None)
    assert any("average (1 of 3 outside -1 to 1)" in note for note in table["notes"])
