"""Whole runs of stacks: what is fused, scored, stored and shown, and what stays as it is for pairs."""

from __future__ import annotations

import csv
import json
import sqlite3
import sys
from pathlib import Path

import numpy as np
import pytest

import tcmoa_bench as tb
from tcmoa_bench.damages import STRESS
from tcmoa_bench.images import read_image
from tcmoa_bench.reports.summary import load_run
from tests.commands import call, save
from tests.run.test_stacks import A, B, C, D

METRICS = ("EN@textbook", "MI@textbook", "SSIM@textbook", "SCD@textbook")


@pytest.fixture
def scenes(tmp_path) -> Path:
    for scene in ("one", "two"):
        for number, image in enumerate((A, B, C), 1):
            save(tmp_path / "set" / scene / f"{number}.png", image if scene == "one" else image[::-1])
    return tmp_path / "set"


def run(scenes: Path, out: Path, *args: object, fusers: str = "lp,average"):
    return call(
        "run", "--stacks", scenes, "--task", "mff", "--fusers", fusers, "--metrics", ",".join(METRICS),
        "--out", out, "--no-report", *args,
    )  # fmt: skip


def test_a_run_fuses_and_scores_a_stack_as_one_by_one(scenes, tmp_path):
    done = run(scenes, tmp_path / "r")
    assert done.code == 0, done.err
    assert "stacks of 3 sources: methods that take two at a time fuse pair by pair" in done.err
    store = load_run(tmp_path / "r")
    for fuser in ("lp", "average"):
        fused = read_image(tmp_path / f"r/fused/{fuser}/set/one.png")
        assert np.array_equal(fused, tb.fuse(A, B, fuser, task="mff", further=[C]))
        expected = tb.score(A, B, fused, list(METRICS), further=[C])
        rows = store.scores[(store.scores["fuser"] == fuser) & (store.scores["pair"] == "one")]
        for row in rows.itertuples():
            score = expected[row.qualified]
            assert (row.signature, row.reason) == (score.signature, score.reason)
            assert row.value == score.value or (np.isnan(row.value) and score.value is None)
    assert "two sources" in store.scores[store.scores["metric"] == "SCD"]["reason"].iloc[0]
    signatures = dict(zip(store.metrics["qualified"], store.metrics["signature"], strict=True))
    assert signatures["MI@textbook"].endswith("|sources:3-sum")
    manifest = json.loads((tmp_path / "r/manifest.json").read_text())
    assert (manifest["joined"]["average"], manifest["joined"]["lp"][:12]) == ("at once", "pair by pair")
    assert len(manifest["pairs"]["set/one"]) == 3
    again = run(scenes, tmp_path / "r")
    assert "0 cells computed, 4 cached" in again.out


def test_a_changed_third_source_makes_its_cells_new_and_disowns_the_others(scenes, tmp_path):
    run(scenes, tmp_path / "r")
    save(scenes / "two/3.png", D)
    assert "1 cells computed, 1 cached" in run(scenes, tmp_path / "r", fusers="average").out
    cells = load_run(tmp_path / "r").cells.set_index(["pair", "fuser"])
    assert cells.loc[("two", "lp"), "status"] == "failed"
    assert cells.loc[("one", "lp"), "status"] == "done"
    fused = read_image(tmp_path / "r/fused/average/set/two.png")
    assert np.array_equal(fused, tb.fuse(A[::-1], B[::-1], "average", task="mff", further=[D]))
    (view,) = [
        source["view"] for source in load_run(tmp_path / "r").pairs.set_index("pair").loc["two", "further"]
    ]
    assert np.array_equal(read_image(tmp_path / "r" / view), D)


def test_the_published_list_holds_every_hash(scenes, tmp_path):
    run(scenes, tmp_path / "r")
    (row, _) = csv.DictReader((tmp_path / "r/pairs.csv").open())
    assert len(row["sha256_further"]) == 64
    same = run(scenes, tmp_path / "s", "--pairs", tmp_path / "r/pairs.csv", "--dry-run")
    assert "states other files" not in same.out + same.err
    save(scenes / "two/3.png", D)
    other = run(scenes, tmp_path / "s", "--pairs", tmp_path / "r/pairs.csv", "--dry-run")
    assert "states other files for 1 of them (set/two)" in other.out + other.err


def test_folders_commands_and_colours_given_back_take_stacks(scenes, tmp_path):
    gray = np.rint(np.mean([A, B, C], axis=(0, 3))).astype(np.uint8)
    for scene in ("one", "two"):
        save(tmp_path / "results" / f"{scene}.png", gray)
    script = tmp_path / "mean.py"
    script.write_text(
        "import sys, numpy as np\nfrom PIL import Image\n"
        "a, b = (np.asarray(Image.open(f)).astype(float) for f in sys.argv[1:3])\n"
        "Image.fromarray(np.rint((a + b) / 2).astype('uint8')).save(sys.argv[3])\n"
    )
    done = run(
        scenes, tmp_path / "r", "--fused", f"Ours={tmp_path / 'results'}", "--fused",
        f"Colour={tmp_path / 'results'}", "--recolor", "Colour", "--command",
        f"Steps={sys.executable} {script} {{a}} {{b}} {{out}}", fusers="average",
    )  # fmt: skip
    assert done.code == 0, done.err
    images = {
        name: read_image(tmp_path / f"r/fused/{name}/set/one.png") for name in ("Ours", "Colour", "Steps")
    }
    assert np.array_equal(images["Ours"], gray)
    assert np.array_equal(images["Colour"], tb.recolor(gray, A, B, C))
    half = np.rint((A.astype(float) + B) / 2).astype(np.uint8)
    assert np.array_equal(images["Steps"], np.rint((half.astype(float) + C) / 2))


def test_stress_damages_all_sources_of_a_stack(scenes, tmp_path):
    suite = tmp_path / "s.toml"
    suite.write_text(
        'name = "s"\nmetrics = ["MI@textbook"]\nfusers = ["average"]\n'
        f'[[datasets]]\nname = "pairs"\nstacks = "{scenes}"\ntask = "mff"\n'
    )
    done = call(
        "stress", "--suite", suite, "--out", tmp_path / "r", "--damages", "missing-b,blur", "--no-report"
    )
    assert done.code == 0, done.err
    files = (tmp_path / "r/fused").rglob("one.png")
    fused = {"_".join(file.parts[-3].rpartition("-")[0].split("_")[-2:]): read_image(file) for file in files}
    gone = np.full_like(B, np.rint(B.mean()))
    assert np.array_equal(fused["missing-b_100"], tb.fuse(A, gone, "average", task="mff", further=[C]))
    blurred = [STRESS["blur"](image, A, B, 4, "") for image in (A, B, C)]
    assert np.array_equal(fused["blur_4"], tb.fuse(*blurred[:2], "average", task="mff", further=blurred[2:]))


def test_stacks_of_several_sizes_say_so(scenes, tmp_path):
    save(scenes / "two/4.png", D)
    done = run(scenes, tmp_path / "r")
    assert "MI@textbook: sums over the sources" in done.err
    signatures = dict(load_run(tmp_path / "r").metrics[["qualified", "signature"]].itertuples(index=False))
    assert signatures["SSIM@textbook"].endswith("|sources:3,4-mean")
    assert "sources" not in signatures["EN@textbook"]
    assert "0 cells computed, 4 cached" in run(scenes, tmp_path / "r").out
    tables = call("tables", tmp_path / "r", "--by", "sources")
    assert (tables.out.count("n = 1 pair"), tables.code) == (2, 0), tables.out
    verified = run(scenes, tmp_path / "r", "--verify", "all")
    assert (verified.code, "(16 values)" in verified.out) == (0, True), verified.out


def test_further_folders_need_the_first_two(tmp_path, scenes):
    wrong = call("run", "--stacks", scenes, "--out", tmp_path / "r")
    assert (wrong.code, "--task" in wrong.err) == (2, True)
    wrong = call("run", "--further", scenes, "--out", tmp_path / "r")
    assert (wrong.code, "--a and --b" in wrong.err) == (2, True)
    wrong = call("run", "--stacks", scenes, "--a", scenes, "--b", scenes, "--out", tmp_path / "r")
    assert (wrong.code, "or --stacks" in wrong.err) == (2, True)
    wrong = call("run", "--suite", "mff", "--stacks", scenes, "--out", tmp_path / "r")
    assert (wrong.code, "exclude each other" in wrong.err) == (2, True)


def test_a_pair_leaves_what_it_always_left(tmp_path):
    """No table, no key, no words of stacks in the store of pairs."""
    for name, image in (("a", A), ("b", B)):
        save(tmp_path / name / "1.png", image)
    done = call(
        "run", "--a", tmp_path / "a", "--b", tmp_path / "b", "--task", "mff", "--fusers", "average,lp",
        "--metrics", ",".join(METRICS), "--out", tmp_path / "r", "--no-report",
    )  # fmt: skip
    assert done.code == 0, done.err
    with sqlite3.connect(tmp_path / "r/run.sqlite") as db:
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'")}
        assert tables == {"meta", "pairs", "fusers", "metrics", "cells", "scores", "origins"}
        assert not db.execute("SELECT 1 FROM meta WHERE key='joined'").fetchone()
        assert not db.execute("SELECT 1 FROM scores WHERE signature LIKE '%sources:%'").fetchone()
        assert db.execute("SELECT attributes FROM pairs").fetchone()[0] == "{}"
    assert (tmp_path / "r/pairs.csv").read_text().splitlines()[0] == "dataset,pair,sha256_a,sha256_b"
    assert "stacks" not in done.err
