"""Whether alpha and beta do what the paper's equation 8 says, pair by pair: the table of docs/notes/tcmoa-tiny.md.

    python -m benchmarks.steering --data DIR --pairs 32

For each task it fuses evenly spread test pairs under every beta (alpha 1) and every alpha (beta 0), and prints means:
- lean: (mean |F - second| - mean |F - first|) / mean |first - second|, the picture's nearness to the source that a
  positive beta names (visible, over-exposed, far);
- choice: by least squares of the picture on both sources in blocks of 16 pixels, how far their weights lie apart over
  their sum, 0 where both count alike; blocks count as the area that both sources' detail spans, so those where
  one source's detail is a multiple of the other's, which cannot tell them apart, do not;
and on how many pairs each rises at every step. The network runs once a pair: what is steered is its gains.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from numpy.typing import NDArray

from tcmoa_bench.datasets import load
from tcmoa_bench.gray import gray_double
from tcmoa_bench.metrics import score
from tcmoa_bench.tcmoa.checkpoint import load_model
from tcmoa_bench.tcmoa.colour import as_rgb
from tcmoa_bench.tcmoa.config import SWAPPED_TASKS
from tcmoa_bench.tcmoa.pipeline import FuseOptions, Pipeline, fit, to_bytes
from tcmoa_bench.tcmoa.records import shipped_weights
from tcmoa_bench.types import Image, Pair, Task

SETS = {"VIF": ("vifb", "tno"), "MEF": ("mefb",), "MFF": ("mfif",)}
ALPHAS = (0.0, 1.0, 3.0)
BETAS = (-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3)
BLOCK = 16
#: Against the division of nothing by nothing in blocks where both sources are flat (squared grey levels).
RIDGE = 1.0


def lean(fused: Image, first: Image, second: Image) -> float:
    """Nearness to the first source over that to the second, -1 (the second itself) to 1 (the first itself)."""
    f, x, t = (gray_double(image) for image in (fused, first, second))
    return float((np.abs(f - t).mean() - np.abs(f - x).mean()) / np.abs(x - t).mean())


def choice(fused: Image, first: Image, second: Image) -> float:
    """How unequally the picture weighs the sources' detail: 0 alike everywhere, 1 one alone (see the module)."""
    f, x, t = (_details(gray_double(image)) for image in (fused, first, second))
    xx, tt, xt, fx, ft = ((p * q).sum(1) for p, q in ((x, x), (t, t), (x, t), (f, x), (f, t)))
    determinant = (xx + RIDGE) * (tt + RIDGE) - xt * xt
    weight_x = (fx * (tt + RIDGE) - ft * xt) / determinant
    weight_t = (ft * (xx + RIDGE) - fx * xt) / determinant
    count = np.sqrt((xx * tt - xt * xt).clip(0))
    apart, together = np.abs(weight_x - weight_t), np.abs(weight_x) + np.abs(weight_t)
    return float((apart * count).sum() / (together * count).sum())


def _details(gray: NDArray[np.float64]) -> NDArray[np.float64]:
    """Blocks, one a row, without their means."""
    height, width = (side // BLOCK * BLOCK for side in gray.shape)
    cells = gray[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    rows = cells.swapaxes(1, 2).reshape(-1, BLOCK * BLOCK)
    return rows - rows.mean(1, keepdims=True)


@dataclass(frozen=True)
class Response:
    """One pair under every beta and every alpha.

    Attributes:
        leans: `lean` for each beta.
        choices: `choice` for each alpha.
        qabf: Qabf@textbook without steering.
    """

    leans: tuple[float, ...]
    choices: tuple[float, ...]
    qabf: float

    @property
    def obeys_beta(self) -> bool:
        """Whether the picture comes nearer to the named source at every step."""
        return rises(self.leans)

    @property
    def obeys_alpha(self) -> bool:
        """Whether the picture chooses more at every step."""
        return rises(self.choices)


def rises(values: Iterable[float]) -> bool:
    """Whether each value is greater than the one before."""
    return bool((np.diff(list(values)) > 0).all())


def respond(pipeline: Pipeline, a: Image, b: Image, task: Task) -> Response:
    """Fuse one pair under every beta and every alpha."""
    first, second = (b, a) if task in SWAPPED_TASKS else (a, b)
    fusion = pipeline.fuse(a, b, task)
    assert fusion.prompts is not None
    trained = fusion.prompts.gains
    assert trained is not None, "a network without gains"
    sources = [
        torch.from_numpy(np.array(fit(as_rgb(image), pipeline.model.config.multiple, "pad")))
        .permute(2, 0, 1)[None]
        .float()
        / 255
        for image in (first, second)
    ]

    def fuse(alpha: float, beta: float) -> Image:
        values = trained.steered(alpha, beta).picture(*sources)[0].permute(1, 2, 0).numpy()
        return to_bytes(values[: a.shape[0], : a.shape[1]], "clip")

    leans = tuple(lean(fuse(1.0, beta), first, second) for beta in BETAS)
    choices = tuple(choice(fuse(alpha, 0.0), first, second) for alpha in ALPHAS)
    qabf = score(a, b, fusion.image, ["Qabf@textbook"])["Qabf@textbook"].value
    return Response(leans, choices, float("nan") if qabf is None else qabf)


def spread(pairs: Sequence[Pair], count: int) -> list[Pair]:
    """At most `count` pairs, evenly spread."""
    count = min(count, len(pairs))
    return [pairs[i * len(pairs) // count] for i in range(count)]


def table(rows: dict[str, list[Response]]) -> str:
    """Both tables as Markdown."""
    lines = []
    for kind, levels, name in (("leans", BETAS, "beta"), ("choices", ALPHAS, "alpha")):
        heads = [f"{name} {level:g}" for level in levels]
        lines += [
            f"| {kind[:-1]} | pairs | {' | '.join(heads)} | pairs that obey |",
            "|---" * (len(heads) + 3) + "|",
        ]
        for task, responses in rows.items():
            means = np.mean([getattr(response, kind) for response in responses], axis=0)
            obeyed = sum(getattr(response, f"obeys_{name}") for response in responses)
            cells = " | ".join(f"{mean:.3f}" for mean in means)
            lines.append(f"| {task} | {len(responses)} | {cells} | {obeyed} |")
        lines.append("")
    figures = ", ".join(
        f"{task} {np.mean([r.qabf for r in responses]):.4f}" for task, responses in rows.items()
    )
    return "\n".join([*lines, f"Qabf@textbook at alpha 1, beta 0: {figures}"])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=os.environ.get("TCMOA_BENCH_DATA"), help="data root")
    parser.add_argument(
        "--pairs", type=int, default=32, help="pairs of each task, evenly spread over its sets"
    )
    parser.add_argument("--tasks", default=",".join(SETS), help="some of the tasks, with commas")
    parser.add_argument("--weights", type=Path, default=shipped_weights())
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    pipeline = Pipeline(load_model(options.weights), FuseOptions(fit="pad", mode="whole"))
    rows: dict[str, list[Response]] = {}
    for task in options.tasks.split(","):
        pairs = spread([pair for name in SETS[task] for pair in load(name, options.data)], options.pairs)
        rows[task] = [respond(pipeline, *pair.load(), pair.task) for pair in pairs]
        for pair, response in zip(pairs, rows[task], strict=True):
            for name, obeyed in (("beta", response.obeys_beta), ("alpha", response.obeys_alpha)):
                if not obeyed:
                    print(f"{task} {pair.name} does not obey {name}: {response}", flush=True)
    print(table(rows))


if __name__ == "__main__":
    main()
