"""Submissions: what is sent is scored here, and what it claims is compared with that, value by value."""

import json
import random
import shutil

import numpy as np
import pandas as pd
import pytest

from tcmoa_bench.images import read_image, write_image
from tcmoa_bench.reports.outputs import read_scores
from tcmoa_bench.run.choice import draw
from tcmoa_bench.run.claims import Here, compare, facts, read_claim, unsound
from tcmoa_bench.run.request import Request
from tcmoa_bench.run.runner import plan_run
from tcmoa_bench.run.suite import load_suite
from tcmoa_bench.store import RunStore
from tests.commands import RAMP, call, const, save
from tests.run.runs import run

NOISE = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
IMAGES = {f"p{i}": (RAMP // i, NOISE // i) for i in (1, 2, 3, 4)}


@pytest.fixture
def sent(pairs, tmp_path):
    """A suite, and a run of the submitter's: one fuser, two metrics, with its images."""
    suite = pairs(IMAGES, '["EN@tang2022", "Qabf@textbook"]')
    assert run(suite, tmp_path / "theirs", "--fusers", "average").code == 0
    folder = tmp_path / "theirs" / "fused" / "average"
    shutil.copytree(folder, tmp_path / "Ours")
    assert run(suite, tmp_path / "sent", "--fused", f"Ours={tmp_path / 'Ours'}").code == 0
    return suite, tmp_path / "sent"


def add(suite, folder, tmp_path, *arguments):
    return call("leaderboard", "add", folder, "--suite", suite, "--runs", tmp_path / "runs", *arguments)


def test_images_alone_are_scored_and_stand_among_the_runs(sent, tmp_path):
    suite, _ = sent
    result = add(suite, tmp_path / "Ours", tmp_path)
    assert (result.code, result.err.count("differs")) == (0, 0)
    assert "Ours: 4 pairs scored\n" in result.out
    assert f"added: {tmp_path / 'runs' / 'mine-Ours'}" in result.out
    again = add(suite, tmp_path / "Ours", tmp_path)
    assert f"added: {tmp_path / 'runs' / 'mine-Ours-2'}" in again.out
    assert sorted(f.name for f in (tmp_path / "runs").iterdir()) == ["mine-Ours", "mine-Ours-2"]
    with RunStore.open(tmp_path / "runs" / "mine-Ours") as store:
        assert store.meta["submission"] == {"Ours": "images scored here"}
        assert len(store.scores()) == 8


def test_a_sound_claim_is_accepted_with_every_value_compared(sent, tmp_path):
    suite, folder = sent
    result = add(suite, folder, tmp_path)
    assert (result.code, result.err.count("differs")) == (0, 0)
    assert "Ours: 4 pairs scored, 8 of 8 claimed values compared" in result.out


def test_a_missing_image_costs_its_pair_and_is_said(sent, tmp_path):
    suite, _ = sent
    next((tmp_path / "Ours").rglob("p2.png")).unlink()
    result = add(suite, tmp_path / "Ours", tmp_path)
    assert result.code == 1
    assert "Ours: 3 pairs scored" in result.out
    assert "added:" in result.out


def test_a_changed_value_is_refused_and_nothing_is_added(sent, tmp_path):
    suite, folder = sent
    scores = pd.read_csv(folder / "scores.csv", dtype=str)
    scores.loc[3, "value"] = repr(float(scores.loc[3, "value"]) + 1e-6)
    scores.to_csv(folder / "scores.csv", index=False)
    result = add(suite, folder, tmp_path)
    assert result.code == 1
    assert "differs: pairs/p2: Qabf@textbook is " in result.err
    assert "refused: 1 differences; nothing was added" in result.err
    (kept,) = (tmp_path / "runs").iterdir()
    assert kept.name.startswith(".checking-mine-Ours-")
    site = call("leaderboard", tmp_path / "runs", "-o", tmp_path / "site")
    assert (site.code, "no runs below" in site.err) == (2, True)


@pytest.mark.parametrize("missing", ["scores.csv", "manifest.json"])
def test_half_a_claim_is_refused(sent, tmp_path, missing):
    suite, folder = sent
    (folder / missing).unlink()
    result = add(suite, folder, tmp_path)
    assert (result.code, "without the other" in result.err) == (2, True)


def test_bad_submissions_say_what_to_do(sent, tmp_path):
    suite, folder = sent
    assert "a submission is a folder" in add(suite, tmp_path / "none", tmp_path).err
    assert "no fuser 'Mine'; there are: Ours" in add(suite, folder, tmp_path, "--label", "Mine").err
    (folder / "manifest.json").write_text("{")
    assert "cannot be read" in add(suite, folder, tmp_path).err
    scores = (folder / "scores.csv").read_text()
    (folder / "scores.csv").write_text(scores.replace("EN,tang2022", "os:system,sh"))
    (folder / "manifest.json").write_text("{}")
    result = add(suite, folder, tmp_path)
    assert "os:system@sh is no metric of this package" in result.err
    assert result.code == 1


def test_nothing_of_a_refused_submission_stands_in_the_next_of_its_name(sent, tmp_path):
    suite, folder = sent
    shutil.copytree(folder, tmp_path / "bad")
    scores = (tmp_path / "bad" / "scores.csv").read_text()
    (tmp_path / "bad" / "scores.csv").write_text(
        scores.replace(",p1,Ours,EN,tang2022,", ",p1,Ours,EN,tang2022,1", 1)
    )
    assert add(suite, tmp_path / "bad", tmp_path).code == 1
    next((tmp_path / "Ours").rglob("p2.png")).unlink()
    result = add(suite, tmp_path / "Ours", tmp_path)
    assert "Ours: 3 pairs scored" in result.out


# ---- a hundred of a hundred


def _value(rng, scores, manifest):
    row = rng.randrange(len(scores))
    old = float(scores.loc[row, "value"])
    change = rng.choice(
        [lambda v: v * (1 + 1e-8), lambda v: v + 1e-3, lambda v: -v - 1, lambda v: v * 2, lambda v: 9e9]
    )
    scores.loc[row, "value"] = change(old)


def _null(rng, scores, manifest):
    scores.loc[rng.randrange(len(scores)), "value"] = float("nan")


def _swap(rng, scores, manifest):
    """Two pairs' values of one metric are exchanged: means stay as they were."""
    own = scores.index[scores["metric"] == "Qabf"]
    i, j = rng.sample(list(own), 2)
    scores.loc[[i, j], "value"] = scores.loc[[j, i], "value"].to_numpy()


def _drop_pair(rng, scores, manifest):
    """The worst pair is taken out of list and scores; its image stays."""
    pair = rng.choice(list(scores["pair"].unique()))
    del manifest["pairs"][f"pairs/{pair}"]
    return scores[scores["pair"] != pair]


def _drop_value(rng, scores, manifest):
    return scores.drop(rng.choice(list(scores.index)))


def _further_pair(rng, scores, manifest):
    scores.loc[rng.randrange(len(scores)), "pair"] = f"q{rng.randrange(9)}"


def _twice(rng, scores, manifest):
    scores.loc[len(scores)] = scores.loc[rng.randrange(len(scores))]


def _signature(rng, scores, manifest):
    name = rng.choice(["EN@tang2022", "Qabf@textbook"])
    other = manifest["signatures"][name].replace("|v", "|v1")
    if rng.random() < 0.7:
        manifest["signatures"][name] = other
    if rng.random() < 0.7 or manifest["signatures"][name] != other:
        scores.loc[scores["metric"] == name.partition("@")[0], "signature"] = other


def _source_hash(rng, scores, manifest):
    place = rng.choice(sorted(manifest["pairs"]))
    manifest["pairs"][place][rng.randrange(2)] = f"{rng.getrandbits(256):064x}"


def _pixels(rng, scores, manifest):
    manifest["pixels"]["Ours"] = f"{rng.getrandbits(256):064x}"


def _suite_version(rng, scores, manifest):
    manifest["suite"]["version"] = rng.choice([0, 2, "1", None])


def _suite_name(rng, scores, manifest):
    if rng.random() < 0.5:
        manifest["suite"]["name"] = "vifb"
    else:
        scores.loc[rng.randrange(len(scores)), "suite"] = "vifb"


def _without_a_fact(rng, scores, manifest):
    del manifest[rng.choice(["suite", "signatures", "pairs", "pixels"])]


TAMPERINGS = [
    _value, _value, _value, _null, _swap, _drop_pair, _drop_value, _further_pair, _twice, _signature, _source_hash, _pixels,
    _suite_version, _suite_name, _without_a_fact,
]  # fmt: skip


def _problems(claim_folder, here, store):
    claim = read_claim(claim_folder, "Ours")
    return unsound(claim) or facts(claim, here) or compare(claim, store)[0]


def test_a_hundred_of_a_hundred_tampered_claims_are_found(sent, tmp_path):
    """Values, nulls, exchanges, pair lists, signatures, hashes and versions, each at a random place."""
    path, folder = sent
    request = Request(load_suite(str(path)), folder, fused=(("Ours", tmp_path / "Ours"),))
    here = Here.of(plan_run(request))
    text = (folder / "scores.csv").read_bytes(), (folder / "manifest.json").read_text()
    with RunStore.open(folder) as store:
        assert _problems(folder, here, store) == []
        found = 0
        for number in range(100):
            rng = random.Random(number)
            scores, manifest = read_scores(folder / "scores.csv"), json.loads(text[1])
            cut = TAMPERINGS[number % len(TAMPERINGS)](rng, scores, manifest)
            scores = scores.copy() if cut is None else cut.copy()
            scores["value"] = ["n/a" if v != v else repr(v) for v in scores["value"].tolist()]
            scores.to_csv(folder / "scores.csv", index=False)
            (folder / "manifest.json").write_text(json.dumps(manifest))
            found += bool(_problems(folder, here, store))
            (folder / "scores.csv").write_bytes(text[0])
            (folder / "manifest.json").write_text(text[1])
    assert found == 100


@pytest.mark.parametrize("how", ["one pixel", "another pair's"])
def test_an_image_that_was_exchanged_is_found(sent, tmp_path, how):
    suite, folder = sent
    file = next((folder / "fused").rglob("p3.png"))
    image = read_image(file).copy()
    if how == "one pixel":
        image[5, 5] ^= 1
    else:
        image = read_image(file.with_name("p1.png"))
    write_image(file, image)
    result = add(suite, folder, tmp_path)
    assert result.code == 1
    assert "manifest.json states other fused pixels" in result.err


def test_a_claim_cannot_reach_files_or_code_of_its_own(sent, tmp_path):
    suite, folder = sent
    scores = (folder / "scores.csv").read_text().replace(",p1,", ",../../p1,")
    (folder / "scores.csv").write_text(scores)
    result = add(suite, folder, tmp_path)
    assert (result.code, "../../p1 is no pair of suite mine here" in result.err) == (1, True)
    assert not (tmp_path / "runs").exists()


# ---- a sample


def test_a_sample_is_scored_and_the_rest_is_marked_as_sent(sent, tmp_path):
    suite, folder = sent
    result = add(suite, folder, tmp_path, "--sample", 1, "--seed", 5)
    assert (result.code, result.err.count("differs")) == (0, 0)
    assert "Ours: 1 pairs scored (drawn with seed 5), 2 of 8 claimed values compared" in result.out
    assert "with a chance of 0.25" in result.out
    with RunStore.open(tmp_path / "runs" / "mine-Ours") as store:
        assert "One changed value is found so with a chance of 0.25" in store.meta["submission"]["Ours"]
        assert len(store.scores()) == 8
        assert sorted(store.cells()["fused"].isna()) == [False, True, True, True]
    verified = run(
        suite, tmp_path / "runs" / "mine-Ours", "--fused", f"Ours={tmp_path / 'Ours'}", "--verify", "all"
    )
    assert verified.err.count("taken as they were sent") == 3
    assert call("leaderboard", tmp_path / "runs", "-o", tmp_path / "site").code == 0
    assert "values as sent" in (tmp_path / "site" / "fusers" / "Ours.html").read_text("utf-8")
    assert "checked on a sample: Ours." in (tmp_path / "site" / "index.html").read_text("utf-8")
    assert call("report", tmp_path / "runs" / "mine-Ours").code == 0


def test_the_sample_finds_a_changed_value_of_its_pairs_and_needs_their_images(sent, tmp_path):
    suite, folder = sent
    scores = pd.read_csv(folder / "scores.csv", dtype=str)
    scores.loc[0, "value"] = "1.5"  # of p1
    scores.to_csv(folder / "scores.csv", index=False)
    refused = [add(suite, folder, tmp_path, "--sample", 1, "--seed", seed).code for seed in range(12)]
    drawn = [min(range(4), key=lambda i: draw(seed, "pairs", f"p{i + 1}")) for seed in range(12)]
    assert refused == [int(pair == 0) for pair in drawn]
    assert 0 < sum(refused) < 12
    seed = drawn.index(1)
    next((folder / "fused").rglob("p2.png")).unlink()
    result = add(suite, folder, tmp_path, "--sample", 1, "--seed", seed)
    assert result.code == 1
    assert "pairs/p2: EN@tang2022 has a value, and there is no image that it could be of" in result.err


def test_a_sample_needs_claims_and_a_seed_a_sample(sent, tmp_path):
    suite, folder = sent
    assert "a sample needs values" in add(suite, tmp_path / "Ours", tmp_path, "--sample", 2).err
    assert "--seed is of --sample" in add(suite, folder, tmp_path, "--seed", 2).err


def test_a_value_sent_for_what_has_none_is_refused(pairs, tmp_path):
    """Fused equals both sources: PSNR is infinite, and no number can be claimed for it."""
    suite = pairs({"p1": (const(100), const(100))}, '["PSNR@textbook"]')
    save(tmp_path / "Ours" / "p1.png", const(100))
    assert run(suite, tmp_path / "sent", "--fused", f"Ours={tmp_path / 'Ours'}").code == 0
    assert add(suite, tmp_path / "sent", tmp_path).code == 0
    scores = read_scores(tmp_path / "sent" / "scores.csv").assign(value="99.5")
    scores.to_csv(tmp_path / "sent" / "scores.csv", index=False)
    result = add(suite, tmp_path / "sent", tmp_path)
    assert result.code == 1
    assert "pairs/p1: PSNR@textbook is None here and was sent as 99.5" in result.err
