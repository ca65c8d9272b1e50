"""A cell: load, fuse or take what is on disk, score; what goes wrong is its failure."""

import json
import textwrap
from pathlib import Path

import numpy as np
import pytest

from tcmoa_bench.images import png_key, read_image
from tcmoa_bench.reports.summary import load_run
from tcmoa_bench.store import RunStore
from tcmoa_bench.types import FuserOptions
from tests.commands import RAMP, call, const, save
from tests.run.runs import COPY, planted, run, scores


def test_sizes_that_differ_are_failures(pairs, tmp_path):
    """F09: nothing is resized; the run scores what it can."""
    suite = pairs(
        {
            "p1": (const(100, (48, 64)),) * 2,
            "p2": (const(1, (48, 64)), const(1, (48, 63))),
            "p3": (const(1, (48, 64)),) * 2,
        }
    )
    for name, shape in (("p1", (48, 64)), ("p2", (48, 64)), ("p3", (24, 32))):
        save(tmp_path / f"X/{name}.png", const(100, shape))
    result = run(suite, tmp_path / "run", "--fused", f"X={tmp_path / 'X'}", "--fusers", "X")
    assert result.code == 1
    with RunStore.open(tmp_path / "run") as store:
        messages = store.cells().set_index("pair")["message"]
    assert messages["p1"] == ""
    assert "48x64" in messages["p2"]
    assert "48x63" in messages["p2"]
    assert "24x32" in messages["p3"]
    assert "48x64" in messages["p3"]


def test_float_results_are_rounded_and_nan_is_a_failure(pairs, tmp_path, monkeypatch):
    """F13: the stored file is what is scored."""
    (tmp_path / "floats.py").write_text(
        textwrap.dedent("""
        import numpy as np
        ROW = np.tile([-3, 0, 127.4, 127.6, 254.6, 255.4, 300.0], 10)
        def wide(a, b):
            return np.repeat(ROW[None], 64, 0)
        def broken(a, b):
            image = wide(a, b); image[0, 0] = np.nan
            return image
        """)
    )
    monkeypatch.chdir(tmp_path)
    shape = (64, 70)
    suite = pairs({"p1": (const(100, shape), const(100, shape))}, metrics='["textbook"]')
    result = run(suite, tmp_path / "run", "--fusers", "floats:wide,floats:broken,average")
    assert result.code == 1
    with RunStore.open(tmp_path / "run") as store:
        cells = store.cells().set_index("fuser")
    assert "not finite" in cells.loc["floats:broken", "message"]
    stored = tmp_path / "run" / cells.loc["floats:wide", "fused"]
    assert list(read_image(stored)[0, :7]) == [0, 0, 127, 128, 255, 255, 255]
    assert (read_image(tmp_path / "run" / cells.loc["average", "fused"]) == 100).all()
    again = call(
        "score",
        tmp_path / "A/p1.png",
        tmp_path / "B/p1.png",
        stored,
        "--convention",
        "textbook",
        "--format",
        "json",
    )
    ran = scores(tmp_path / "run")
    for row in json.loads(again.out):
        assert row["value"] == ran["p1", "floats:wide", row["metric"]] or np.isnan(
            ran["p1", "floats:wide", row["metric"]]
        )


def test_a_plug_in_harms_nobody_but_itself(pairs, tmp_path, monkeypatch):
    """Its exit, its working folder and its floating-point errors are its own."""
    (tmp_path / "rude.py").write_text(
        "import os, sys\nimport numpy as np\n"
        "def leaves(a, b): sys.exit(0)\n"
        "def moves(a, b):\n    os.chdir('/'); np.seterr(all='raise'); return b\n"
        "def unit(a, b): return a / 255\n"
    )
    monkeypatch.chdir(tmp_path)
    suite = pairs({"p1": (RAMP, const(0))}, metrics='["textbook"]')
    result = run(suite, Path("run"), "--fusers", "rude:leaves,rude:moves,rude:unit,average")
    assert result.code == 1
    with RunStore.open(tmp_path / "run") as store:
        cells = store.cells().set_index("fuser")
    assert dict(cells["status"]) == {
        "rude:leaves": "failed", "rude:moves": "done", "rude:unit": "failed", "average": "done"
    }  # fmt: skip
    assert "ended the program (exit code 0)" in cells.loc["rude:leaves", "message"]
    assert "float64 from 0 to 0.988235" in cells.loc["rude:unit", "message"]
    assert (tmp_path / "run/manifest.json").is_file()


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_plug_ins_end_costs_its_cell_only(pairs, tmp_path, monkeypatch, jobs, capfd):
    """One rule for any number of workers: the cell fails with the cause, the run goes on, output is the cell's."""
    (tmp_path / "rude.py").write_text(
        "import os, time\n"
        "def vanishes(a, b): os._exit(0)\n"
        "def hangs(a, b): time.sleep(60)\n"
        "def prints(a, b):\n    print('hello'); return b\n"
    )
    monkeypatch.chdir(tmp_path)
    suite = pairs({"p1": (RAMP, const(0))}, metrics='["EN@tang2023"]')
    result = run(
        suite, Path("run"), "--jobs", jobs, "--timeout", "8", "--fusers", "rude:vanishes,rude:hangs,rude:prints,average"
    )  # fmt: skip
    assert result.code == 1
    assert "hello" not in result.out + capfd.readouterr().out
    with RunStore.open(tmp_path / "run") as store:
        cells = store.cells().set_index("fuser")
    assert dict(cells["status"]) == {
        "rude:vanishes": "failed", "rude:hangs": "failed", "rude:prints": "done", "average": "done"
    }  # fmt: skip
    assert "ended the program (exit code 0)" in cells.loc["rude:vanishes", "message"]
    assert "took longer than 8 s" in cells.loc["rude:hangs", "message"]
    (log,) = (tmp_path / "run" / "logs").rglob("*.log")
    assert log.read_text() == "hello\n"


def test_degenerate_results_are_remarked(pairs, tmp_path):
    """F17."""
    suite = pairs({f"p{i}": (RAMP, RAMP.T.copy()) for i in range(3)})
    for i in range(3):
        save(tmp_path / f"X1/p{i}.png", const(0))
        save(tmp_path / f"X2/p{i}.png", RAMP)
        save(tmp_path / f"X3/p{i}.png", ((RAMP.astype(int) + RAMP.T) // 2).astype(np.uint8))
    given = [part for x in ("X1", "X2", "X3") for part in ("--fused", f"{x}={tmp_path / x}")]
    result = run(suite, tmp_path / "run", *given)
    assert "remark: X1: 3 of 3 fused images are constant" in result.out
    assert "remark: X2: 3 of 3 fused images equal source A" in result.out
    assert "X3:" not in result.out


def test_infinite_values_never_reach_json(pairs, tmp_path):
    """F19: a null with its reason, the same spelling everywhere."""
    suite = pairs({"NaN-Infinity": (RAMP, RAMP)}, metrics='["PSNR@textbook"]')
    save(tmp_path / "X/NaN-Infinity.png", RAMP)
    assert (
        run(
            suite, tmp_path / "run", "--fused", f"NaN-Infinity={tmp_path / 'X'}", "--fusers", "NaN-Infinity"
        ).code
        == 0
    )

    def refuse(name):
        raise AssertionError(f"bare {name} in JSON")

    json.loads((tmp_path / "run/manifest.json").read_text(), parse_constant=refuse)
    (row,) = json.loads(
        call(
            "score", *[tmp_path / "A/NaN-Infinity.png"] * 3, "--metrics", "PSNR@textbook", "--format", "json"
        ).out,
        parse_constant=refuse,
    )
    assert row["value"] is None
    assert row["reason"]
    assert ",NaN-Infinity,NaN-Infinity,PSNR,textbook,n/a," in (tmp_path / "run/scores.csv").read_text()
    assert "n/a" in (tmp_path / "run/tables.md").read_text()


def test_a_run_killed_after_fusing_scores_what_is_on_disk(pairs, tmp_path, copier):
    suite = pairs({f"p{i}": (RAMP, RAMP.T.copy()) for i in range(3)})
    args = ("--command", COPY, "--fusers", "CALLED")
    run(suite, "run", *args)
    (tmp_path / "run/run.sqlite").unlink()
    assert run(suite, "run", *args).code == 0
    assert copier() == 3
    run(suite, "run", *args, "--overwrite", "always")
    assert copier() == 6


def test_an_altered_fused_image_is_made_anew(pairs, tmp_path, copier):
    suite = pairs({"p1": (RAMP, RAMP.T.copy())})
    args = ("--command", COPY, "--fusers", "CALLED")
    run(suite, "run", *args)
    (stored,) = (tmp_path / "run/fused").rglob("*.png")
    save(stored, const(7))
    run(suite, "run", *args, "--metrics", "EN@tang2023,SD@tang2023")
    assert copier() == 2
    assert scores(tmp_path / "run")["p1", "CALLED", "SD"] == pytest.approx(73.891813, abs=5e-7)


@pytest.mark.slow
@pytest.mark.parametrize("harm", ["cut", "replaced", "removed"])
def test_a_fused_image_that_is_no_longer_what_was_scored_is_made_anew(pairs, tmp_path, harm):
    suite = pairs({"p1": (RAMP, RAMP.T)})
    run(suite, tmp_path / "run", "--fusers", "average")
    (image,) = (tmp_path / "run/fused").rglob("*.png")
    good = image.read_bytes()
    if harm == "removed":
        image.unlink()
    else:
        image.write_bytes(good[:60] if harm == "cut" else (tmp_path / "A/p1.png").read_bytes())
    again = run(suite, tmp_path / "run", "--fusers", "average")
    assert (again.code, "1 cells computed, 0 cached" in again.out) == (0, True), again.err
    assert image.read_bytes() == good


def test_a_metric_that_is_too_large_for_the_images_is_null(pairs, tmp_path):
    suite = pairs({"p1": (const(100, (8, 8)), const(90, (8, 8)))}, metrics='["EN@tang2023", "SSIM@vifb"]')
    assert run(suite, tmp_path / "run", "--fusers", "average").code == 0
    with RunStore.open(tmp_path / "run") as store:
        reasons = store.scores().set_index("metric")["reason"]
    assert "at least" in reasons["SSIM"]


def test_a_fuser_that_works_in_place_changes_no_source(pairs, tmp_path, monkeypatch):
    """Neither for the fusers after it nor for its own scores."""
    (tmp_path / "inplace.py").write_text("def paints(a, b):\n    a[:] = 0\n    b[:] = 9\n    return b\n")
    monkeypatch.chdir(tmp_path)
    suite = pairs({"p1": (const(100), const(50))}, metrics='["MSE@textbook"]')
    result = run(suite, Path("run"), "--fusers", "inplace:paints,average")
    assert result.code == 0, result.err
    found = scores(tmp_path / "run")
    assert found["p1", "inplace:paints", "MSE"] == (91**2 + 41**2) / 2
    assert found["p1", "average", "MSE"] == 25**2


def test_the_run_folder_holds_pictures_of_all_sources(tmp_path):
    """The ground truth too, and JPEGs as they are; whichever cell of a pair is the first with work makes them."""
    for name, image in (("a.jpg", RAMP), ("b.png", RAMP.T), ("r.png", const(9)), ("X/other.png", RAMP)):
        save(tmp_path / name, image)
    (tmp_path / "p.csv").write_text("a,b,reference\na.jpg,b.png,r.png\n")
    (tmp_path / "s.toml").write_text(
        'name = "m"\nmetrics = ["EN@vifb"]\n[[datasets]]\nname = "pairs"\ncsv = "p.csv"\n'
    )
    run(tmp_path / "s.toml", tmp_path / "run", "--fused", f"X={tmp_path / 'X'}", "--fusers", "X,average")
    with RunStore.open(tmp_path / "run") as store:
        (pair,), cells = store.pairs().itertuples(), store.cells().set_index("fuser")["status"]
    assert dict(cells) == {"X": "failed", "average": "done"}
    assert (pair.height, pair.width) == (64, 64)
    views = [tmp_path / "run" / view for view in (pair.view_a, pair.view_b, pair.view_reference)]
    assert views[0].read_bytes() == (tmp_path / "a.jpg").read_bytes()
    assert (read_image(views[1]) == RAMP.T).all()
    assert (read_image(views[2]) == 9).all()


def test_the_origin_of_a_networks_cells_says_how_many_numbers_it_holds():
    from tcmoa_bench.run.cells import _origin
    from tcmoa_bench.run.fusers import parse_spec

    options = FuserOptions()
    fuser = parse_spec("tcmoa-tiny", options).create()
    fixed = {name for name, _ in fuser.network.named_buffers()}
    expected = sum(t.numel() for name, t in fuser.network.state_dict().items() if name not in fixed)
    assert _origin(parse_spec("tcmoa-tiny", options))["fuser"]["parameters"] == expected > 100_000
    assert "parameters" not in _origin(parse_spec("average", options))["fuser"]


def test_an_image_made_in_tiles_for_lack_of_memory_is_told_apart_and_kept(tmp_path, monkeypatch):
    rng = np.random.default_rng(1)
    for folder in "ab":
        save(tmp_path / folder / "1.png", rng.integers(0, 256, (96, 128, 3)).astype(np.uint8))
    planted(
        tmp_path,
        monkeypatch,
        "    import os, torch\n"
        "    from tcmoa_bench.tcmoa.model import TCMoA\n"
        "    forward = TCMoA.forward\n"
        "    def limited(self, x, *args, **kwargs):\n"
        "        if x.shape[-1] > int(os.environ['WIDEST']): raise torch.OutOfMemoryError('out of memory')\n"
        "        return forward(self, x, *args, **kwargs)\n"
        "    TCMoA.forward = limited\n",
    )

    def run(*metrics: str):
        return call(
            "run", "--a", tmp_path / "a", "--b", tmp_path / "b", "--out", tmp_path / "r", "--no-report", "--fusers",
            "tcmoa-tiny", "--option", "tile=64", "--option", "overlap=16", "--metrics", ",".join(metrics),
        )  # fmt: skip

    monkeypatch.setenv("WIDEST", "64")
    first = run("EN@textbook")
    words = "tcmoa-tiny: 1 of 1 fused images were made in tiles, as memory ran out"
    assert (first.code, words in first.out) == (0, True), first.out + first.err
    (key,) = load_run(tmp_path / "r").cells["fuse_key"]
    image = (tmp_path / "r/fused/tcmoa-tiny").rglob("1.png")
    assert png_key(next(image)) == key
    monkeypatch.setenv("WIDEST", "0")  # nothing is fused again
    more = run("EN@textbook", "SD@textbook")
    assert (more.code, words in more.out) == (0, True), more.out + more.err
    assert "1 cached" in run("EN@textbook", "SD@textbook").out
    assert list(load_run(tmp_path / "r").cells["fuse_key"]) == [key]
    monkeypatch.setenv("WIDEST", "9999")
    (tmp_path / "r/run.sqlite").unlink()
    next((tmp_path / "r/fused/tcmoa-tiny").rglob("1.png")).unlink()
    whole = run("EN@textbook")
    assert "made in tiles" not in whole.out
    assert list(load_run(tmp_path / "r").cells["fuse_key"]) != [key]
