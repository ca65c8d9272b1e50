"""The task-customised mixture of adapters: router, adapters, prompts, fusion layer.

Equations are the paper's (arXiv 2403.12494, section 3); where the official code differs, its arithmetic is
kept: adapters are mixed by a log-sum-exp, the prompt is one number a token and source.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn

from tcmoa_bench.tcmoa.config import TCMoAConfig

#: Gates at or below this are dropped, without renormalising the rest.
GATE_FLOOR = 1e-4
#: Stands for an exact zero before a logarithm (float64 epsilon).
LOG_FLOOR = torch.finfo(torch.float64).eps
NOISE_FLOOR = 0.1
LOAD_WEIGHT = 1e-3

#: Changes both prompts of a TC-MoA.
Steer = Callable[[tuple[Tensor, Tensor]], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class PromptControl:
    """Steering of the prompts by the paper's equation 8: p' = mu + alpha (p - mu) +/- beta.

    A single number steers what decides the picture: the gains where the network ends in them (`gains.Gains`), else
    every TC-MoA. A list has one number for each TC-MoA, encoder first, and one more for the gains.

    Attributes:
        alpha: Region level: how polarised the choice between the sources is (0: none, 1: as trained).
        beta: Image level: added to the first stream's prompt (visible, over-exposed, far) and taken from the
            second's.
        mu: Centre, 0.5 in the paper.
    """

    alpha: float | Sequence[float] = 1.0
    beta: float | Sequence[float] = 0.0
    mu: float = 0.5

    def __post_init__(self) -> None:
        for name in ("alpha", "beta"):
            value = getattr(self, name)
            if not all(map(math.isfinite, [value] if isinstance(value, (int, float)) else value)):
                raise ValueError(f"{name} {value} is not finite; it takes a number such as 1 or -0.3")

    def levels(self, layers: int, gains: bool) -> list[tuple[float, float]]:
        """Alpha and beta of each TC-MoA and, with `gains`, of the gains; ValueError for a list of another length."""
        places = layers + gains

        def spread(name: str, value: float | Sequence[float], neutral: float) -> Sequence[float]:
            if isinstance(value, (int, float)):
                return [neutral] * layers + [value] if gains else [value] * layers
            if len(value) != places:
                last = ", the last for its gains" if gains else ""
                raise ValueError(
                    f"{name} has {len(value)} values; this network of {layers} TC-MoA layers takes {places}{last}"
                )
            return value

        return list(zip(spread("alpha", self.alpha, 1.0), spread("beta", self.beta, 0.0), strict=True))

    def apply(self, prompts: tuple[Tensor, Tensor], alpha: float, beta: float) -> tuple[Tensor, Tensor]:
        """Both prompts of one TC-MoA, steered; the identity for alpha 1 and beta 0, to the bit."""
        if alpha == 1.0 and beta == 0.0:
            return prompts
        x, t = (self.mu + alpha * (prompt - self.mu) for prompt in prompts)
        return x + beta, t - beta


def squared_variation(values: Tensor) -> Tensor:
    """Squared coefficient of variation (unbiased variance over squared mean), a measure of imbalance."""
    return values.var() / (values.mean() ** 2 + 1e-10)


def sum_over_processes(values: Tensor) -> Tensor:
    """Sum over the processes of a distributed training, with gradients; the values themselves without one."""
    if dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1:
        from torch.distributed.nn.functional import all_reduce

        return all_reduce(values)
    return values


class Adapter(nn.Module):
    """One adapter: linear, ReLU, linear.

    Args:
        width: Input and output width.
        hidden: Hidden width.
    """

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)


class MixtureOfExperts(nn.Module):
    """Adapters shared by the tasks, and one router for each task (noisy top-k gating, Shazeer et al. 2017).

    All adapters are computed densely as two matrix products: they are so small that sending tokens to the
    chosen ones costs more than it saves.

    Args:
        width: Token width.
        hidden: Hidden width of an adapter.
        experts: Number of adapters.
        tasks: Number of routers.
        top_k: Adapters that a token uses.
        shared: One bank of adapters for all tasks, or one for each.
    """

    def __init__(
        self, width: int, hidden: int, experts: int, tasks: int, top_k: int, shared: bool = True
    ) -> None:
        super().__init__()
        self.top_k, self.count, self.shared = top_k, experts, shared
        self.w_gate = nn.Parameter(torch.zeros(tasks, width, experts))
        self.w_noise = nn.Parameter(torch.zeros(tasks, width, experts))
        # Mean and deviation of the gating noise: part of the official state dict.
        self.register_buffer("mean", torch.zeros(1))
        self.register_buffer("std", torch.ones(1))
        self.experts = nn.ModuleList(
            Adapter(width, hidden) for _ in range(experts * (1 if shared else tasks))
        )
        #: Draws the standard-normal gating noise `(tokens, experts)` in training; replaced for exact replays.
        self.draw_noise: Callable[[Tensor], Tensor] = torch.randn_like

    def forward(self, tokens: Tensor, router: Tensor | int) -> tuple[Tensor, Tensor]:
        """Mix the adapters' outputs.

        Args:
            tokens: `(M, width)`.
            router: Task index, or weights `(tasks,)` of a mix of the routers.

        Returns:
            `(M, width)` float32, and the load-balancing loss (a scalar).
        """
        gates, balance = self.route(tokens, router)
        gates = gates * (gates > GATE_FLOOR)
        # log sum_e g_e exp(E_e(x)): the code's mixing; the paper's equation 4 prints a weighted sum.
        mixed = (gates.unsqueeze(-1) * self.adapt(tokens, router).float().exp()).sum(1)
        return torch.where(mixed == 0, LOG_FLOOR, mixed).log(), balance

    def adapt(self, tokens: Tensor, router: Tensor | int) -> Tensor:
        """Every adapter's output, `(M, experts, width)`; those of the task's own bank where the tasks share none."""
        fc1 = [expert.fc1 for expert in self.experts]
        hidden = nn.functional.linear(
            tokens, torch.cat([f.weight for f in fc1]), torch.cat([f.bias for f in fc1])
        )
        hidden = hidden.relu().view(tokens.shape[0], len(fc1), -1)
        weight = torch.stack([expert.fc2.weight for expert in self.experts])
        bias = torch.stack([expert.fc2.bias for expert in self.experts])
        adapted = torch.einsum("meh,ewh->mew", hidden, weight) + bias
        if self.shared:
            return adapted
        return of_task(adapted.unflatten(1, (-1, self.count)).transpose(0, 1), router)

    def route(self, tokens: Tensor, router: Tensor | int) -> tuple[Tensor, Tensor]:
        """Gates `(M, experts)`, zero except for the top k, and the load-balancing loss."""
        if self.top_k == self.count:
            clean = tokens @ of_task(self.w_gate, router)
            return clean.softmax(1), clean.new_zeros(())
        clean = tokens @ of_task(self.w_gate, router)
        noisy = clean
        if self.training:
            deviation = nn.functional.softplus(tokens @ of_task(self.w_noise, router)) + NOISE_FLOOR
            noisy = clean + self.draw_noise(clean) * deviation
        top, index = noisy.topk(self.top_k + 1, dim=1)
        chosen = top[:, : self.top_k].softmax(1)
        gates = torch.zeros_like(noisy).scatter(1, index[:, : self.top_k], chosen)
        load = (
            self._expected_load(clean, noisy, deviation, top) if self.training else (gates > 0).sum(0).float()
        )
        importance = gates.sum(0)
        if self.training:  # one process may validate while the others wait: nobody would answer
            importance, load = sum_over_processes(importance), sum_over_processes(load)
        return gates, LOAD_WEIGHT * (squared_variation(importance) + squared_variation(load))

    def _expected_load(self, clean: Tensor, noisy: Tensor, deviation: Tensor, top: Tensor) -> Tensor:
        """Sum over tokens of the probability that an adapter is in the top k under fresh noise."""
        above, below = top[:, self.top_k : self.top_k + 1], top[:, self.top_k - 1 : self.top_k]
        threshold = torch.where(noisy > above, above, below)
        z = ((clean - threshold) / deviation - self.mean) / self.std
        return (0.5 * (1 + torch.erf(z / math.sqrt(2)))).sum(0)


def of_task(table: Tensor, router: Tensor | int) -> Tensor:
    """One task's slice of a table `(tasks, ...)`, or the weighted mix of the slices."""
    if isinstance(router, int):
        return table[router]
    return torch.tensordot(router.to(table), table, dims=1)


class BiMixtureOfAdapters(nn.Module):
    """One TC-MoA without its fusion layer: from both streams to both prompts to both prompted streams.

    Args:
        width: Token width C of the streams.
        config: The network's configuration.
    """

    modal_shifts: Tensor

    def __init__(self, width: int, config: TCMoAConfig) -> None:
        super().__init__()
        inner = width // config.adapter_ratio
        self.dimReduction = nn.Linear(2 * width, inner, bias=False)
        self.norm1 = nn.LayerNorm(2 * width)
        self.norm2 = nn.LayerNorm(inner)
        hidden = max(width // config.expert_ratio, 1)
        self.MoA = MixtureOfExperts(
            inner, hidden, config.num_experts, config.num_tasks, config.top_k, config.shared_experts
        )
        encodings = torch.zeros(2 * config.num_tasks, width)
        if config.trained_encodings:
            self.modal_shifts = nn.Parameter(encodings)
        else:
            self.register_buffer("modal_shifts", encodings, persistent=False)

    def forward(
        self,
        x: Tensor,
        t: Tensor,
        router: Tensor | int,
        steer: Steer,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Prompt both streams.

        Args:
            x: First stream `(B, N, C)`.
            t: Second stream, same shape.
            router: Task index, or weights `(tasks,)` of a mix.
            steer: Changes both prompts (`PromptControl.apply`).

        Returns:
            Prompted x and t, prompts of x and t `(B, N, 1)`, load-balancing loss.
        """
        b, n, _ = x.shape
        both = self.norm2(self.dimReduction(self.norm1(torch.cat([x, t], -1))))
        mixed, balance = self.MoA(both.view(b * n, -1), router)
        half_x, half_t = mixed.view(b, n, -1).chunk(2, -1)
        prompt_x, prompt_t = steer(
            (half_x.mean(-1, keepdim=True).sigmoid(), half_t.mean(-1, keepdim=True).sigmoid())
        )
        shift_x, shift_t = of_task(self.modal_shifts.view(-1, 2, x.shape[-1]), router)
        return prompt_x * x + shift_x, prompt_t * t + shift_t, prompt_x, prompt_t, balance


class FusionLayer(nn.Module):
    """Convolutions over the token grid after the prompted streams are added; a linear map.

    Args:
        width: Token width.
        inner: Width between the convolutions.
    """

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, inner, 1, bias=False)
        self.conv2 = nn.Conv2d(inner, inner, 3, padding=1, bias=False)
        self.conv3 = nn.Conv2d(inner, width, 1, bias=False)

    def forward(self, tokens: Tensor, grid: tuple[int, int]) -> Tensor:
        """`(B, N, C)` tokens of a grid `(H, W)`; same shape out."""
        b, _, c = tokens.shape
        image = tokens.transpose(1, 2).reshape(b, c, *grid)
        return self.conv3(self.conv2(self.conv1(image))).flatten(2).transpose(1, 2)
