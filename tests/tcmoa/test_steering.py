"""What the shipped network's alpha and beta do to drawn pairs (`benchmarks.steering` measures real ones)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.steering import ALPHAS, BETAS, Response, choice, lean, respond, rises, table
from tcmoa_bench.tcmoa.adapters import PromptControl
from tcmoa_bench.tcmoa.checkpoint import load_model
from tcmoa_bench.tcmoa.pipeline import FuseOptions, Pipeline
from tcmoa_bench.tcmoa.records import shipped_weights
from tcmoa_bench.types import Task
from tests.tcmoa.scenes import TASKS, scene_pair


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(load_model(shipped_weights()), FuseOptions(fit="pad"))


@pytest.mark.parametrize("task", TASKS)
def test_beta_leans_to_the_named_source_and_alpha_chooses(pipeline: Pipeline, task: Task) -> None:
    pair = scene_pair(task)
    response = respond(pipeline, *pair, task)
    assert response.obeys_beta, response
    assert response.leans[-1] - response.leans[0] > 0.5
    if task is Task.VIF:
        assert response.obeys_alpha, response
    # The drawn exposures are nearly multiples of each other: only the gains tell which of them a picture is made of;
    # near and far are chosen to the end at alpha 1 already.
    unequal = []
    for alpha in ALPHAS:
        steered = Pipeline(pipeline.model, FuseOptions(fit="pad", control=PromptControl(alpha=alpha)))
        prompts = steered.fuse(*pair, task).prompts
        assert prompts is not None
        assert prompts.gains is not None
        x, t = prompts.gains.x, prompts.gains.t
        unequal.append(float(((x - t).abs() / (x + t)).mean()))
    assert unequal[0] < 1e-5
    assert unequal[0] + 0.1 < unequal[1] < unequal[2]


def test_the_fuser_steers_as_the_benchmark_does(pipeline: Pipeline) -> None:
    a, b = scene_pair(Task.MEF)
    steered = Pipeline(pipeline.model, FuseOptions(fit="pad", control=PromptControl(beta=0.3)))
    response = respond(pipeline, a, b, Task.MEF)
    assert lean(steered.fuse(a, b, Task.MEF).image, b, a) == pytest.approx(response.leans[-1], abs=1e-4)


def test_lean_and_choice_of_known_pictures() -> None:
    rng = np.random.default_rng(0)
    first, second = (rng.integers(0, 128, (64, 80, 3), dtype=np.uint8) for _ in range(2))
    mean = ((first.astype(int) + second) // 2).astype(np.uint8)
    assert (lean(first, first, second), lean(second, first, second)) == (1, -1)
    assert abs(lean(mean, first, second)) < 0.02
    assert choice(first, first, second) > 0.95
    assert choice(mean, first, second) < 0.05


def test_the_table_counts_the_pairs_that_obey() -> None:
    assert rises((0.1, 0.2, 0.3))
    assert not rises((0.1, 0.2, 0.2))
    rising = Response(tuple(np.arange(len(BETAS)) / 10), tuple(np.arange(len(ALPHAS)) / 10), 0.5)
    text = table({"VIF": [rising, replace(rising, choices=(0.5,) * len(ALPHAS))]})
    assert all(f"beta {beta:g}" in text for beta in BETAS)
    lines = [line for line in text.splitlines() if line.startswith("| VIF")]
    assert [line.split("|")[-2].strip() for line in lines] == ["2", "1"]
