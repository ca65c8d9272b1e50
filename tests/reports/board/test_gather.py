"""Many runs as one board: which run a row comes from, what is never mixed, and what each number was before."""

from pathlib import Path

import pytest

from tcmoa_bench.reports.board.gather import find_runs, gather
from tcmoa_bench.reports.board.rows import coverage, history, provenance
from tcmoa_bench.reports.board.views import over_tasks, views_of
from tcmoa_bench.reports.overall import places_by_rank, rank_overall
from tcmoa_bench.reports.summary import Run, summarise
from tcmoa_bench.store import RunStore
from tcmoa_bench.types import BenchError
from tests.reports.builder import make_run

EN, SD = "EN@tang2022", "SD@textbook"


def started(run: Run, day: int) -> Run:
    with RunStore.create(run.folder) as store:
        store.set_meta(started=f"2026-01-{day:02d}T00:00:00+00:00", finished="x")
    return run


def board_of(folder: Path):
    return gather(find_runs([folder])[0])


def values(board, fuser, metric):
    scores = board.whole.scores
    own = scores[(scores["fuser"] == fuser) & (scores["qualified"] == metric)]
    return dict(zip(own["pair"], own["value"], strict=True))


def test_the_newest_run_makes_the_row_unless_it_tried_fewer_pairs(tmp_path):
    started(make_run(tmp_path / "first", {"x": {EN: [1.0, 2.0]}}), 1)
    started(make_run(tmp_path / "second", {"x": {EN: [1.5, 2.5]}}), 2)
    started(make_run(tmp_path / "trial", {"x": {EN: [9.0]}}), 3)
    board = board_of(tmp_path)
    assert values(board, "x", EN) == {"p1": 1.5, "p2": 2.5}
    assert board.rows["d", "x"].folder.name == "second"
    assert provenance(board, ("d", "x")).run == "second"


def test_a_newer_run_that_fails_on_a_pair_is_not_hidden_by_an_older(tmp_path):
    started(make_run(tmp_path / "a", {"x": {EN: [1.0, 2.0]}}), 1)
    started(make_run(tmp_path / "b", {"x": {EN: [1.0, 2.0]}}, failed={("x", "p2"): "no memory"}), 2)
    board = board_of(tmp_path)
    assert values(board, "x", EN) == {"p1": 1.0}
    found = coverage(board)["d", "x"]
    assert (found.done, found.failed, found.absent, str(found)) == (["p1"], {"p2": "no memory"}, [], "1 of 2")


def test_another_run_adds_metrics_where_the_pixels_are_the_same_only(tmp_path):
    started(make_run(tmp_path / "sd", {"x": {SD: [5.0, 6.0]}}, fused={("x", "p2"): "other pixels"}), 1)
    started(make_run(tmp_path / "en", {"x": {EN: [1.0, 2.0]}}), 2)
    board = board_of(tmp_path)
    assert values(board, "x", EN) == {"p1": 1.0, "p2": 2.0}
    assert values(board, "x", SD) == {"p1": 5.0}


def test_values_of_two_signatures_stand_in_two_columns(tmp_path):
    started(make_run(tmp_path / "old", {"x": {EN: [1.0, 2.0]}, "y": {EN: [2.0, 3.0]}}), 1)
    new = {"x": {EN: [7.0, 8.0]}}
    started(make_run(tmp_path / "new", new, signatures={EN: f"{EN}|v2"}), 2)
    board = board_of(tmp_path)
    assert values(board, "x", EN) == {"p1": 7.0, "p2": 8.0}
    assert values(board, "y", EN) == {}
    assert values(board, "y", f"{EN} [earlier 1]") == {"p1": 2.0, "p2": 3.0}
    assert values(board, "x", f"{EN} [earlier 1]") == {"p1": 1.0, "p2": 2.0}
    assert dict(zip(board.whole.metrics["qualified"], board.whole.metrics["signature"], strict=True)) == {
        EN: f"{EN}|v2",
        f"{EN} [earlier 1]": f"{EN}|v1",
    }
    assert [view.label for view in views_of(board, dataset="d")] == ["tang2022", "tang2022, earlier version"]
    assert any("another signature" in text for text in board.remarks)


def test_a_dataset_of_other_files_stands_apart(tmp_path):
    started(make_run(tmp_path / "a", {"x": {EN: [1.0, 2.0]}}), 1)
    started(make_run(tmp_path / "b", {"x": {EN: [3.0, 4.0]}}, sources={"p2": "other bytes"}), 2)
    board = board_of(tmp_path)
    assert set(board.rows) == {("d", "x"), ("d [other files 2]", "x")}
    assert board.rows["d", "x"].folder.name == "a"
    assert any("are not those of earlier runs" in text for text in board.remarks)


def test_history_is_over_the_pairs_of_the_row_and_says_what_moved(tmp_path):
    started(make_run(tmp_path / "a", {"x": {EN: [1.0, 2.0]}}), 1)
    started(make_run(tmp_path / "few", {"x": {EN: [1.0]}}), 2)
    started(make_run(tmp_path / "same", {"x": {EN: [1.0, 2.0]}}), 3)
    started(make_run(tmp_path / "moved", {"x": {EN: [1.0, 4.0]}}), 4)
    points = history(board_of(tmp_path))["d", "x", EN]
    assert [(p.run, p.mean, p.n, p.of, p.moved) for p in points] == [
        (0, 1.5, 2, 2, False),
        (1, 1.0, 1, 2, False),
        (2, 1.5, 2, 2, False),
        (3, 2.5, 2, 2, True),
    ]


def test_the_board_is_the_same_whatever_the_order_of_folders_and_a_run_counts_once(tmp_path):
    for number, name in enumerate(("b", "a")):
        started(make_run(tmp_path / name, {"x": {EN: [float(number), 2.0]}}), number + 1)
    runs, unreadable = find_runs([tmp_path / "a", tmp_path / "b", tmp_path])
    assert ([run.folder.name for run in runs], unreadable) == (["b", "a"], [])
    assert values(gather(runs), "x", EN)["p1"] == 1.0


def test_folders_without_runs_and_damaged_ones(tmp_path):
    with pytest.raises(BenchError, match="no folder"):
        find_runs([tmp_path / "nothing"])
    with pytest.raises(BenchError, match="no runs below"):
        find_runs([tmp_path])
    make_run(tmp_path / "good", {"x": {EN: [1.0]}})
    make_run(tmp_path / ".checking-s-x", {"y": {EN: [1.0]}})
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "run.sqlite").write_bytes(b"no store")
    runs, unreadable = find_runs([tmp_path])
    assert [run.folder.name for run in runs] == ["good"]
    assert len(unreadable) == 1
    assert unreadable[0].startswith("bad: ")


def test_over_tasks_ranks_the_common_fusers_among_themselves(tmp_path):
    """By hand: in vif x beats y on 3 pairs, z is best; in mff y beats x on 1 pair. Blocks: 4 pairs of x and y."""
    vif = {"z": {EN: [9.0, 9.0, 9.0]}, "x": {EN: [2.0, 2.1, 2.2]}, "y": {EN: [1.0, 1.0, 1.0]}}
    started(make_run(tmp_path / "vif", vif), 1)
    mff = {"x": {SD: [1.0]}, "y": {SD: [2.0]}}
    started(make_run(tmp_path / "mff", mff, dataset="m", task="mff"), 2)
    board = board_of(tmp_path)
    found = over_tasks({task: views_of(board, task=task)[0] for task in ("vif", "mff")})
    assert found is not None
    assert found.ranking.ranks == {"x": 1.25, "y": 1.75}
    assert (found.tasks["vif"].ranks, found.tasks["mff"].ranks) == (
        {"x": 1.0, "y": 2.0},
        {"x": 2.0, "y": 1.0},
    )
    assert over_tasks({"vif": views_of(board, task="vif")[0]}) is None


def test_places_are_ranges_as_far_as_nemenyi_tells():
    from tcmoa_bench.reports.statistics import ranking

    costs = [[1.0, 2.0, 3.0, 4.0]] * 4
    import numpy as np

    found = places_by_rank(ranking(np.array(costs), ["a", "b", "c", "d"]))
    # 4 pairs of 4 fusers: critical difference 2.35, so only the ends are apart.
    assert {name: (place.first, place.last, place.group) for name, place in found.items()} == {
        "a": (1, 3, "a"), "b": (1, 4, "ab"), "c": (1, 4, "ab"), "d": (2, 4, "b"),
    }  # fmt: skip
    same = places_by_rank(ranking(np.ones((9, 3)), ["a", "b", "c"]))
    assert {str(place) for place in same.values()} == {"1–3"}


def test_costs_are_what_the_ranks_are_made_from(tmp_path):
    run = make_run(tmp_path, {"x": {EN: [1.0, 2.0]}, "y": {EN: [2.0, 1.0]}})
    found = rank_overall(summarise(run))
    assert found.costs.tolist() == [[2.0, 1.0], [1.0, 2.0]]
