"""Prompt maps of a run: written where the figure and the report look for them."""

from __future__ import annotations

import json

import numpy as np

from tests.commands import call
from tests.run import runs


def test_a_run_leaves_each_pairs_prompt_maps_for_the_figure(pairs, tmp_path):
    random = np.random.default_rng(3)
    images = {
        name: tuple(random.integers(0, 256, (64, 64), dtype=np.uint8) for _ in range(2))
        for name in ("p1", "p2")
    }
    suite = pairs(images, extra='fusers = ["tcmoa-tiny"]')
    out = tmp_path / "out"
    assert (
        call("figure", runs.run(suite, out) and out, "--kind", "prompts", "-o", tmp_path / "f.png").code == 2
    )
    assert runs.run(suite, out, "--option", f"prompts={out}/prompts").code == 0
    folders = [out / "prompts" / "pairs" / name for name in images]
    statistics = [json.loads((folder / "statistics.json").read_text()) for folder in folders]
    assert statistics[0] != statistics[1]
    assert all((folder / "gains_a.png").is_file() for folder in folders)
    drawn = call("figure", out, "--kind", "prompts", "--pairs", "p1,p2", "-o", tmp_path / "f.png")
    assert (drawn.code, (tmp_path / "f.png").is_file()) == (0, True), drawn.err
