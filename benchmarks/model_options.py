"""What each option of TC-MoA changes on real pairs: the tables of docs/model.md.

    python -m benchmarks.model_options --data DIR --pairs 6

Each variant fuses the same pairs; printed are the mean scores, and how far its pictures lie from those of the
default, in grey levels. `--weights FILE` takes another checkpoint than the shipped one.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch

from tcmoa_bench.datasets import load
from tcmoa_bench.metrics import score
from tcmoa_bench.tcmoa.checkpoint import load_model
from tcmoa_bench.tcmoa.pipeline import FuseOptions, Pipeline
from tcmoa_bench.tcmoa.prompts import mean_statistics, prompt_maps
from tcmoa_bench.tcmoa.records import shipped_weights
from tcmoa_bench.types import Pair

DATASETS = ("vifb", "mefb", "mfif")
METRICS = ("Qabf@textbook", "EN@tang2023", "SD@tang2023")
#: Label, changes of the pipeline's options, changes of the network's.
VARIANTS: tuple[tuple[str, dict, dict], ...] = (
    ("default", {}, {}),
    ("save official", {"save": "official"}, {}),
    ("phases 2", {"phases": 2}, {}),
    ("phases 4", {"phases": 4}, {}),
    ("fit resize", {"fit": "resize"}, {}),
    ("not smoothed", {}, {"gain_sigma": 0.0}),
    ("no shift mask", {}, {"shift_mask": False}),
    ("dead stream kept", {}, {"drop_dead_stream": False}),
    ("tiles", {"mode": "tiles", "tile": 256}, {}),
    ("blend", {"mode": "blend", "tile": 256, "overlap": 64}, {}),
    ("colour luma", {"colour": "luma"}, {}),
)


def measure(pairs: list[Pair], weights: Path) -> None:
    """Print the table of one dataset."""
    reference: dict[str, np.ndarray] = {}
    print(
        f"{'variant':18}" + "".join(f"{name:>16}" for name in METRICS) + f"{'mean change':>14}{'largest':>10}"
    )
    for label, options, network in VARIANTS:
        model = load_model(weights)
        model.config = replace(model.config, **network)
        pipeline = Pipeline(model, FuseOptions(**{"fit": "pad", "mode": "whole", **options}))
        scores, changes, largest, polarisation = [], [], 0.0, []
        for pair in pairs:
            a, b = pair.load()
            fusion = pipeline.fuse(a, b, pair.task)
            scores.append([s.value for s in score(a, b, fusion.image, list(METRICS)).values()])
            change = np.abs(fusion.image.astype(float) - reference.setdefault(pair.name, fusion.image))
            changes.append(change.mean())
            largest = max(largest, float(change.max()))
            if fusion.prompts is not None:
                polarisation.append(mean_statistics(prompt_maps(fusion.prompts, pair.task)))
        means = np.mean(scores, axis=0)
        print(
            f"{label:18}" + "".join(f"{m:16.4f}" for m in means) + f"{np.mean(changes):14.3f}{largest:10.0f}",
            flush=True,
        )
        if label == "default":
            statistics = {k: float(np.mean([row[k] for row in polarisation])) for k in polarisation[0]}
            print("  prompts: " + ", ".join(f"{k} {v:.3f}" for k, v in statistics.items()), flush=True)


def main() -> None:
    """Measure every dataset."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=os.environ.get("TCMOA_BENCH_DATA"), help="data root")
    parser.add_argument("--pairs", type=int, default=6, help="pairs of each dataset, evenly spread")
    parser.add_argument("--weights", type=Path, default=shipped_weights())
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for name in DATASETS:
        pairs = list(load(name, options.data))
        chosen = [pairs[i * len(pairs) // options.pairs] for i in range(min(options.pairs, len(pairs)))]
        print(f"{name}: {', '.join(pair.name for pair in chosen)}")
        measure(chosen, options.weights)


if __name__ == "__main__":
    main()
