"""More than two sources: how a measure's definition goes on to three and more, where it does.

Most measures are a mean or a sum of what each source shares with the fused image, and the mean or sum simply has more
terms. What a source's term is need not be told again: with one source in both places, a mean is its term and a sum is
twice it.
A formula says which it is by the decorator `extends`; one that says nothing has no value for more than two sources.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

from tcmoa_bench.metrics.errors import Undefined
from tcmoa_bench.metrics.primitives import add_up

#: `alone`: looks at the fused image only. `mean`, `sum`: of a term for each source. `rms`, `psnr`: of the mean of the
#: squared errors. `joint`: the function takes any number of sources before the fused image.
Rule = Literal["alone", "mean", "sum", "rms", "psnr", "joint"]
RULES: tuple[Rule, ...] = ("alone", "mean", "sum", "rms", "psnr", "joint")

F = TypeVar("F", bound=Callable[..., Any])


def extends(rule: str) -> Callable[[F], F]:
    """Decorator of a formula: how it goes on to more sources, a `Rule` or the name of the setting that says it."""

    def mark(function: F) -> F:
        function.extends = rule  # type: ignore[attr-defined]
        return function

    return mark


def rule_of(function: Callable[..., Any], settings: Mapping[str, object]) -> Rule | None:
    """How a formula goes on to more than two sources; None where its definition does not say."""
    named = getattr(function, "extends", None)
    rule = settings.get(named, named) if named is not None else None
    return next((known for known in RULES if known == rule), None)


def combine(rule: Rule, values: Sequence[float]) -> float:
    """The value of a stack from those of its sources, each taken as both sources of a pair.

    Raises:
        Undefined: `rule` is not one of terms.
    """
    count = len(values)
    if rule == "mean":
        return add_up(values) / count
    if rule == "sum":
        return add_up(values) / 2
    if rule == "rms":
        return math.sqrt(add_up(value * value for value in values) / count)
    if rule == "psnr":
        error = add_up(0.0 if value == math.inf else 10 ** (-value / 10) for value in values) / count
        return -10 * math.log10(error) if error else math.inf
    raise Undefined(f"no mean of terms: {rule}")
