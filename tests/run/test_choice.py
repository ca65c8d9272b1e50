"""Which pairs a run takes."""

import hashlib
import json

import pytest

from tcmoa_bench.run.choice import Choice, draw
from tcmoa_bench.types import BenchError, Pair, Task
from tests.commands import RAMP, call, save
from tests.run.runs import run, scores

SIX = {f"p{i}": (RAMP, RAMP.T.copy()) for i in range(1, 7)}


def some(*names, dataset="d"):
    return [Pair(dataset, name, Task.VIF, None, None) for name in names]


def names(pairs):
    return [pair.name for pair in pairs]


def test_named_excluded_and_sampled():
    pairs = some(*SIX)
    assert names(Choice(("p5", "d/p2")).of(pairs)) == ["p2", "p5"]
    assert names(Choice(exclude=("p1", "d/p6")).of(pairs)) == ["p2", "p3", "p4", "p5"]
    with pytest.raises(BenchError, match=r"unknown pair 'p9'"):
        Choice(("p9",)).of(pairs)
    with pytest.raises(BenchError, match="leaves none"):
        Choice(("p1",), exclude=("p1",)).of(pairs)


def test_a_sample_is_the_same_everywhere_and_grows():
    """The rule as a reader of the docs would write it down."""
    pairs = some(*SIX) + some(*SIX, dataset="e")
    by_hand = sorted(SIX, key=lambda name: hashlib.sha256(f"7/d/{name}".encode()).hexdigest())
    drawn = [Choice(sample=n, seed=7).of(pairs) for n in range(1, 7)]
    for n, chosen in enumerate(drawn, 1):
        assert sorted(p.name for p in chosen if p.dataset == "d") == sorted(by_hand[:n])
        assert sum(p.dataset == "e" for p in chosen) == n
    assert names(Choice(sample=3, seed=8).of(pairs)) != names(drawn[2])
    assert draw(0, "llvip", "190001") == hashlib.sha256(b"0/llvip/190001").hexdigest()
    assert names(Choice(sample=3, seed=7).of(pairs[::-1]))[::-1] == names(drawn[2])


def test_the_list_of_a_run_is_published_and_given_back(pairs, tmp_path):
    suite = pairs(SIX, extra='fusers = ["average"]')
    assert run(suite, tmp_path / "one", "--sample", 2, "--seed", 3).code == 0
    taken = {pair for pair, _, _ in scores(tmp_path / "one")}
    manifest = json.loads((tmp_path / "one/manifest.json").read_text())
    assert manifest["choice"] == {"exclude": [], "sample": 2, "seed": 3}
    assert set(manifest["pairs"]) == {f"pairs/{name}" for name in taken}
    again = run(suite, tmp_path / "two", "--pairs", tmp_path / "one/pairs.csv")
    assert again.code == 0, again.err
    assert {pair for pair, _, _ in scores(tmp_path / "two")} == taken
    assert "states other files" not in again.err
    save(tmp_path / "A" / f"{min(taken)}.png", RAMP[::-1].copy())
    other = run(suite, tmp_path / "three", "--pairs", tmp_path / "one/pairs.csv")
    assert f"states other files for 1 of them (pairs/{min(taken)})" in other.err


def test_a_text_file_of_names_and_a_suite_that_names_its_pairs(pairs, tmp_path):
    suite = pairs(SIX, extra='fusers = ["average"]')
    (tmp_path / "list.txt").write_text("# ours\np3\n\npairs/p1\n")
    assert run(suite, tmp_path / "one", "--pairs", tmp_path / "list.txt", "--exclude", "p3").code == 0
    assert {pair for pair, _, _ in scores(tmp_path / "one")} == {"p1"}
    text = suite.read_text()
    for own in ('pairs = ["p2", "p4"]', 'pairs = ["list.txt"]', 'pairs = "list.txt"'):
        suite.write_text(f"{text}{own}\n")
        assert run(suite, tmp_path / own[-6:-2], "--limit", 1).code == 0
    suite.write_text(f"{text}pairs = [3]\n")
    assert "`pairs` is a list of names" in run(suite, tmp_path / "x").err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--pairs", "nowhere.txt"), "cannot read the list of pairs nowhere.txt"),
        (("--pairs", "nowhere.csv"), "no such file: nowhere.csv"),
        (("--exclude", "p7"), "unknown pair 'p7'; did you mean p6"),
        (("--sample", 0), "--sample"),
    ],
)
def test_a_choice_that_cannot_be_made(pairs, tmp_path, args, words):
    result = run(pairs(SIX, extra='fusers = ["average"]'), tmp_path / "run", *args)
    assert (result.code, words in result.err) == (2, True), result.err


def test_a_run_on_another_list_says_so(pairs, tmp_path):
    suite = pairs(SIX, extra='fusers = ["average"]')
    run(suite, tmp_path / "few", "--sample", 2)
    run(suite, tmp_path / "all")
    more = call("compare", tmp_path / "few", tmp_path / "all")
    assert more.code == 0
    assert "other lists of pairs: 2 in both, 0 only in few, 4 only in all" in more.out
    less = call("compare", tmp_path / "all", tmp_path / "few")
    assert less.code == 1
    assert "other lists of pairs: 2 in both, 4 only in all, 0 only in few" in less.out
