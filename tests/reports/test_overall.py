"""All metrics together: pairs are the blocks, and metrics that say the same count once."""

import numpy as np
import pytest

from tcmoa_bench.reports.html.leaderboard import headline
from tcmoa_bench.reports.overall import duel, families, rank_overall
from tcmoa_bench.reports.statistics import agreement, within_pairs
from tcmoa_bench.reports.summary import summarise
from tests.reports.builder import make_run

PAIRS = 20


def seven(tmp_path, metrics=8, wins=6):
    """P beats Q on every pair by `wins` metrics and loses by the rest; five others come behind in orders of their own."""
    random = np.random.default_rng(1)
    values = {"P": {}, "Q": {}, **{f"Z{i}": {} for i in range(5)}}
    for m in range(metrics):
        for fuser, columns in values.items():
            noise = random.random(PAIRS)
            level = {"P": 12.0, "Q": 10.0}.get(fuser, 0.0)
            if m >= wins:
                level = {"P": 10.0, "Q": 12.0}.get(fuser, 0.0)
            columns[f"M{m}@t"] = (level + noise * (1 if level else 9)).tolist()
    return summarise(make_run(tmp_path, values))


def test_a_fuser_that_wins_every_pair_on_six_of_eight_metrics_is_told_apart(tmp_path):
    summary = seven(tmp_path)
    overall = rank_overall(summary)
    assert overall.ranking.blocks == PAIRS
    assert overall.ranking.ranks["P"] == 1.0
    text = headline(summary, overall)
    assert text.startswith("P has the best mean rank, 1.00 over 20 pairs; next is Q with 2.00.")
    assert "P beats Q on 6 of 8 metrics and loses on 2 (M6, M7)" in text
    assert "by Wilcoxon's test over 20 pairs" in text


def test_what_is_not_resolved_is_named(tmp_path):
    random = np.random.default_rng(5)
    equal, other = random.random(PAIRS), random.random(PAIRS)
    values = {
        "P": {"A@t": (5 + other).tolist(), "B@t": equal.tolist()},
        "Q": {"A@t": other.tolist(), "B@t": equal[::-1].tolist()},
    }
    summary = summarise(make_run(tmp_path, values))
    text = headline(summary, rank_overall(summary))
    assert "P beats Q on 1 of 2 metrics" in text
    assert text.endswith("B does not tell them apart.")


def test_four_pairs_cannot_tell(tmp_path):
    values = {f: {"A@t": [k + 1.0, k + 2.0, k + 3.0, k + 4.0]} for k, f in enumerate("QP")}
    summary = summarise(make_run(tmp_path, values))
    assert (
        "4 pairs cannot tell two fusers apart by a single metric (least p after Holm's correction: 0.12)"
        in (headline(summary, rank_overall(summary)))
    )


def test_copies_of_a_metric_move_nothing(tmp_path):
    """Five copies of the metrics that Q wins are two families: the ranks are those without the copies."""
    plain = seven(tmp_path / "plain")
    values = {f: {n: plain.entries[f, n].values.tolist() for n in plain.qualified} for f in plain.fusers}
    for columns in values.values():
        columns |= {f"C{i}@t": columns["M7@t"] for i in range(5)}
    copied = summarise(make_run(tmp_path / "copied", values))
    overall = rank_overall(copied)
    assert overall.families[7] == ("M7@t", "C0@t", "C1@t", "C2@t", "C3@t", "C4@t")
    assert len(overall.families) == 8
    assert overall.ranking.ranks == rank_overall(plain).ranking.ranks
    assert "count once: M7, C0, C1, C2, C3 and C4" in headline(copied, overall)


def test_with_few_fusers_only_conventions_of_one_metric_are_a_family(tmp_path):
    values = {
        f: {"SD@one": [k + 1.0 * i for i in range(6)], "EN@one": [k + 2.0 * i for i in range(6)], "SD@two": [k * 1.0] * 6}
        for k, f in enumerate("XYZ")
    }  # fmt: skip
    summary = summarise(make_run(tmp_path, values))
    assert families(summary, summary.qualified) == [("SD@one", "SD@two"), ("EN@one",)]


def test_a_pair_that_one_metric_lacks_counts_by_the_others(tmp_path):
    values = {
        "X": {"EN@t": [2.0, 2.0, 2.0], "SD@t": [None, 2.0, 2.0]},
        "Y": {"EN@t": [1.0, 1.0, 1.0], "SD@t": [9.0, 1.0, 3.0]},
        "Z": {"EN@t": [0.0, 0.0, 0.0], "SD@t": [8.0, 0.0, 0.0]},
    }
    overall = rank_overall(summarise(make_run(tmp_path, values)))
    assert overall.ranking.blocks == 3
    # Pair 3: X has ranks 1 and 2, Y 2 and 1: they share 1.5.
    assert overall.ranking.ranks == pytest.approx({"X": (1 + 1 + 1.5) / 3, "Y": (2 + 2 + 1.5) / 3, "Z": 3})


def test_the_direction_is_that_of_the_signed_ranks(tmp_path):
    """One huge loss makes the mean of the differences negative; the test speaks for the first all the same."""
    gains = [1.0 + 0.01 * i for i in range(19)]
    values = {"P": {"A@t": [*gains, -900.0]}, "Q": {"A@t": [0.0] * PAIRS}}
    summary = summarise(make_run(tmp_path, values))
    found = duel(summary, [("A@t",)], "P", "Q")
    assert (found.better, found.worse, found.pairs) == (("A@t",), (), PAIRS)


def test_agreement_at_once_is_agreement_one_by_one(tmp_path):
    """Metrics without a gap take a shorter way, which must give the same."""
    summary = seven(tmp_path)
    found = agreement(summary)
    values = within_pairs(summary.matrix("M1@t"), summary.matrix("M2@t"))
    assert found.loc["M1@t", "M2@t"] == pytest.approx(float(np.mean(values)), abs=1e-12)
