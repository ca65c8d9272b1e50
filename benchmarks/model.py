"""Time TC-MoA's forward pass beside a straightforward one and beside its bare matrix products.

    python -m benchmarks.model --size base --side 448 --repeats 3
    python -m benchmarks.model --device cuda --size large --height 512 --width 640 --variants lean,bfloat16,compiled

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
import time
from collections import Counter
from collections.abc import Callable

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from torch import Tensor, nn

from benchmarks import tcmoa_reference
from tcmoa_bench.tcmoa.config import SIZES
from tcmoa_bench.tcmoa.model import TCMoA

Forward = Callable[[Tensor, Tensor], Tensor]


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
    if name in ("bfloat16", "float16"):

        def cast(x: Tensor, t: Tensor) -> Tensor:
            with torch.autocast(device, getattr(torch, name)):
                return model(x, t, 0).fused

        return cast
    if name == "compiled":
        compiled = torch.compile(model)
        return lambda x, t: compiled(x, t, 0).fused
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
    if x.device.type == "cuda":
        torch.cuda.synchronize()
        start = time.perf_counter()
        output = forward(x, t)
        torch.cuda.synchronize()
        return time.perf_counter() - start, output
    start = time.process_time()
    output = forward(x, t)
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
        help="reference, lean, windowsN, bfloat16, float16, int8, compiled",
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    device = torch.device(options.device)
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
