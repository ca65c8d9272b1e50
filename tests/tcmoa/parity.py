"""Compare this project's TC-MoA with tensors recorded from the official code.

    python -m tests.tcmoa.parity FILE.npz...

prints the worst difference by kind for every model file and exits 1 where one exceeds its tolerance.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

from tcmoa_bench.tcmoa.adapters import BiMixtureOfAdapters, MixtureOfExperts
from tcmoa_bench.tcmoa.config import TCMoAConfig
from tcmoa_bench.tcmoa.model import Output, TCMoA
from tcmoa_bench.tcmoa.train.config import LossRecipe
from tcmoa_bench.tcmoa.train.objective import task_loss

TENSOR_ATOL = 1e-5
LOSS_RTOL = 1e-5
GRADIENT_LOSS_RTOL = 5e-4
GRADIENT_RTOL = 1e-4
LAYERS = (
    "embed_dim",
    "depth",
    "num_heads",
    "decoder_embed_dim",
    "decoder_depth",
    "decoder_num_heads",
    "upsample",
)


def config_of(spec: dict) -> TCMoAConfig:
    """Configuration of a golden file's `meta_json.spec`."""
    return TCMoAConfig(
        **{k: spec[k] for k in LAYERS}, tau=spec["interval_tau"], tau_shift=spec["tau_shift_value"]
    )


def load_golden(path: Path) -> tuple[TCMoA, dict[str, np.ndarray], dict]:
    """Model with the recorded weights and source encodings, the file's arrays, its description."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {k: file[k] for k in file.files}
    meta = json.loads(str(arrays["meta_json"]))
    model = TCMoA(config_of(meta["spec"]))
    state = {
        k.removeprefix("state/"): torch.from_numpy(v) for k, v in arrays.items() if k.startswith("state/")
    }
    model.load_state_dict(state, strict=True)
    for name, module in model.named_modules():
        if isinstance(module, BiMixtureOfAdapters):
            rows = [torch.from_numpy(arrays[f"modal_shifts/{name}/{i}"]) for i in range(6)]
            module.modal_shifts.copy_(torch.stack(rows))
    return model, arrays, meta


class Differences:
    """Worst difference by kind, each beside its tolerance."""

    def __init__(self) -> None:
        self.worst: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))

    def add(self, kind: str, got: object, want: object, tolerance: float, relative: bool = False) -> None:
        """Record the largest absolute (or relative to the largest wanted value) difference."""
        got, want = np.asarray(got, np.float64), np.asarray(want, np.float64)
        if got.shape != want.shape:
            raise AssertionError(f"{kind}: shape {got.shape}, recorded {want.shape}")
        scale = max(float(np.abs(want).max()), 1e-12) if relative else 1.0
        difference = float(np.abs(got - want).max()) / scale
        self.worst[kind] = (max(self.worst[kind][0], difference), tolerance)

    @property
    def failed(self) -> dict[str, tuple[float, float]]:
        """Kinds whose worst difference exceeds the tolerance."""
        return {k: v for k, v in self.worst.items() if not v[0] <= v[1]}


def loss_terms(model: TCMoA, out: Output, x: torch.Tensor, t: torch.Tensor, task: int, epoch: int) -> dict:
    """The loss as the later official code computes it."""
    a, b = model.recover(x), model.recover(t)
    return task_loss(out.fused, a, b, out.prompts, out.balance, task, LossRecipe(), epoch)


def compare_losses(found: Differences, terms: dict, arrays: dict, prefix: str) -> None:
    """Compare every recorded loss term under `prefix`."""
    for key in [k for k in arrays if k.startswith(f"{prefix}/") and arrays[k].ndim == 0]:
        name = key.rsplit("/", 1)[1]
        loose = "max_grad_loss" in terms and name in ("loss", "max_grad_loss")
        value = terms[name].detach().double().numpy()
        kind = "loss terms with the gradient loss" if loose else "loss terms"
        found.add(kind, value, arrays[key], GRADIENT_LOSS_RTOL if loose else LOSS_RTOL, relative=True)


def compare_eval(found: Differences, model: TCMoA, arrays: dict, x: torch.Tensor, t: torch.Tensor) -> None:
    """Predictions, prompts, encoder outputs and losses in evaluation mode, all tasks."""
    model.eval()
    for task in range(3):
        with torch.no_grad():
            out = model(x, t, task, want_raw=True, want_encoded=True)
            lean = model(x, t, task)
        prefix = f"eval/t{task}"
        pred = out.fused.numpy()
        found.add(
            "predictions, with and without the whole decoder image", lean.fused.numpy(), pred, TENSOR_ATOL
        )
        if f"{prefix}/pred" in arrays:
            found.add("predictions", pred, arrays[f"{prefix}/pred"], TENSOR_ATOL)
        if f"{prefix}/pred_sub2" in arrays:
            found.add("predictions", pred[..., ::2, ::2], arrays[f"{prefix}/pred_sub2"], TENSOR_ATOL)
        if f"{prefix}/raw_sub2" in arrays:
            found.add(
                "raw decoder output",
                out.raw.numpy()[:1, :, ::2, ::2],
                arrays[f"{prefix}/raw_sub2"],
                TENSOR_ATOL,
            )
        for stream, value in zip("xt", out.encoded, strict=True):
            if f"{prefix}/enc_{stream}" in arrays:
                found.add("encoder outputs", value.numpy(), arrays[f"{prefix}/enc_{stream}"], TENSOR_ATOL)
        p = out.prompts
        for name, layers in (
            ("en_a", p.encoder_x),
            ("en_b", p.encoder_t),
            ("de_a", p.decoder_x),
            ("de_b", p.decoder_t),
        ):
            found.add("prompts", torch.stack(layers).numpy(), arrays[f"{prefix}/prompt_{name}"], TENSOR_ATOL)
        for epoch in (0, 5):
            compare_losses(found, loss_terms(model, out, x, t, task, epoch), arrays, f"{prefix}/e{epoch}")


def compare_train(
    found: Differences, model: TCMoA, arrays: dict, meta: dict, x: torch.Tensor, t: torch.Tensor
) -> None:
    """Losses and gradients in training mode, with the recorded gating noise, all tasks."""
    model.train()
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(not name.startswith(tuple(meta["frozen_prefixes"])))
    shifts = {n: m.modal_shifts for n, m in model.named_modules() if isinstance(m, BiMixtureOfAdapters)}
    names = [str(n) for n in arrays["train/grad_names"]]
    parameters = dict(model.named_parameters())
    for task in range(3):
        for epoch in (0, 5):
            prefix = f"train/t{task}/e{epoch}"
            noise = iter(range(1000))

            def draw(like: torch.Tensor, task: int = task, noise: object = noise) -> torch.Tensor:
                return torch.from_numpy(arrays[f"train/t{task}/noise/{next(noise)}"])

            for module in model.modules():
                if isinstance(module, MixtureOfExperts):
                    module.draw_noise = draw
            model.zero_grad()
            for shift in shifts.values():
                shift.requires_grad_(True)
                shift.grad = None
            terms = loss_terms(model, model(x, t, task), x, t, task, epoch)
            terms["loss"].backward()
            compare_losses(found, terms, arrays, prefix)
            norms = [float(parameters[n].grad.norm()) for n in names]
            found.add("gradient norms", norms, arrays[f"{prefix}/grad_norms"], GRADIENT_RTOL, relative=True)
            for name, shift in shifts.items():
                got = shift.grad.norm(dim=1).numpy()
                want = arrays[f"{prefix}/shift_grad_norms/{name}"]
                found.add("source encodings' gradient norms", got, want, GRADIENT_RTOL, relative=True)
            for key in [k for k in arrays if k.startswith(f"{prefix}/grad/")]:
                got = parameters[key.removeprefix(f"{prefix}/grad/")].grad.numpy()
                found.add("gradients", got, arrays[key], GRADIENT_RTOL, relative=True)


def compare(path: Path) -> Differences:
    """Compare everything that one model file holds."""
    model, arrays, meta = load_golden(path)
    found = Differences()
    x, t = (model.normalise(torch.from_numpy(arrays[f"in/img_{s}_u8"]).float() / 255) for s in "ab")
    compare_eval(found, model, arrays, x, t)
    if meta["spec"]["train"]:
        compare_train(found, model, arrays, meta, x, t)
    return found


def main(paths: list[str]) -> int:
    """Print a table for each file; 1 where a difference exceeds its tolerance."""
    failed = False
    for path in paths:
        found = compare(Path(path))
        print(Path(path).name)
        for kind, (difference, tolerance) in found.worst.items():
            verdict = "ok" if kind not in found.failed else "FAIL"
            print(f"  {verdict:4} {difference:9.2e} (<= {tolerance:.0e})  {kind}")
        failed = failed or bool(found.failed)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
