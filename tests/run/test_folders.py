"""A run of one's own folders, as a user types it the first time."""

import os
from pathlib import Path

import pytest

from tcmoa_bench.store import RunStore
from tests.commands import RAMP, call, const, save
from tests.run.runs import scores

EN = ("--metrics", "EN", "--convention", "textbook", "--no-report")


@pytest.fixture
def my(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TCMOA_BENCH_DATA", raising=False)
    for i in (1, 2, 3):
        save(tmp_path / f"my/visible/{i}.png", RAMP)
        save(tmp_path / f"my/infrared/{i}.png", RAMP.T.copy())
        save(tmp_path / f"results/{i}.png", ((RAMP.astype(int) + RAMP.T) // 2).astype("uint8"))
    return tmp_path


def cells(folder):
    with RunStore.open(Path(folder)) as store:
        frame = store.cells()
    return {(r.pair, r.fuser): (r.status, r.message) for r in frame.itertuples()}


def test_two_folders_and_a_folder_of_results(my):
    result = call("run", "--a", "my/visible", "--b", "my/infrared", "--fused", "Ours=results", *EN)
    assert result.code == 0, result.err
    found = scores(my / "runs/my")
    assert {fuser for _, fuser, _ in found} == {"Ours"}
    assert len(found) == 3


def test_a_folder_that_holds_two_of_known_names_and_the_suite_of_their_task(my):
    result = call("run", "--data", "my", "--dry-run")
    assert result.code == 0, result.err
    assert "pairs: 3 (my 3; task vif)" in result.out
    assert "fusers: average, maximum, lp" in result.out
    (my / "my/visible").rename(my / "my/under")
    (my / "my/infrared").rename(my / "my/over")
    assert "task mef" in call("run", "--data", "my", "--dry-run").out


def test_a_list_of_pairs_with_a_column_of_fused_images(my):
    rows = [f"my/visible/{i}.png,my/infrared/{i}.png,p{i},results/{i}.png" for i in (1, 2)]
    (my / "list.csv").write_text(
        "\n".join(["a,b,name,fused", *rows, "my/visible/3.png,my/infrared/3.png,p3,"])
    )
    result = call("run", "--csv", "list.csv", *EN, "--out", "run")
    assert result.code == 1
    found = cells("run")
    assert found["p1", "fused"][0] == found["p2", "fused"][0] == "done"
    assert "names no fused image for pair p3" in found["p3", "fused"][1]
    named = call("run", "--csv", "list.csv", *EN, "--out", "run2", "--fused-map", "Ours=list.csv")
    assert ("p2", "Ours") in cells("run2"), named.err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "give --suite NAME"),
        (("--a", "my/visible"), "give --a and --b"),
        (("--suite", "vif", "--task", "vif"), "--task and --suite exclude each other"),
        (("--suite", "vif", "--data", "my"), "visible and infrared (vif): leave out --suite"),
        (("--data", "results"), "looked for a + b"),
        (("--data", "my", "--metrics", "EN"), "or give --convention"),
        (("--data", "my", "--convention", "nobody"), "unknown convention 'nobody'"),
    ],
)
def test_what_is_missing_is_said_with_what_would_help(my, args, words):
    result = call("run", *args)
    assert (result.code, words in " ".join(result.err.split())) == (2, True), result.err


def test_a_suite_that_is_there_is_named_where_the_folder_holds_no_pairs_of_ones_own(my):
    save(my / "sets/LLVIP/visible/test/190001.jpg", RAMP)
    save(my / "sets/LLVIP/infrared/test/190001.jpg", RAMP)
    result = call("run", "--data", "sets")
    assert result.code == 2
    assert "There are known datasets (llvip): run them with --suite" in result.err


def test_a_suite_file_has_a_convention(pairs, tmp_path):
    suite = pairs(
        {"p": (RAMP, RAMP)}, metrics='["EN"]', extra='convention = "textbook"\nfusers = ["average"]'
    )
    assert call("run", "--suite", suite, "--out", tmp_path / "run", "--no-report").code == 0
    with RunStore.open(tmp_path / "run") as store:
        assert list(store.metrics()["qualified"]) == ["EN@textbook"]


def test_labels_with_equals_signs_and_such_as_cannot_be_named(my):
    """M14."""
    os.rename("results", "lr=1e-4")
    both = ("run", "--data", "my", *EN, "--out", "run")
    assert call(*both, "--fused", "ours (lr=1e-4)=lr=1e-4").code == 0
    assert {fuser for _, fuser in cells("run")} == {"ours (lr=1e-4)"}
    assert call("tables", "run", "--fusers", "ours (lr=1e-4)").code == 0
    for label in ("a,b", "a ", " a"):
        refused = call(*both, "--fused", f"{label}=lr=1e-4")
        assert (refused.code, "choose another label" in refused.err) == (2, True), refused.err
    (my / "1e-4)=lr=1e-4").mkdir()
    assert "in two ways" in call(*both, "--fused", "ours (lr=1e-4)=lr=1e-4").err


@pytest.mark.parametrize("label", ["X", "average"])
def test_names_that_are_no_text_and_the_runs_own_folder_given_back(my, label):
    """M12: 48.130804 is PSNR against one source of 100 and one of 102, each one level away."""
    for name in (b"01.png", b"caf\xe9.png", b"tab\there.png", b"line\nbreak.png"):
        for folder, level in (("A", 100), ("B", 102), ("X", 101)):
            save(my / folder / os.fsdecode(name), const(level))
    metrics = ("--metrics", "PSNR@textbook", "--no-report")
    first = call(
        "run", "--a", "A", "--b", "B", "--fusers", "average", "--fused", "X=X", *metrics, "--out", "run"
    )
    assert first.code == 0, first.err
    values = {v for (_, fuser, _), v in scores(Path("run")).items() if fuser == "X"}
    assert len(scores(Path("run"))) == 8
    assert {round(value, 6) for value in values} == {48.130804}
    again = call("run", "--a", "A", "--b", "B", "--fused", f"Y=run/fused/{label}", *metrics, "--out", "run2")
    assert again.code == 0, again.err
    own = {pair: v for (pair, fuser, _), v in scores(Path("run")).items() if fuser == label}
    assert {pair: v for (pair, _, _), v in scores(Path("run2")).items()} == own


def test_the_weights_that_are_named_are_used_or_refused(my):
    """M22."""
    (my / "my.pth").write_bytes(b"no weights")
    fused = (
        "fuse",
        "my/visible/1.png",
        "my/infrared/1.png",
        "-o",
        "o.png",
        "--fuser",
        "tcmoa",
        "--task",
        "vif",
    )
    refused = call(*fused, "--weights", "my.pth")
    assert (refused.code, "my.pth" in refused.err, (my / "o.png").exists()) == (2, True, False), refused.err


def test_a_device_that_is_not_there_costs_its_fuser_only(my):
    args = ("--fusers", "tcmoa,average", "--device", "nonsense", *EN, "--out", "run")
    result = call("run", "--data", "my", *args)
    found = cells("run")
    assert result.code == 1, result.err
    assert {status for (_, fuser), (status, _) in found.items() if fuser == "average"} == {"done"}
    assert all("cannot be used" in m for (_, fuser), (_, m) in found.items() if fuser == "tcmoa-tiny")
