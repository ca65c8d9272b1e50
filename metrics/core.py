"""What a metric is: a pure function over a scene, bound to its settings, with the facts that make it traceable."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tcmoa_bench.metrics.area import WHOLE, Area
from tcmoa_bench.metrics.errors import Undefined
from tcmoa_bench.metrics.names import Name, named
from tcmoa_bench.metrics.primitives import add_up
from tcmoa_bench.metrics.scene import Plane, Scene
from tcmoa_bench.metrics.settings import Gray, Scale, check, choices, required
from tcmoa_bench.metrics.settings import facts as shown_facts
from tcmoa_bench.metrics.stacks import Rule, combine, rule_of
from tcmoa_bench.registry import Registry

__all__ = [
    "CONVENTIONS",
    "PROFILES",
    "Convention",
    "Metric",
    "Score",
    "Undefined",
    "gray_levels",
    "gray_planes",
]

#: What sums over an image may be off by, as a share.
ROUNDING = 1e-12

#: A formula: three planes (A, B, fused image) and its settings to a number.
Formula = Callable[..., float]
#: How a toolbox takes a formula to files: a scene and settings to the triples (of planes, mostly) whose values are averaged.
View = Callable[..., Sequence[Sequence[Any]]]


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric in one convention: a formula, the view of the files that it is given, and their settings.

    Attributes:
        name: Canonical name of the idea, shared by all conventions (`SD`, `Qabf`, `AG`).
        convention: Whose definition (`tang2022`, `vifb`, `textbook`).
        view: `(scene, **settings)` to triples of planes.
        function: `(a, b, fused, **settings)` to a number. NaN and infinity are legitimate results where the reference
            gives them; `Undefined` is raised where the reference gives an error.
        settings: What view and function are called with (each takes those that it names as keyword-only arguments),
            and what the signature shows: nothing else can stand there.
        facts: What is one fact for the name in all conventions, with what this one has otherwise.
        reference_name: The reference code's own spelling.
        version: Raised when the values or the settings change.
        formula: One line for `show`.
        code: File of the reference code that it equals.
        difference: How it differs from the other conventions of the same name.
        needs_reference: Reads the pair's ground truth: the reference image, or the labels.
        origin: What `resolve` finds it by in another process, where that is not its qualified name.
        area: The part of each pair that it measures.
        sources: How many sources it compares the fused image with (`for_sources`).
    """

    name: str
    convention: str
    view: View = field(repr=False)
    function: Formula = field(repr=False)
    settings: Mapping[str, object]
    facts: Name
    reference_name: str
    version: int = 1
    formula: str = ""
    code: str = ""
    difference: str = ""
    needs_reference: bool = False
    origin: str = ""
    area: Area = WHOLE
    sources: int = 2

    def __post_init__(self) -> None:
        taken = choices(self.view).keys() | choices(self.function).keys()
        missing = (required(self.view) | required(self.function)) - self.settings.keys()
        if unknown_names := self.settings.keys() - taken:
            raise ValueError(
                f"{self.qualified}: nothing reads the setting {', '.join(sorted(unknown_names))}"
            )
        if missing:
            raise ValueError(f"{self.qualified}: the setting {', '.join(sorted(missing))} is missing")
        for part in (self.view, self.function):
            check(part, self.settings)

    @property
    def qualified(self) -> str:
        """`SD@tang2022`."""
        return f"{self.name}@{self.convention}"

    @property
    def spec(self) -> str:
        """What finds it in another process."""
        return self.origin or self.qualified

    @property
    def reads_more(self) -> bool:
        """Whether a file beside sources and fused image decides its value: the ground truth, the labels, the mask."""
        return self.needs_reference or self.area.masked

    @property
    def higher_is_better(self) -> bool:
        """Direction."""
        return self.facts.higher_is_better

    @property
    def ideal(self) -> float | None:
        """Value of a perfect fusion, where the definition has one."""
        return self.facts.ideal

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and greatest possible value."""
        return self.facts.bounds

    @property
    def min_size(self) -> int:
        """Least height and width that has a value."""
        return self.facts.min_size

    @property
    def source(self) -> str:
        """Paper, and the reference code it equals."""
        return "; ".join(text for text in (self.facts.paper, self.code) if text)

    def signature(self, short: bool = False) -> str:
        """What was computed, in one line: `SD@tang2022|v1|gray:bt601-round|in:uint8|sat:yes`.

        The short form keeps name and version and the settings' values without their keys.
        """
        return self._signature(short, [self.sources])

    def signature_over(self, counts: Iterable[int]) -> str:
        """What is computed over pairs and stacks of several sizes; of one size, the signature of each value."""
        return self._signature(False, sorted(set(counts)))

    def _signature(self, short: bool, counts: Sequence[int]) -> str:
        facts = {**shown_facts(self.settings), **({"area": self.area.fact} if self.area else {})}
        if max(counts) > 2 and self.rule != "alone":
            numbers = ",".join(map(str, counts))
            facts["sources"] = "-".join([numbers, *([self.rule] if self.rule else [])])
        parts = [value if short else f"{key}:{value}" for key, value in facts.items()]
        return "|".join([self.qualified, f"v{self.version}", *parts])

    def compute(self, scene: Scene) -> float:
        """The bare number: the mean of the formula over the triples of the view."""
        if self.sources == 2 or self.rule == "alone":
            return self._mean(self._seen(scene))
        if self.rule is None:
            raise Undefined(
                f"{self.qualified} is defined for two sources, these are {self.sources}; pairs of them can be scored"
            )
        each = [self._seen(scene.of_one(index)) for index in range(self.sources)]
        if (
            self.rule == "joint"
        ):  # the planes of all sources at each place of the view, then the fused image's
            return self._mean(
                [[*(planes[0] for planes in group), group[0][2]] for group in zip(*each, strict=True)]
            )
        return combine(self.rule, [self._mean(triples) for triples in each])

    @property
    def rule(self) -> Rule | None:
        """How its definition goes on to more than two sources, where it does."""
        return rule_of(self.function, self.settings)

    def for_sources(self, count: int) -> Metric:
        """The metric for so many sources; a sum's bounds and ideal grow with them."""
        if count == 2:
            return self
        scale = count / 2 if self.rule == "sum" else 1.0
        ideal = None if self.ideal is None else self.ideal * scale
        bounds = (self.bounds[0] * scale, self.bounds[1] * scale)
        return replace(self, sources=count, facts=replace(self.facts, ideal=ideal, bounds=bounds))

    def _seen(self, scene: Scene) -> Sequence[Sequence[Any]]:
        return self.view(scene, **self._of(self.view))

    def _mean(self, triples: Sequence[Sequence[Any]]) -> float:
        values = [_number(self.function(*planes, **self._of(self.function))) for planes in triples]
        return add_up(values) / len(values)

    def _of(self, part: Callable[..., object]) -> dict[str, Any]:
        names = choices(part)
        return {name: value for name, value in self.settings.items() if name in names}

    def score(self, scene: Scene) -> Score:
        """Evaluate on a scene; what cannot be a number is null with its reason, whatever went wrong.

        Raises:
            ValueError: The scene has another number of sources than the metric is for.
        """
        if len(scene.sources.all) != self.sources:
            raise ValueError(
                f"{self.qualified} is for {self.sources} sources, the scene has {len(scene.sources.all)}"
            )
        if self.area:
            try:
                scene = scene.within(self.area)
            except Undefined as undefined:
                return Score(self, None, str(undefined))
        if min(scene.shape) < self.min_size:
            height, width = scene.shape
            least = f"{self.min_size}x{self.min_size}"
            return Score(
                self,
                None,
                f"{self.qualified} needs images of at least {least} pixels, these are {height}x{width}",
            )
        try:
            value = float(self.compute(scene))
        except Undefined as undefined:
            return Score(self, None, str(undefined))
        except ZeroDivisionError:
            value = math.nan  # plain floats raise where NumPy's give NaN
        except (Exception, SystemExit) as error:  # a user's formula must not end the run
            return Score(self, None, f"{type(error).__name__}: {error}")
        if math.isnan(value):
            return Score(self, None, "not a number (0/0 in the definition)")
        if math.isinf(value):
            why = ": the fused image equals both sources" if value > 0 and _equals_both(scene) else ""
            return Score(self, None, f"{'minus ' if value < 0 else ''}infinite{why}")
        return Score(self, self._within(value) + 0.0, None)  # + 0.0 turns a negative zero into zero

    def _within(self, value: float) -> float:
        """The value; the bound where it is beyond one by no more than rounding."""
        nearest = min(max(value, self.bounds[0]), self.bounds[1])
        return nearest if abs(value - nearest) <= ROUNDING * max(abs(nearest), 1.0) else value


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


def _number(value: float) -> float:
    """What a formula returned; TypeError, said plainly, where it is no number."""
    if np.ndim(value) or np.asarray(value).dtype.kind not in "biuf":
        raise TypeError(f"the formula returned {type(value).__name__}, and not one number")
    return value


def gray_planes(scene: Scene, *, gray: Gray, in_: Scale = "0..255") -> Sequence[tuple[Plane, Plane, Plane]]:
    """The images as one gray plane each, on a scale."""
    return [scene.gray(gray, in_)]


def gray_levels(scene: Scene, *, gray: Gray) -> Sequence[tuple[Plane, Plane, Plane]]:
    """The images as one gray plane each, for formulas that do not depend on the scale."""
    return gray_planes(scene, gray=gray)


class Convention(Registry[Metric]):
    """One toolbox's metrics by canonical name, in the toolbox's order; its spelling is accepted as alias.

    Args:
        name: Short name, such as `tang2022`.
        title: What it is and where its code is, for `ls` and `show`.
        view: How the toolbox takes its formulas to files.
        settings: Settings that its metrics share, as far as they read them.
        code: File of the reference code, where all metrics are in one.
    """

    def __init__(
        self,
        name: str,
        title: str,
        view: View = gray_planes,
        settings: Mapping[str, object] | None = None,
        code: str = "",
    ) -> None:
        super().__init__(f"{name} metric")
        self.name, self.title, self.view, self.code = name, title, view, code
        self.settings = dict(settings or {})
        CONVENTIONS.add(name, self)

    def define(
        self,
        name: str,
        function: Formula,
        settings: Mapping[str, object] | None = None,
        *,
        view: View | None = None,
        spelled: str | None = None,
        aliases: Iterable[str] = (),
        formula: str | None = None,
        code: str = "",
        differs: str = "",
        version: int = 1,
        needs_reference: bool = False,
        **facts: Any,
    ) -> Metric:
        """Add a metric.

        Args:
            name: Canonical name.
            function: Its formula.
            settings: Beside those of the convention; they take the place of equally named ones.
            view: If it is not the convention's.
            spelled: The toolbox's spelling, if it is another.
            aliases: Further spellings.
            formula: One line for `show`; default the first line of the function's docstring.
            code: File of the reference code, if it is not the convention's.
            differs: How it differs from the other conventions of the same name.
            version: Raise it when the values or the settings change.
            needs_reference: It reads the pair's ground truth: the reference image, or the labels.
            facts: What is otherwise than `names.NAMES` says (`ideal`, `bounds`, ...); for a new name all facts that
                have no default.

        Raises:
            ValueError: A setting is missing, is read by nothing or has no allowed value, or the name is taken.
        """
        view = view or self.view
        read = choices(view).keys() | choices(function).keys()
        shared = {setting: value for setting, value in self.settings.items() if setting in read}
        metric = Metric(
            name=name,
            convention=self.name,
            view=view,
            function=function,
            settings={**shared, **(settings or {})},
            facts=named(name, **facts),
            reference_name=spelled or name,
            version=version,
            formula=formula or (inspect.getdoc(function) or "").split("\n", 1)[0],
            code=code or self.code,
            difference=differs,
            needs_reference=needs_reference,
        )
        others = {a for a in (metric.reference_name, *aliases) if a.lower() != name.lower()}
        return self.add(name, metric, others)


def _equals_both(scene: Scene) -> bool:
    a, b, fused = (picture.gray for picture in (scene.a, scene.b, scene.fused))
    return np.array_equal(a, fused) and np.array_equal(b, fused)


CONVENTIONS: Registry[Convention] = Registry("convention")

#: Named selections across conventions, such as the TC-MoA paper's own choice.
PROFILES: Registry[tuple[str, ...]] = Registry("profile")
