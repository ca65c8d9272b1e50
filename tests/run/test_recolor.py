"""Gray fused images of folders and commands, in their sources' colours."""

import json
import sys

import numpy as np
import pytest

from tcmoa_bench.images import read_image
from tcmoa_bench.recolour import recolour, sources_of_colour
from tcmoa_bench.types import Task
from tests.commands import save
from tests.run.runs import run, scores

RNG = np.random.default_rng(8)
A, B = (RNG.integers(40, 210, (24, 30, 3), np.uint8) for _ in range(2))
GRAY = RNG.integers(60, 190, (24, 30), np.uint8)


def fused(out, label):
    return read_image(out / "fused" / label / "pairs" / "p1.png")


@pytest.fixture
def suite(pairs, tmp_path):
    save(tmp_path / "X" / "p1.png", GRAY)
    (tmp_path / "gray.py").write_text(
        "import shutil, sys\nprint('made')\nshutil.copyfile('X/p1.png', sys.argv[1])\n"
    )

    def make(extra="", task="vif"):
        file = pairs({"p1": (A, B)}, extra=extra)
        file.write_text(file.read_text().replace('task = "vif"', f'task = "{task}"'))
        return file

    return make


def test_a_folder_under_two_labels_is_scored_gray_and_in_colour(suite, tmp_path):
    out = tmp_path / "out"
    folders = ("--fused", f"Ours={tmp_path / 'X'}", "--fused", f"Colour={tmp_path / 'X'}")
    done = run(suite(), out, *folders, "--recolor", "Colour", "--metrics", "EN@tang2023,SF@vifb")
    assert done.code == 0, done.err
    assert np.array_equal(fused(out, "Ours"), GRAY)
    assert np.array_equal(fused(out, "Colour"), recolour(GRAY, [A]))
    found = scores(out)
    assert found["p1", "Ours", "SF"] != found["p1", "Colour", "SF"]  # measured on the channels
    records = json.loads((out / "manifest.json").read_text())["fusers"]
    assert "BT.601 full range" in records["Colour"]["notes"]
    assert records["Colour"]["fingerprint"] != records["Ours"]["fingerprint"]


def test_another_range_is_another_image_and_only_that_cell_is_made_anew(suite, tmp_path):
    out = tmp_path / "out"
    folders = ("--fused", f"Ours={tmp_path / 'X'}", "--fused", f"Colour={tmp_path / 'X'}")
    run(suite(), out, *folders, "--recolor", "Colour")
    done = run(suite(), out, *folders, "--recolor", "Colour=studio")
    assert "1 cells computed, 1 cached" in done.out, done.out
    assert np.array_equal(fused(out, "Colour"), recolour(GRAY, [A], "studio"))


@pytest.mark.parametrize("how", ["true", '"full"', '"studio"'])
def test_a_suite_recolours_a_command(suite, tmp_path, monkeypatch, how):
    monkeypatch.chdir(tmp_path)
    extra = f'[commands]\nC = "{sys.executable} gray.py {{out}} {{a}}"\n[recolor]\nC = {how}'
    assert run(suite(extra, "mff"), tmp_path / "out").code == 0
    levels = "full" if how == "true" else how.strip('"')
    assert np.array_equal(fused(tmp_path / "out", "C"), recolour(GRAY, [A, B], levels))
    (log,) = (tmp_path / "out" / "logs").rglob("*.log")
    assert log.read_text() == "made\n"


def test_the_functional_source_gives_a_medical_pair_its_colours(suite, tmp_path):
    assert (
        run(suite(task="med"), tmp_path / "out", "--fused", f"O={tmp_path / 'X'}", "--recolor", "O").code == 0
    )
    assert np.array_equal(fused(tmp_path / "out", "O"), recolour(GRAY, [B]))


def test_a_pair_without_colour_stays_gray_and_a_coloured_result_is_refused(pairs, tmp_path):
    save(tmp_path / "X" / "p1.png", GRAY)
    save(tmp_path / "Y" / "p1.png", A)
    suite = pairs({"p1": (A[..., 0], B)})  # of visible and infrared, the infrared has no colours of the scene
    folders = ("--fused", f"X={tmp_path / 'X'}", "--fused", f"Y={tmp_path / 'Y'}")
    done = run(suite, tmp_path / "out", *folders, "--recolor", "X", "--recolor", "Y")
    assert done.code == 1
    assert np.array_equal(fused(tmp_path / "out", "X"), GRAY)
    assert "Y: the image of p1 is in colour already; leave out `recolor`" in done.err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--recolor", "Our"), "unknown label to recolor 'Our'; did you mean ours?"),
        (("--recolor", "Ours=jpeg"), "'jpeg' is no range of luma; one of full, studio"),
        (("--recolor", "Ours", "--recolor", "Ours=studio"), "'Ours' is given twice"),
    ],
)
def test_what_is_no_label_or_range_is_refused(suite, tmp_path, args, words):
    done = run(suite(), tmp_path / "out", "--fused", f"Ours={tmp_path / 'X'}", *args)
    assert done.code == 2
    assert words in done.err


def test_a_suites_wrong_range_is_refused(suite, tmp_path):
    done = run(suite('[fused]\nO = "X"\n[recolor]\nO = "jpeg"'), tmp_path / "out")
    assert done.code == 2
    assert "'jpeg' is no range of luma" in done.err


def test_each_task_has_its_sources_of_colour():
    assert {task: len(sources_of_colour((A, B), task)) for task in Task} == {
        Task.VIF: 1, Task.MEF: 2, Task.MFF: 2, Task.MED: 1, Task.PAN: 1,
    }  # fmt: skip
