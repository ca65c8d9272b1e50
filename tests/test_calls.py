"""What the package offers in a notebook: the same runs and numbers as the command line's."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tcmoa_bench as tb
from tests.commands import save


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    random = np.random.default_rng(5)
    a, b = (random.integers(0, 256, (48, 56), dtype=np.uint8) for _ in range(2))
    images = {"a": a, "b": b, "fused": (a // 2 + b // 2).astype(np.uint8)}
    for name, image in images.items():
        save(tmp_path / f"{name}.png", image)
    return [tmp_path / f"{name}.png" for name in images]


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    random = np.random.default_rng(6)
    for name in ("p1", "p2", "p3"):
        for folder in ("visible", "infrared"):
            save(tmp_path / "my" / folder / f"{name}.png", random.integers(0, 256, (40, 48), dtype=np.uint8))
    return tmp_path / "my"


METRICS = ["EN@textbook", "SD@tang2022", "MI@textbook"]


def _run(folders: Path, out: Path, **further: object) -> tb.Results:
    return tb.run(data=folders, fusers=["average", "maximum"], metrics=METRICS, out=out, progress=False,
                  report=False, **further)  # type: ignore[arg-type]  # fmt: skip


def test_a_run_is_the_command_lines(folders, tmp_path, command):
    results = _run(folders, tmp_path / "call")
    code, _, _ = command("run", "--data", folders, "--fusers", "average,maximum", "--metrics", ",".join(METRICS),
                         "--out", tmp_path / "line", "--no-report")  # fmt: skip
    assert code == 0
    typed = tb.load_run(tmp_path / "line")
    pd.testing.assert_frame_equal(results.scores, typed.scores)
    assert len(results.scores) == 3 * 2 * 3
    assert (tmp_path / "call" / "scores.csv").read_text() == (tmp_path / "line" / "scores.csv").read_text()


def test_results_show_means_ranks_and_tables(folders, tmp_path):
    results = _run(folders, tmp_path / "run")
    means, ranks = results.means(), results.ranks()
    tidy = results.scores.groupby(["fuser", "qualified"])["value"].mean()
    for fuser in ("average", "maximum"):
        for name in METRICS:
            assert means.loc[fuser, name] == pytest.approx(tidy[fuser, name], rel=1e-14)
    assert set(ranks.to_numpy().ravel()) <= {1.0, 1.5, 2.0}
    better = means["EN@textbook"].idxmax()
    assert ranks.loc[better, "EN@textbook"] == 1.0
    assert results._repr_html_().startswith("<table>")
    assert "EN" in str(results.table())
    assert [table.columns for table in results.select(metrics=["EN"]).tables()] == [("EN ↑",)]
    assert "3 pairs, 2 fusers, 3 metrics, 0 failed cells" in repr(results)
    assert "on 3 pairs of my" in tb.cite(results).methods
    assert results.statistics()


def test_results_are_compared(folders, tmp_path):
    first = _run(folders, tmp_path / "first")
    again = _run(folders, tmp_path / "again")
    assert not again.compare(first).drift
    (folders / "visible" / "p1.png").unlink()
    (folders / "infrared" / "p1.png").rename(folders / "visible" / "p1.png")
    save(folders / "infrared" / "p1.png", np.full((40, 48), 9, np.uint8))
    moved = _run(folders, tmp_path / "moved").compare(tmp_path / "first", allow={"environment": "same"})
    assert moved.drift
    assert {m.cause for m in moved.moved} == {"data"}
    assert "p1" in str(moved)
    assert moved._repr_markdown_() == str(moved)


def test_failures_raise_nothing(folders, tmp_path):
    save(folders / "infrared" / "p2.png", np.zeros((8, 8), np.uint8))
    results = _run(folders, tmp_path / "run")
    assert sorted(results.failures()["fuser"]) == ["average", "maximum"]
    assert "sizes differ" in results.failures()["message"].iloc[0]


def test_a_choice_of_pairs_and_a_plan(folders, tmp_path):
    results = _run(folders, tmp_path / "run", pairs=["p1", "p3"])
    assert list(results.pairs["pair"]) == ["p1", "p3"]
    from tcmoa_bench.run.calls import request

    wanted = request(data=folders, fusers=["average"], metrics=METRICS, out=tmp_path / "none")
    assert tb.plan(wanted).cells == 3
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"suite": "vif", "a": "x", "b": "y"}, "--a, --b and --suite exclude each other"),
        ({"a": "x"}, "give --a and --b, or --csv"),
        ({}, "nothing to run"),
        ({"suite": "viff"}, "vif"),
    ],
)
def test_a_run_that_cannot_start(arguments, words):
    with pytest.raises(tb.BenchError, match=words):
        tb.run(**arguments)


def test_scores_of_files_and_arrays_are_the_command_lines(files, command):
    code, out, _ = command("score", *files, "--metrics", ",".join(METRICS), "--format", "json")
    assert code == 0
    printed = {f"{row['metric']}@{row['convention']}": row["value"] for row in json.loads(out)}
    for given in (files, [str(file) for file in files], [_pixels(file) for file in files]):
        assert {name: score.value for name, score in tb.score(*given, METRICS).items()} == printed


def test_a_list_of_triples(files, tmp_path):
    (tmp_path / "jobs.csv").write_text("a,b,fused\na.png,b.png,fused.png\na.png,b.png,absent.png\n")
    frame = tb.score_files(tmp_path / "jobs.csv", ["EN@textbook"])
    assert frame["value"].notna().tolist() == [True, False]
    assert "absent.png" in frame["reason"].iloc[1]


def test_fusing_files_and_arrays(files, tmp_path, command):
    fused = tb.fuse(files[0], files[1], "average", task="vif")
    assert np.array_equal(fused, tb.fuse(_pixels(files[0]), _pixels(files[1]), "average", task="vif"))
    command("fuse", files[0], files[1], "-o", tmp_path / "out.png", "--fuser", "average", "--task", "vif")
    assert np.array_equal(fused, _pixels(tmp_path / "out.png"))
    with pytest.raises(tb.BenchError, match="say which"):
        tb.fuse(files[0], files[1], "average")


def test_which_and_recolor(files):
    value = tb.score(*files, "SD@tang2022")["SD@tang2022"].value
    assert tb.which(*files, "SD", f"{value:.4f}").matches[0].metric.qualified == "SD@tang2022"
    with pytest.raises(tb.BenchError, match="no source is in colour"):
        tb.recolor(files[2], files[0], files[1])
    colour = np.stack([_pixels(files[0]), _pixels(files[1]), _pixels(files[0])], axis=2)
    assert tb.recolor(files[2], colour).shape == (48, 56, 3)


def test_bad_files_name_themselves(files, tmp_path):
    with pytest.raises(tb.BenchError, match="absent"):
        tb.score(tmp_path / "absent.png", files[1], files[2])
    save(tmp_path / "small.png", np.zeros((8, 8), np.uint8))
    with pytest.raises(tb.BenchError, match=r"small\.png is 8x8"):
        tb.score(files[0], files[1], tmp_path / "small.png")


def test_pairs_are_opened(folders, cache):
    assert [pair.name for pair in tb.datasets.open(data=folders, name="pairs").pairs()] == ["p1", "p2", "p3"]
    opened = tb.datasets.open(a=folders / "visible", b=folders / "infrared", task="mff")
    assert {pair.task for pair in opened.pairs()} == {tb.Task.MFF}
    with pytest.raises(tb.BenchError, match="say which pairs"):
        tb.datasets.open()
    with pytest.raises(tb.BenchError, match="for your own pairs"):
        tb.datasets.open("llvip", a=folders)


def test_stress_is_the_command_lines(folders, tmp_path, command):
    suite = tmp_path / "s.toml"
    suite.write_text(
        'name = "s"\nmetrics = ["EN@textbook"]\nfusers = ["average"]\n[[datasets]]\nname = "pairs"\n'
        f'task = "vif"\na = "{folders}/visible"\nb = "{folders}/infrared"\n'
    )
    results = tb.stress(str(suite), damages=["noise"], out=tmp_path / "call", progress=False)
    command("stress", "--suite", suite, "--damages", "noise", "--out", tmp_path / "line", "--no-report")
    pd.testing.assert_frame_equal(results.scores, tb.load_run(tmp_path / "line").scores)
    assert len(results.fusers) == 5


def test_the_run_package_is_called_whatever_was_imported_first():
    code = "from tcmoa_bench.run.suite import load_suite; import tcmoa_bench as tb; print(callable(tb.run))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_python_dash_m():
    done = subprocess.run(
        [sys.executable, "-m", "tcmoa_bench", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"tcmoa-bench, version {tb.__version__}\n"


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'runs'"):
        _ = tb.runs  # type: ignore[attr-defined]


def _pixels(file: Path) -> np.ndarray:
    from tcmoa_bench.images import read_image

    return read_image(file)


def test_a_run_takes_whatever_a_request_takes() -> None:
    from tcmoa_bench.run.calls import request

    asked, taken = (inspect.signature(call).parameters for call in (request, tb.run.run))
    assert {name: taken.get(name) for name in asked} == dict(asked)


def test_figures_supplements_and_trials_of_a_run(folders: Path, tmp_path: Path) -> None:
    results = tb.run(
        data=folders,
        fusers=["average", "lp", "gff"],
        metrics=METRICS,
        out=tmp_path / "r",
        progress=False,
        report=False,
    )
    file = tb.figure(
        results, tmp_path / "f.svg", pairs=["p1"], fusers=["lp"], row_labels=["first"], font="serif"
    )
    assert "first" in file.read_text("utf-8")
    with pytest.raises(tb.BenchError, match="unknown kind of figure 'pie'"):
        tb.figure(results, tmp_path / "f.svg", kind="pie")
    with pytest.raises(tb.BenchError, match="figures are written as"):
        tb.figure(results, tmp_path / "f.doc")
    sizes: list[str] = []
    folder = tb.export(results, tmp_path / "supplement", say=sizes.append)
    assert {"methods.tex", "pairs.csv", "scores.csv", "command.txt"} <= {
        item.name for item in folder.iterdir()
    }
    assert "before compression" in sizes[0]
    with pytest.raises(tb.BenchError, match="exists"):
        tb.export(results, folder)
    tables, findings = tb.trust(results)
    assert "which metrics say the same" in tables[-1].title
    assert findings == []
    with pytest.raises(tb.BenchError, match="three or more"):
        tb.trust(results.select(fusers=["lp", "gff"]))
