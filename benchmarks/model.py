"""Time TC-MoA's forward pass beside a straightforward one and beside its bare matrix products.

    python -m benchmarks.model --size base --side 448 --repeats 3
    python -m benchmarks.model --device cuda --size large --height 512 --width 640 --variants lean,bfloat16,compiled
    python -m benchmarks.model --training paper --device cuda --batch 3

`--training RECIPE` times updates of a recipe on random crops instead: what a training costs without its data.
`benchmarks/gpu.sh` runs what is to be known of a GPU.

On the CPU figures are CPU seconds of this process (a shared machine stretches wall time), on CUDA wall seconds.
Variants alternate within each repeat; the ratio is the median over repeats of this run. Weights and gates are
random: timings do not depend on them, differences in grey levels do.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import platform
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks import tcmoa_reference
from tcmoa_bench.tcmoa.config import PRECISIONS, SIZES
from tcmoa_bench.tcmoa.model import TCMoA
from tcmoa_bench.tcmoa.precision import autocast, short_products
from tcmoa_bench.tcmoa.train.config import TrainRecipe, load_recipe
from tcmoa_bench.tcmoa.train.data import Batch
from tcmoa_bench.tcmoa.train.loop import Trainer

Forward = Callable[[Tensor, Tensor], Tensor]
Result = TypeVar("Result")


def make_model(size: str, device: torch.device) -> TCMoA:
    """A network with random weights and gates."""
    torch.manual_seed(0)
    model = TCMoA(SIZES[size])
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("w_gate"):
                parameter.normal_(std=0.5)
    return model.eval().to(device)


def make_variant(name: str, model: TCMoA) -> Forward:
    """A forward pass by name; ValueError for an unknown one."""
    device = next(model.parameters()).device.type
    if name == "reference":
        return lambda x, t: tcmoa_reference.forward(model, x, t, 0)
    if name == "lean":
        return lambda x, t: model(x, t, 0).fused
    if name.startswith("windows"):
        chunked = copy.copy(model)
        chunked.window_batch = int(name.removeprefix("windows"))
        return lambda x, t: chunked(x, t, 0).fused
    if name.startswith("compiled"):
        # compiled, or compiled-bfloat16 and the like
        precision = name.partition("-")[2] or "float32"
        return in_precision(precision, torch.compile(model), device)
    if name in PRECISIONS:
        return in_precision(name, model, device)
    if name == "channels_last":
        turned = copy.deepcopy(model).to(memory_format=torch.channels_last)
        last = torch.channels_last
        return lambda x, t: turned(x.to(memory_format=last), t.to(memory_format=last), 0).fused
    if name == "int8":
        from torch.ao.quantization import quantize_dynamic

        # The dense adapters read their experts' weights directly, so only the transformer is quantised.
        blocks = {
            n
            for n, m in model.named_modules()
            if isinstance(m, nn.Linear) and (".attn." in n or ".mlp." in n)
        }
        quantised = quantize_dynamic(copy.deepcopy(model), blocks, dtype=torch.qint8)
        return lambda x, t: quantised(x, t, 0).fused
    raise ValueError(f"unknown variant {name}")


def in_precision(precision: str, model: nn.Module, device: str) -> Forward:
    """A forward pass in one of `config.PRECISIONS`."""

    def forward(x: Tensor, t: Tensor) -> Tensor:
        with short_products(precision), autocast(torch.device(device), precision):
            return model(x, t, 0).fused

    return forward


def training_seconds(
    recipe: TrainRecipe, batch: int, repeats: int, device: torch.device
) -> tuple[float, float | None]:
    """Median seconds of one update of each task at the recipe's crop, and the peak of GPU memory in MiB."""
    recipe = replace(recipe, batch=batch, batch_per_process=0, epochs=0, init="")
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(recipe, [], Path(folder), str(device))
    rng = np.random.default_rng(0)
    shape = (2, batch, 3, recipe.data.crop, recipe.data.crop)
    batches = [Batch(task, (), rng.integers(0, 256, shape, dtype=np.uint8)) for task in range(3)]
    times = []
    for repeat in range(repeats + 1):
        for step, crops in enumerate(batches):
            spent, _ = timed(lambda step=step, crops=crops: trainer.update(step, crops), device)
            times += [spent] if repeat else []  # the first round warms up
    peak = torch.cuda.max_memory_allocated() / 2**20 if device.type == "cuda" else None
    return statistics.median(times), peak


def product_shapes(model: TCMoA, x: Tensor, t: Tensor) -> Counter[tuple[int, int, int, int]]:
    """(batch, rows, inner, columns) of every matrix product in a lean forward pass, with their counts."""
    shapes: Counter[tuple[int, int, int, int]] = Counter()

    def linear(module: nn.Linear, inputs: tuple[Tensor], _: object) -> None:
        shapes[1, inputs[0].numel() // module.in_features, module.in_features, module.out_features] += 1

    def convolution(module: nn.Conv2d, _: object, output: Tensor) -> None:
        inner = module.weight[0].numel()
        shapes[1, output.numel() // module.out_channels, inner, module.out_channels] += 1

    def attention(module: nn.Module, inputs: tuple[Tensor], _: object) -> None:
        windows, tokens, width = inputs[0].shape
        batch, head = windows * module.num_heads, width // module.num_heads
        shapes[batch, tokens, head, tokens] += 1
        shapes[batch, tokens, tokens, head] += 1

    hooks = []
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear):
            hooks.append(module.register_forward_hook(linear))
        elif isinstance(module, nn.Conv2d):
            hooks.append(module.register_forward_hook(convolution))
        elif name.endswith(".attn"):
            hooks.append(module.register_forward_hook(attention))
    model(x, t, 0)
    for hook in hooks:
        hook.remove()
    return shapes


def floor_of(shapes: Counter[tuple[int, int, int, int]], device: torch.device) -> Forward:
    """The bare products, on operands made beforehand."""
    operands = {
        s: (torch.randn(s[0], s[1], s[2], device=device), torch.randn(s[0], s[2], s[3], device=device))
        for s in shapes
    }

    def run(x: Tensor, t: Tensor) -> Tensor:
        for shape, count in shapes.items():
            left, right = operands[shape]
            for _ in range(count):
                torch.bmm(left, right) if shape[0] > 1 else torch.mm(left[0], right[0])
        return x

    return run


def seconds(forward: Forward, x: Tensor, t: Tensor) -> tuple[float, Tensor]:
    """Time of one call and its output."""
    return timed(lambda: forward(x, t), x.device)


def timed(work: Callable[[], Result], device: torch.device) -> tuple[float, Result]:
    """Time of some work and what it gives: wall seconds on CUDA, CPU seconds of this process else."""
    if device.type == "cuda":
        torch.cuda.synchronize()
        start = time.perf_counter()
        output = work()
        torch.cuda.synchronize()
        return time.perf_counter() - start, output
    start = time.process_time()
    output = work()
    return time.process_time() - start, output


def measure(
    size: str, height: int, width: int, variants: list[str], repeats: int, device: torch.device
) -> list[dict]:
    """Rows of the table: variant, median seconds, ratio to the reference, difference in grey levels, memory."""
    model = make_model(size, device)
    generator = torch.Generator().manual_seed(1)
    x, t = (
        model.normalise(torch.rand(1, 3, height, width, generator=generator).to(device)) for _ in range(2)
    )
    with torch.inference_mode():
        forwards = {name: make_variant(name, model) for name in variants}
        forwards["floor"] = floor_of(product_shapes(model, x, t), device)
        outputs = {name: seconds(forward, x, t)[1] for name, forward in forwards.items()}  # warm-up, compiles
        times: dict[str, list[float]] = {name: [] for name in forwards}
        peaks: dict[str, float] = {}
        for _ in range(repeats):
            for name, forward in forwards.items():
                if device.type == "cuda":
                    torch.cuda.reset_peak_memory_stats()
                times[name].append(seconds(forward, x, t)[0])
                if device.type == "cuda":
                    peaks[name] = torch.cuda.max_memory_allocated() / 2**20
    first = next(iter(forwards))
    rows = []
    for name, values in times.items():
        ratios = [a / b for a, b in zip(times[first], values, strict=True)]
        difference = 255 * (outputs[name] - outputs[first]).abs() if name != "floor" else None
        rows.append(
            {
                "variant": name,
                "seconds": statistics.median(values),
                "pictures/s": 1 / statistics.median(values),
                f"times as fast as {first}": statistics.median(ratios),
                "over the floor": statistics.median(
                    a / b for a, b in zip(values, times["floor"], strict=True)
                ),
                "largest difference": None if difference is None else float(difference.max()),
                "mean difference": None if difference is None else float(difference.mean()),
                "peak MiB": peaks.get(name),
            }
        )
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=list(SIZES), default="base")
    parser.add_argument("--side", type=int, default=448, help="height and width")
    parser.add_argument("--height", type=int)
    parser.add_argument("--width", type=int)
    parser.add_argument(
        "--variants",
        default="reference,lean",
        help="reference, lean, windowsN, tf32, bfloat16, float16, compiled, compiled-bfloat16, channels_last, int8",
    )
    parser.add_argument("--training", metavar="RECIPE", help="time this recipe's updates instead")
    parser.add_argument("--batch", type=int, default=3, help="pairs of an update, with --training")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    if options.training:
        spent, peak = training_seconds(load_recipe(options.training), options.batch, options.repeats, device)
        memory = "" if peak is None else f", peak {peak:.0f} MiB"
        print(f"{options.training}, batch {options.batch}: {spent:.4f} s an update of one task{memory}")
        return
    multiple = SIZES[options.size].multiple
    height, width = (
        -(-(given or options.side) // multiple) * multiple for given in (options.height, options.width)
    )
    rows = measure(options.size, height, width, options.variants.split(","), options.repeats, device)
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    card = (
        torch.cuda.get_device_name(device)
        if device.type == "cuda"
        else platform.processor() or platform.machine()
    )
    print(
        f"{options.size}, {height}x{width}, {options.device} ({card}), torch {torch.__version__}, {options.threads} threads"
    )
    print(f"{'variant':12}" + "".join(f"{key:>24}" for key in list(rows[0])[1:]))
    for row in rows:
        cells = ("-" if value is None else f"{value:.3g}" for value in list(row.values())[1:])
        print(f"{row['variant']:12}" + "".join(f"{cell:>24}" for cell in cells))


if __name__ == "__main__":
    main()
