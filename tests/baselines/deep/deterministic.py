"""Weights that anybody can draw again from a list of names: the rule by which networks without a file are proven."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

#: A factor on the normal draw, or a function of the draw and the fan-in's square root.
Rule = float | Callable[[np.ndarray, float], np.ndarray]


@dataclass(frozen=True)
class Fill:
    """How a network is filled.

    Attributes:
        gain: Factor on kernels.
        ends: Exceptions by the end of the key: the factor on kernels, or a function of draw and root of the fan-in.
        tensorflow: Whether kernels lie as (kh, kw, in, out).
        twin: The key whose draw a key shares.
    """

    gain: float = 1.0
    ends: Mapping[str, Rule] = field(default_factory=dict)
    tensorflow: bool = False
    twin: Callable[[str], str] = str

    def tensor(self, key: str, shape: tuple[int, ...]) -> np.ndarray:
        """The tensor of a key, `float32`."""
        key = self.twin(key)
        a = np.random.default_rng(zlib.crc32(key.encode())).standard_normal(shape)
        return self._scaled(key, a).astype(np.float32)

    def _scaled(self, key: str, a: np.ndarray) -> np.ndarray:
        fan_in = math.sqrt(math.prod(a.shape[:-1] if self.tensorflow else a.shape[1:]) or 1)
        for end, rule in self.ends.items():
            if key.endswith(end):
                return rule(a, fan_in) if callable(rule) else rule * a / fan_in
        if key.endswith(("running_mean", "moving_mean")):
            return 0.1 * a
        if key.endswith(("running_var", "moving_variance")):
            return 1 + 0.1 * np.abs(a)
        if key.endswith("/u"):
            return a
        if a.ndim >= 2:
            return self.gain * a / fan_in
        return 1 + 0.02 * a if key.endswith(("weight", "gamma")) else 0.02 * a


def _offset(level: float) -> Rule:
    return lambda a, fan_in: level + 0.02 * a


_ROOT = math.sqrt(2)

#: By the name of the weights.
FILLS = {
    "cddfuse": Fill(ends={"bottleneckBlock.5.weight": 0.1}),
    "rfn_nest": Fill(_ROOT),
    "swinfuse": Fill(ends={"conv.weight": 0.5}),
    "defusion": Fill(
        _ROOT,
        {
            "fusion_rule.0.weight": 0.003 * _ROOT,
            "fusion_rule.0.bias": _offset(0.5),
            "conv3.weight": 0.5 * _ROOT,
        },
        twin=lambda key: key.replace("lower", "upper"),
    ),
    "umf_cmgr": Fill(_ROOT, {"out_conv.weight": 0.3 * _ROOT, "out_conv.bias": _offset(0.5)}),
    "swinfusion": Fill(
        ends={
            "conv_last3.weight": 0.2,
            "conv_last3.bias": _offset(0.5),
            **{f"first{k}_{source}.weight": _ROOT for k in "12" for source in "AB"},
            **{f"{end}.weight": _ROOT for end in ("body_Fusion", "conv_last1", "conv_last2")},
        }
    ),
    "emma": Fill(ends={"last.0.weight": 0.5}),
    "fusiondn": Fill(_ROOT, tensorflow=True),
    "mefgan": Fill(ends={"self_attention/gamma": _offset(0.5)}, tensorflow=True),
}


def listed(file: Path) -> dict[str, tuple[int, ...]]:
    """Names and shapes of a list `name TAB shape`, without integer buffers and attention masks."""
    lines = (line.split("\t") for line in file.read_text().splitlines())
    return {
        key: tuple(int(n) for n in shape.strip("() ").split(",") if n.strip())
        for key, shape in lines
        if "int64" not in shape and not key.endswith("attn_mask")
    }


def drawn(name: str, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """All tensors of a network by the name of its weights."""
    return {key: FILLS[name].tensor(key, shape) for key, shape in shapes.items()}
