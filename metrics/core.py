"""What a metric is: a pure function over a scene, with the facts that make its number traceable."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from tcmoa_bench.metrics.scene import Scene
from tcmoa_bench.registry import Registry
from tcmoa_bench.types import BenchError


class Undefined(Exception):
    """The convention gives no value for this triple; the text is the reason that is stored with the null."""


@dataclass(frozen=True)
class Metric:
    """One metric in one convention.

    Attributes:
        name: Canonical name of the idea, shared by all conventions (`SD`, `Qabf`, `AG`).
        convention: Whose definition (`tang2022`, `vifb`, `textbook`).
        function: `Scene -> float`; NaN and infinity are legitimate results where the reference gives them.
            Raises `Undefined` where the reference gives an error, `ValueError` for images it cannot take.
        reference_name: The reference code's own spelling.
        higher_is_better: Direction.
        setting: Ordered facts that the signature shows, built from the arguments actually used
            (`{"gray": "bt601-round", "in": "uint8", "sat": "yes"}`).
        version: Raised when the values change.
        formula: One line for `show`.
        source: Paper and the reference code it equals.
        ideal: Value of a perfect fusion, where the definition has one.
        bounds: Least and greatest possible value.
        min_size: Least height and width.
        difference: How it differs from the other conventions of the same name.
        needs_reference: Compares the fused image with the ground truth instead of the sources.
    """

    name: str
    convention: str
    function: Callable[[Scene], float] = field(repr=False)
    reference_name: str
    higher_is_better: bool
    setting: Mapping[str, str]
    version: int = 1
    formula: str = ""
    source: str = ""
    ideal: float | None = None
    bounds: tuple[float, float] = (-math.inf, math.inf)
    min_size: int = 2
    difference: str = ""
    needs_reference: bool = False

    @property
    def qualified(self) -> str:
        """`SD@tang2022`."""
        return f"{self.name}@{self.convention}"

    def signature(self, short: bool = False) -> str:
        """What was computed, in one line: `SD@tang2022|v1|gray:bt601-round|in:uint8|sat:yes`.

        The short form keeps name and version and the settings' values without their keys.
        """
        parts = [value if short else f"{key}:{value}" for key, value in self.setting.items()]
        return "|".join([self.qualified, f"v{self.version}", *parts])

    def score(self, scene: Scene) -> Score:
        """Evaluate on a scene; what cannot be a number is null with its reason."""
        if min(scene.shape) < self.min_size:
            height, width = scene.shape
            raise ValueError(
                f"{self.qualified} needs images of at least {self.min_size}x{self.min_size} pixels, "
                f"these are {height}x{width}"
            )
        try:
            value = float(self.function(scene))
        except Undefined as undefined:
            return Score(self, None, str(undefined))
        except ZeroDivisionError:
            value = math.nan  # plain floats raise where NumPy's give NaN
        if math.isnan(value):
            return Score(self, None, "not a number (0/0 in the definition)")
        if math.isinf(value):
            why = ": the fused image equals both sources" if value > 0 and _equals_both(scene) else ""
            return Score(self, None, f"{'minus ' if value < 0 else ''}infinite{why}")
        return Score(self, value + 0.0, None)  # + 0.0 turns a negative zero into zero


@dataclass(frozen=True)
class Score:
    """A metric's value for one triple: a finite number, or null with the reason."""

    metric: Metric
    value: float | None
    reason: str | None = None

    @property
    def signature(self) -> str:
        """The metric's signature."""
        return self.metric.signature()

    def row(self) -> dict[str, object]:
        """The fields of one JSON row (without the file names)."""
        metric = self.metric
        return {
            "metric": metric.name,
            "convention": metric.convention,
            "reference_name": metric.reference_name,
            "value": self.value,
            "reason": self.reason,
            "signature": self.signature,
            "higher_is_better": metric.higher_is_better,
        }


#: What every signature begins with, where it says it; further facts keep the order they are given in.
FIRST = {"gray": 0, "colour": 1, "in": 2}


class Convention(Registry[Metric]):
    """One toolbox's metrics by canonical name, in the toolbox's order; its spelling is accepted as alias.

    Args:
        name: Short name, such as `tang2022`.
        title: What it is and where its code is, for `ls` and `show`.
    """

    def __init__(self, name: str, title: str) -> None:
        super().__init__(f"{name} metric")
        self.name, self.title = name, title
        CONVENTIONS.add(name, self)

    def metric(
        self,
        name: str,
        *,
        higher_is_better: bool,
        reference_name: str | None = None,
        aliases: Iterable[str] = (),
        setting: Mapping[str, object] | None = None,
        arguments: Mapping[str, object] | None = None,
        **facts: Any,
    ) -> Callable[[Callable[..., float]], Callable[..., float]]:
        """Decorator that registers a function of a scene, and returns it unchanged.

        Args:
            name: Canonical name.
            higher_is_better: Direction.
            reference_name: The reference's spelling, if it is another.
            aliases: Further spellings.
            setting: Facts for the signature that no argument carries.
            arguments: Keyword arguments that the function is called with. The signature shows these very
                arguments (a trailing underscore of a name is dropped), so it cannot differ from the call.
            facts: `Metric`'s further attributes.
        """
        bound = dict(arguments or {})
        facts_shown = {key.rstrip("_"): _fact(value) for key, value in {**(setting or {}), **bound}.items()}
        shown = dict(sorted(facts_shown.items(), key=lambda fact: FIRST.get(fact[0], len(FIRST))))

        def register(function: Callable[..., float]) -> Callable[..., float]:
            spelling = reference_name or name
            first_line = (inspect.getdoc(function) or "").split("\n", 1)[0]
            call = partial(function, **bound) if bound else function
            described = {"formula": first_line, **facts}
            metric = Metric(name, self.name, call, spelling, higher_is_better, shown, **described)
            others = {a for a in (spelling, *aliases) if a.lower() != name.lower()}
            self.add(name, metric, others)
            return function

        return register


def _equals_both(scene: Scene) -> bool:
    a, b, fused = (picture.gray for picture in (scene.a, scene.b, scene.fused))
    return np.array_equal(a, fused) and np.array_equal(b, fused)


def _fact(value: object) -> str:
    """An argument as the signature shows it: `yes`, `no`, a short number, or the text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


CONVENTIONS: Registry[Convention] = Registry("convention")

#: Named selections across conventions, such as the TC-MoA paper's own choice.
PROFILES: Registry[tuple[str, ...]] = Registry("profile")


def resolve(names: str | Sequence[str], convention: str | None = None) -> list[Metric]:
    """Metrics by name.

    Args:
        names: Qualified names (`SD@tang2022`), conventions or profiles (`vifb`: all of its metrics), or bare
            names (`SD`) that are looked up in `convention`.
        convention: Default convention of bare names.

    Returns:
        Metrics in the order given, each once.

    Raises:
        BenchError: A name is not known (with the nearest known ones), or a bare name has no convention.
    """
    found: dict[str, Metric] = {}
    for name in [names] if isinstance(names, str) else names:
        for metric in _resolve_one(name.strip(), convention):
            found.setdefault(metric.qualified, metric)
    return list(found.values())


def _resolve_one(name: str, convention: str | None) -> list[Metric]:
    short, at, where = name.partition("@")
    if at:
        return [CONVENTIONS[where][short]]
    if convention is not None and name in CONVENTIONS[convention]:
        return [CONVENTIONS[convention][name]]
    if name in CONVENTIONS:
        return list(CONVENTIONS[name].values())
    if name in PROFILES:
        return resolve(PROFILES[name])
    if convention is not None:
        return [CONVENTIONS[convention][name]]
    having = [c for c in CONVENTIONS if name in CONVENTIONS[c]]
    if having:
        raise BenchError(
            f"whose {name}? Say one of: {', '.join(f'{name}@{c}' for c in having)}, or give --convention"
        )
    everything = {m for c in CONVENTIONS.values() for m in c}
    from tcmoa_bench.registry import unknown

    raise unknown("metric", name, everything | set(CONVENTIONS) | set(PROFILES))
