"""What a run does: pairs, policies, what is stale and what is done."""

import os
import shutil

import pytest

from tcmoa_bench.store import RunStore
from tests.commands import RAMP, call, const, save
from tests.run.runs import COPY, THREE, run, scores


def test_pairs_are_made_by_name(pairs, tmp_path):
    """F07: unpadded names, one missing on each side."""
    images = {str(i): (const(20 * i), const(20 * i)) for i in range(1, 12)}
    suite = pairs(images)
    (tmp_path / "B/5.png").unlink()
    save(tmp_path / "B/12.png", const(240))
    result = run(suite, tmp_path / "run", "--fusers", "average")
    assert result.code == 0, result.err
    from tcmoa_bench.images import read_image

    with RunStore.open(tmp_path / "run") as store:
        cells = store.cells()
    assert list(cells["pair"]) == ["1", "2", "3", "4", "6", "7", "8", "9", "10", "11"]
    for row in cells.itertuples():
        assert (read_image(tmp_path / "run" / row.fused) == 20 * int(row.pair)).all()


def test_other_pixels_under_the_same_name_and_time(pairs, tmp_path):
    """F24."""
    suite = pairs(
        {"p1": (const(100), const(100)), "p2": (const(100), const(100))}, metrics='["PSNR@textbook"]'
    )
    file = save(tmp_path / "X/p1.png", const(101))
    save(tmp_path / "X/p2.png", const(101))
    args = ("--fused", f"X={tmp_path / 'X'}", "--fusers", "X")
    run(suite, tmp_path / "run", *args)
    before = file.stat()
    save(file, const(116))
    file.write_bytes(file.read_bytes().ljust(before.st_size, b"\0"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    result = run(suite, tmp_path / "run", *args)
    assert scores(tmp_path / "run")["p1", "X", "PSNR"] == pytest.approx(24.048404, abs=5e-7)
    assert "1 to do, 1 of them because inputs or method changed" in result.err
    assert "1 cells computed, 1 cached" in result.out


@pytest.mark.slow
def test_another_ground_truth_makes_other_scores(tmp_path):
    """F24 for the third file of a pair; nothing is fused again."""
    for name, image in (("a", RAMP), ("b", RAMP.T), ("r", RAMP), ("s", const(9))):
        save(tmp_path / f"{name}.png", image)
    (tmp_path / "p.csv").write_text("a,b,reference\na.png,b.png,r.png\n")
    (tmp_path / "s.toml").write_text(
        'name = "m"\nmetrics = ["GMSD_ref@piq", "EN@vifb"]\n[[datasets]]\nname = "pairs"\ncsv = "p.csv"\n'
    )
    args = (tmp_path / "s.toml", tmp_path / "run", "--fusers", "average,maximum")
    run(*args)
    before = scores(tmp_path / "run")
    assert "2 cached" in run(*args).out
    shutil.copy(tmp_path / "s.png", tmp_path / "r.png")
    again = run(*args[:3], "average")
    assert "1 cells computed, 0 cached" in again.out, again.err
    after = scores(tmp_path / "run")
    assert after["a", "average", "GMSD_ref"] != before["a", "average", "GMSD_ref"]
    assert after["a", "average", "EN"] == before["a", "average", "EN"]
    assert ("a", "maximum", "GMSD_ref") not in after, "the other fuser's score is of the former ground truth"
    with RunStore.open(tmp_path / "run") as store:
        assert store.cells()["fuse_seconds"].notna().all()
    assert "1 cells computed, 1 cached" in run(*args).out


def test_values_of_other_pixels_stand_in_no_table(pairs, tmp_path):
    """A fuser that is left out of the second start has no values of the new files."""
    suite = pairs({"p1": (const(100), const(100)), "p2": (RAMP, RAMP.T)})
    run(suite, tmp_path / "run", "--fusers", "average,maximum")
    save(tmp_path / "A/p1.png", const(7))
    again = run(suite, tmp_path / "run", "--fusers", "average")
    assert (again.code, "1 cells computed, 1 cached" in again.out) == (0, True), again.err
    assert "from earlier starts: the fusers maximum" in again.err
    assert set(scores(tmp_path / "run")) == {
        ("p1", "average", "EN"),
        ("p2", "average", "EN"),
        ("p2", "maximum", "EN"),
    }
    assert "(1/2)" in again.out
    (tmp_path / "A/p1.png").unlink()
    fewer = run(suite, tmp_path / "run", "--fusers", "average,maximum")
    assert (fewer.code, "from earlier starts: 1 further pairs" in fewer.err) == (0, True), fewer.err
    save(tmp_path / "A/p1.png", const(7))
    whole = run(suite, tmp_path / "run", "--fusers", "average,maximum")
    assert (whole.code, "1 cells computed, 3 cached" in whole.out) == (0, True), whole.err
    assert len(scores(tmp_path / "run")) == 4


def test_more_metrics_later_fuse_nothing_again(pairs, tmp_path, copier):
    """F26."""
    suite = pairs({f"p{i}": (RAMP, RAMP.T.copy()) for i in range(3)})
    args = ("--command", COPY, "--fusers", "CALLED")
    assert run(suite, "run", *args, "--metrics", "EN@tang2023").code == 0
    assert copier() == 3
    plan = run(suite, "run", *args, "--metrics", "EN@tang2023,SD@tang2023", "--dry-run")
    assert "3 to do (0 to fuse, 3 to score)" in plan.out
    assert run(suite, "run", *args, "--metrics", "EN@tang2023,SD@tang2023").code == 0
    assert copier() == 3
    assert len(scores(tmp_path / "run")) == 6


def test_identities_that_clash_are_refused(pairs, tmp_path):
    """F35."""
    suite = pairs(THREE)
    for name in ("X1", "X2"):
        for pair in THREE:
            save(tmp_path / name / f"{pair}.png", const(int(name[1])))
    x1, x2 = tmp_path / "X1", tmp_path / "X2"
    twice = run(suite, tmp_path / "run", "--fused", f"X={x1}", "--fused", f"X={x2}")
    assert (twice.code, "'X' is given twice" in twice.err) == (2, True)
    for label in ("average", "Average", "gff"):
        taken = run(suite, tmp_path / "run", "--fused", f"{label}={x1}")
        assert (taken.code, "built-in fuser" in taken.err) == (2, True)
    assert run(suite, tmp_path / "run", "--fusers", "average,average").code == 0
    other = tmp_path / "other.toml"
    other.write_text(suite.read_text().replace('"mine"', '"theirs"'))
    before = (tmp_path / "run/run.sqlite").read_bytes()
    mixed = run(other, tmp_path / "run", "--fusers", "average")
    assert mixed.code == 2
    assert "suite mine" in mixed.err
    assert "--out" in mixed.err
    assert (tmp_path / "run/run.sqlite").read_bytes() == before


def test_a_label_is_printable_text(pairs, tmp_path):
    suite = pairs({"p1": (RAMP, RAMP.T)})
    result = run(suite, tmp_path / "run", "--fused", f"a\nb={tmp_path / 'A'}")
    assert (result.code, "no printable text" in result.err) == (2, True)


def test_policies(pairs, tmp_path, copier):
    suite = pairs(THREE)
    args = ("--command", COPY, "--fusers", "CALLED")
    dry = run(suite, "run", *args, "--dry-run")
    assert dry.code == 0
    assert not (tmp_path / "run").exists()
    run(suite, "run", *args, "--limit", 2)
    assert copier() == 2
    run(suite, "run", *args, "--overwrite", "never")
    assert copier() == 3
    save(tmp_path / "A/p1.png", const(50))
    run(suite, "run", *args, "--overwrite", "never")
    assert copier() == 3
    run(suite, "run", *args)
    assert copier() == 4


def test_failures_alone_are_tried_again(pairs, tmp_path, copier):
    suite = pairs(THREE)
    good = (tmp_path / "copier.py").read_text()
    (tmp_path / "copier.py").write_text(good + "sys.exit(3)\n")
    args = ("--command", COPY, "--fusers", "CALLED,average")
    first = run(suite, "run", *args)
    assert (first.code, "3 failed" in first.out) == (1, True)
    assert "exit code 3" in first.err
    (tmp_path / "copier.py").write_text(good)
    second = run(suite, "run", *args)
    assert second.code == 0
    assert "3 cells computed, 3 cached, 0 failed" in second.out


def test_unknown_names(pairs, tmp_path):
    suite = pairs(THREE)
    for args, words in (
        (("--fusers", "averege"), "did you mean average"),
        (("--fusers", "average:colour"), "module"),
        (("--fusers", "average:=luma"), "options read name:key=value, '=luma' is none"),
        (("--metrics", "tang2024"), "did you mean tang202"),
        (("--fused", "X"), "does not read LABEL=DIR"),
        (("--fused", f"X={tmp_path}/none"), "no such folder"),
    ):
        result = run(suite, tmp_path / "run", *args)
        assert result.code == 2, (args, result.out)
        assert words in result.err, (args, result.err)
    assert "did you mean vif" in call("run", "--suite", "viff").err


def test_an_empty_dataset_is_no_success(pairs, tmp_path):
    """F08: nothing found is exit code 2, with what was looked for and where."""
    suite = pairs({})
    (tmp_path / "A").mkdir()
    (tmp_path / "B").mkdir()
    result = run(suite, tmp_path / "run", "--fusers", "average")
    assert result.code == 2
    assert "0 pairs" in result.err


def test_another_option_makes_another_image(pairs, tmp_path, monkeypatch):
    """An option given for all fusers is part of what decides the pixels, though no label shows it."""
    (tmp_path / "blends.py").write_text(
        "from tcmoa_bench.types import FuserRecord, Task\n"
        "class Blend:\n"
        "    record = FuserRecord('blend', tuple(Task), 'given')\n"
        "    def __init__(self, options): self.alpha = float(options.extra['alpha'])\n"
        "    def fuse(self, a, b, pair): return self.alpha * a + (1 - self.alpha) * b\n"
    )
    monkeypatch.chdir(tmp_path)
    suite = pairs({"p1": (const(200), const(100))}, metrics='["MSE@textbook"]')
    args = (suite, "run", "--fusers", "blends:Blend")
    assert run(*args, "--option", "alpha=0.5").code == 0
    assert scores(tmp_path / "run")["p1", "blends:Blend", "MSE"] == 50**2
    changed = run(*args, "--option", "alpha=0.25")
    assert "1 of them because inputs or method changed" in changed.err, changed.err
    assert scores(tmp_path / "run")["p1", "blends:Blend", "MSE"] == (25**2 + 75**2) / 2
    assert "0 cells computed, 1 cached" in run(*args, "--option", "alpha=0.25").out


def test_another_task_fuses_again(pairs, tmp_path, copier):
    """A fuser may do something else with the same two files for another task, as TC-MoA does."""
    suite = pairs({"p1": (RAMP, RAMP.T.copy())})
    args = ("--command", COPY, "--fusers", "CALLED")
    run(suite, "run", *args)
    suite.write_text(suite.read_text().replace('task = "vif"', 'task = "mff"'))
    assert "1 cells computed, 0 cached" in run(suite, "run", *args).out
    assert copier() == 2


@pytest.mark.parametrize(("task", "fuser", "sent"), [
    ("med", "gtf", True), ("pan", "gtf", True), ("mef", "gtf", False), ("mff", "gtf", False),
    ("med", "mertens", False), ("vif", "mertens", False), ("mef", "mertens", True),
])  # fmt: skip
def test_unseen_tasks_go_to_the_fusers_made_for_visible_and_infrared(pairs, tmp_path, task, fuser, sent):
    suite = pairs({"p1": (const(100), const(50))})
    suite.write_text(suite.read_text().replace('task = "vif"', f'task = "{task}"'))
    plan = run(suite, tmp_path / "run", "--fusers", fuser, "--dry-run")
    if sent:
        assert (plan.code, "1 to do" in plan.out) == (0, True), plan.err
    else:
        assert (plan.code, "no fuser of this run is made for the tasks of its pairs" in plan.err) == (2, True)


def test_scores_of_former_pixels_go_when_a_fused_image_changes(pairs, tmp_path):
    """Also those by metrics that this start does not ask for."""
    suite = pairs({"p1": (const(100), const(100)), "p2": (const(100), const(100))})
    for name in ("p1", "p2"):
        save(tmp_path / f"X/{name}.png", const(101))
    args = (suite, tmp_path / "run", "--fused", f"X={tmp_path / 'X'}", "--fusers", "X", "--metrics")
    run(*args, "EN@textbook,MSE@textbook")
    save(tmp_path / "X/p1.png", RAMP)
    assert run(*args, "EN@textbook").code == 0
    assert scores(tmp_path / "run") == {
        ("p1", "X", "EN"): 6.0, ("p2", "X", "EN"): 0.0, ("p2", "X", "MSE"): 1.0
    }  # fmt: skip


@pytest.mark.usefixtures("cache")
def test_a_fuser_of_the_suite_that_is_not_here_is_said_and_the_others_run(pairs, tmp_path):
    (tmp_path / "empty").mkdir()
    suite = pairs({"p1": (RAMP, RAMP.T)}, extra='fusers = ["average", "densefuse"]')
    result = run(suite, tmp_path / "run", "--weights", tmp_path / "empty")
    assert (result.code, "note: densefuse_tf_add is not available: weights file" in result.err) == (
        0,
        True,
    ), result.err
    assert {fuser for _, fuser, _ in scores(tmp_path / "run")} == {"average"}
    alone = run(suite, tmp_path / "alone", "--weights", tmp_path / "empty", "--fusers", "densefuse")
    assert (alone.code, "failed: densefuse_tf_add on pairs/p1" in alone.err) == (1, True), alone.err
    both = run(suite, tmp_path / "both", "--weights", tmp_path / "empty", "--fusers", "densefuse,average")
    assert (both.code, "1 cells computed, 0 cached, 1 failed" in both.out) == (1, True), both.out
    assert "weights file" in both.err


def test_images_published_with_a_dataset_are_scored_and_those_not_there_are_said(tmp_path):
    for name, image in (
        ("input/VI/car", RAMP),
        ("input/IR/car", const(9)),
        ("output/fused_images/car_GFF", RAMP),
    ):
        save(tmp_path / f"data/VIFB/{name}.jpg", image)
    args = ("vifb", tmp_path / "run", "--data", tmp_path / "data", "--metrics", "EN@vifb")
    assert run(*args, "--fusers", "GFF").code == 0
    assert set(scores(tmp_path / "run")) == {("car", "GFF", "EN")}
    (tmp_path / "data/VIFB/output").rename(tmp_path / "data/VIFB/elsewhere")
    missing = run(*args, "--dry-run", "--fusers", "average")
    assert "GFF: no published images in " in missing.out + missing.err


@pytest.mark.parametrize("moved", ["A", "theirs"])
def test_what_was_computed_stays_when_its_files_are_not_found(pairs, tmp_path, moved):
    """A folder that was moved, a disk that is not mounted: finished scores are kept, and compared again later."""
    suite = pairs(THREE)
    for name in THREE:
        save(tmp_path / "theirs" / f"{name}.png", const(70))
    arguments = (suite, tmp_path / "run", "--fused", f"X={tmp_path / 'theirs'}", "--fusers", "average")
    assert run(*arguments).code == 0
    before = scores(tmp_path / "run")
    for file in (tmp_path / moved).iterdir():
        file.rename(tmp_path / f"away-{file.name}")
    for name in ("x1", "x2"):
        save(tmp_path / moved / f"{name}.png", const(1))
    if moved == "A":
        for name in THREE:
            (tmp_path / "A" / f"{name}.png").symlink_to(tmp_path / "nowhere")
    result = run(*arguments)
    assert "source not found now: " in result.err, result.err
    kept = {key: value for key, value in scores(tmp_path / "run").items() if key in before}
    assert kept == before
    for name in THREE:
        (tmp_path / moved / f"{name}.png").unlink(missing_ok=True)
        (tmp_path / f"away-{name}.png").rename(tmp_path / moved / f"{name}.png")
    (tmp_path / moved / "x1.png").unlink()
    (tmp_path / moved / "x2.png").unlink()
    assert "6 cached, 0 to do" in run(*arguments).err
    assert scores(tmp_path / "run") == before
