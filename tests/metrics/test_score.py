"""The engine around the formulas: names, signatures, bad input, and what a value may depend on."""

from __future__ import annotations

import builtins
import functools
import gc
import json
import math
import operator
import re
import subprocess
import sys
import weakref
from collections.abc import Iterable, Iterator

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from tcmoa_bench.metrics import CONVENTIONS, PROFILES, Metric, Undefined, resolve, scene, score, score_many
from tcmoa_bench.metrics.core import gray_planes
from tcmoa_bench.metrics.memo import Ledger, Memo, once
from tcmoa_bench.metrics.names import Name
from tcmoa_bench.metrics.scene import Scene, Sources
from tcmoa_bench.types import BenchError
from tests.metrics import golden

Image = NDArray[np.uint8]

#: Conventions computed here (the libraries have tests of their own, below).
OWN = [name for name in CONVENTIONS if name not in ("piq", "skimage")]
METRICS = [metric for name in OWN for metric in CONVENTIONS[name].values()]

#: Metrics that treat the two sources differently, and why.
ASYMMETRIC = {
    "Nabf@tang2023": "takes source A for the fused image",
    "Qc@liu": "where A's share is negative the window counts 0, where it is above 1 it counts 1",
    "Qc@mefb": "as Qc@liu",
    "VIFF@mefb": "exact ties of the gains go to source B",
    "VIFF@mfif": "as VIFF@mefb",
    "VIFF@textbook": "as VIFF@mefb",
    "FMI_pixel@fmi": "overwrites F's window before it is compared with B's",
    "FMI_gradient@fmi": "as FMI_pixel@fmi",
    "Qabf@liu": "the guard of 1e-5 is added to F's gradient once more for the second source",
}

#: Metrics with an ideal that identical images do not reach, and why.
NOT_REACHED_BY_A_COPY = {
    "SCD@mfif": "a fused image that equals a source counts 0",
    "Qp@liu": "sources are masked before they are correlated, the fused image is not",
    "Qp@mefb": "as Qp@liu",
    "Qp@mfif": "as Qp@liu",
}


def const(level: int) -> Image:
    return np.full((64, 64), level, np.uint8)


def ramp() -> Image:
    return np.repeat((4 * np.arange(64, dtype=np.uint8))[:, None], 64, axis=1)


def case(name: str) -> tuple[Image, Image, Image]:
    row = next(c for c in golden.cases("drawn") if c["case"] == name)
    return golden.images("drawn", (row["file_A"], row["file_B"], row["file_F"]))  # type: ignore[return-value]


@pytest.fixture
def threads() -> Iterator[None]:
    before = cv2.getNumThreads()
    yield
    cv2.setNumThreads(before)


def made_up(function, settings: dict | None = None) -> Metric:
    """A metric of no convention that is registered."""
    settings = {"gray": "bt601-round"} if settings is None else settings
    name = Name(higher_is_better=True, meaning="A test.")
    formula = (function.__doc__ or "").split("\n")[0]
    return Metric(
        name="M",
        convention="made-up",
        view=gray_planes,
        function=function,
        settings=settings,
        facts=name,
        reference_name="M",
        formula=formula,
    )


def values(scores: dict) -> dict[str, float | None]:
    return {name: score.value for name, score in scores.items()}


# What a value may depend on: the three images and the definition, nothing else.


def test_values_do_not_depend_on_order_batch_or_threads(threads: None) -> None:
    a, b, fused = case("svif01")
    together = values(score(a, b, fused, METRICS))
    backwards = values(score(a, b, fused, METRICS[::-1]))
    assert backwards == together
    alone = {m.qualified: score(a, b, fused, [m])[m.qualified].value for m in METRICS}
    assert alone == together
    batch = score_many(a, b, {"x": b, "f": fused, "again": fused}, METRICS)
    assert values(batch["f"]) == values(batch["again"]) == together
    for count in (1, 2, 4):
        cv2.setNumThreads(count)
        assert values(score(a, b, fused, METRICS)) == together


def compensated(values: Iterable[object], start: object = 0) -> object:
    """The built-in `sum` of the other side of Python 3.12: with Neumaier's correction where it has none, or without."""
    terms = list(values)
    if not all(type(term) in (int, float) for term in [start, *terms]):
        return functools.reduce(operator.add, terms, start)
    total, lost = start, 0.0
    for term in terms:
        new = total + term
        if sys.version_info < (3, 12) and math.isfinite(new):
            lost += (total - new) + term if abs(total) >= abs(term) else (term - new) + total
        total = new
    return total + lost if lost else total


def test_values_do_not_depend_on_how_python_adds(monkeypatch: pytest.MonkeyPatch) -> None:
    """From 3.12 on `sum` corrects its rounding: three channels had another mean in the last digit."""
    random = np.random.default_rng(0)
    *pair, third = (random.integers(0, 256, (72, 75, 3), np.uint8) for _ in range(4))

    def scored() -> list[object]:
        return [sum([0.1] * 10), *(values(score(*pair, METRICS, further=more)) for more in ((), (third,)))]

    before = scored()
    monkeypatch.setattr(builtins, "sum", compensated)
    after = scored()
    assert after[0] != before[0]
    assert after[1:] == before[1:]


@pytest.mark.parametrize("name", ["svif00", "smef01", "smff04"])
def test_swapping_the_sources_changes_nothing_where_the_definition_is_symmetric(name: str) -> None:
    a, b, fused = case(name)
    forth, back = score(a, b, fused, METRICS), score(b, a, fused, METRICS)
    for metric in METRICS:
        one, other = forth[metric.qualified].value, back[metric.qualified].value
        if metric.qualified in ASYMMETRIC or one is None or other is None:
            continue
        assert one == pytest.approx(other, rel=1e-9, abs=1e-12), metric


#: Errors, losses and divergences; of everything else more is better.
LOWER_IS_BETTER = {"CE", "MSE", "RMSE", "Nabf", "Nabf_fixed", "Qcv", "Less_visible", *(
    f"{name}{against}" for name in ("GMSD", "MDSI") for against in ("", "_A", "_B", "_ref")
)}  # fmt: skip


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_name_has_one_direction_in_every_convention(convention: str) -> None:
    """A direction that is turned round turns a table's ranks round and says nothing."""
    found = {name for name, metric in CONVENTIONS[convention].items() if not metric.higher_is_better}
    assert found == LOWER_IS_BETTER & set(CONVENTIONS[convention])


@pytest.mark.parametrize("metric", [m for m in METRICS if m.ideal is not None], ids=lambda m: m.qualified)
def test_identical_images_give_the_ideal(metric: Metric) -> None:
    a, _, _ = case("svif01")
    got = score(a, a, a, [metric])[metric.qualified]
    if metric.qualified in NOT_REACHED_BY_A_COPY:
        assert got.value != metric.ideal
        return
    assert got.value is None or got.value == pytest.approx(metric.ideal, abs=1e-3), got.reason


@pytest.mark.parametrize("convention", OWN)
def test_values_lie_within_the_stated_bounds(convention: str) -> None:
    for name in ("svif04", "smef04", "smff02", "sdeg03"):
        for got in score(*case(name), convention).values():
            least, most = got.metric.bounds
            assert got.value is None or least - 1e-9 <= got.value <= most + 1e-9, (name, got)


def test_average_gradients_of_tiny_images_lie_within_the_stated_bounds() -> None:
    """The references divide h w differences by (h - 1)(w - 1)."""
    board = (np.indices((3, 3)).sum(axis=0) % 2 * 255).astype(np.uint8)
    for convention in ("tang2022", "tang2023", "vifb", "mefb"):
        got = score(board, board, board, [f"AG@{convention}"])[f"AG@{convention}"]
        assert 255 < got.value <= got.metric.bounds[1], convention


pictures = arrays(np.uint8, st.tuples(st.integers(12, 40), st.integers(12, 40)))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pictures, st.data())
def test_any_small_images_give_numbers_or_reasons(a: Image, data: st.DataObject) -> None:
    b, fused = (data.draw(arrays(np.uint8, a.shape)) for _ in range(2))
    for name in ("tang2022", "tang2023", "textbook"):
        for got in score(a, b, fused, name).values():
            if got.value is None:
                assert got.reason
            else:
                assert math.isfinite(got.value)


# Degenerate images (cases F18 to F21 of the field).


def test_black_on_black_is_zero_without_a_minus_sign_or_null_with_a_reason() -> None:
    for name in ("textbook", "tang2023", "vifb"):
        got = score(const(0), const(0), const(0), name)
        for metric in ("EN", "SD", "SF"):
            value = got[f"{metric}@{name}"].value
            assert value == 0
            assert math.copysign(1, value) == 1
        for one in got.values():
            json.dumps(one.row(), allow_nan=False)
            assert (one.value is None) == (one.reason is not None)


def test_plain_floats_divided_by_zero_are_null_with_the_reason() -> None:
    """Flat sources leave Qw no weight at all."""
    white, black = np.full((33, 64), 255, np.uint8), np.zeros((33, 64), np.uint8)
    fused = np.random.default_rng(0).integers(0, 256, (33, 64), dtype=np.uint8)
    got = score(white, black, fused, "Qw@liu")["Qw@liu"]
    assert got.value is None
    assert got.reason == "not a number (0/0 in the definition)"


def test_infinite_psnr_is_null_with_the_reason() -> None:
    got = score(ramp(), ramp(), ramp(), "PSNR@textbook")["PSNR@textbook"]
    assert got.value is None
    assert got.reason == "infinite: the fused image equals both sources"


@pytest.mark.parametrize(
    ("source", "fused", "psnr"), [(100, 101, 48.130804), (100, 116, 24.048404), (250, 10, 0.526579)]
)
def test_psnr_of_constant_images(source: int, fused: int, psnr: float) -> None:
    got = score(const(source), const(source), const(fused), ["PSNR@textbook", "MSE@textbook"])
    assert got["PSNR@textbook"].value == pytest.approx(psnr, abs=1e-6)
    assert got["MSE@textbook"].value == (source - fused) ** 2


def test_a_negative_similarity() -> None:
    """M11."""
    a = np.random.default_rng(0).integers(0, 256, (190, 190), dtype=np.uint8)
    got = score(a, a, 255 - a, "textbook")
    for one in got.values():
        assert one.value is None or one.metric.bounds[0] <= one.value <= one.metric.bounds[1]
    assert got["CC@textbook"].value == -1
    assert got["MS-SSIM@textbook"].value == 0
    assert got["MS-SSIM@textbook"].signature.endswith("|negative:zero")
    assert "a negative mean similarity counts as 0" in got["MS-SSIM@textbook"].metric.formula


# One picture, three files, one answer (F23).


@pytest.mark.parametrize("convention", ["tang2022", "tang2023", "textbook"])
def test_gray_and_rgb_files_of_one_picture_score_alike(convention: str) -> None:
    a, b, fused = ramp(), ramp()[::-1].copy(), np.minimum(ramp() + np.uint8(3), 200)
    expected = values(score(a, b, fused, convention))
    assert len(expected) > 10
    for bits in range(1, 8):
        forms = [np.dstack([x] * 3) if bits >> i & 1 else x for i, x in enumerate((a, b, fused))]
        assert values(score(*forms, convention)) == expected


def test_values_of_the_ramp() -> None:
    got = values(score(ramp(), ramp(), ramp(), ["EN@textbook", "SD@textbook", "SF@textbook", "SF@tang2023"]))
    assert got["EN@textbook"] == 6
    assert got["SD@textbook"] == pytest.approx(73.891813, abs=1e-6)
    assert got["SF@textbook"] == got["SF@tang2023"] == 4


# Bad input.


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda f: f / 255.0, "float64"),
        (lambda f: f.astype(np.float32), "float32"),
        (lambda f: f.astype(np.int64), "int64"),
        (lambda f: f.astype(np.uint16), "uint16"),
        (lambda f: f > 0, "bool"),
        (lambda f: f[..., None], r"\(64, 64, 1\)"),
        (lambda f: np.dstack([f] * 4), r"\(64, 64, 4\)"),
        (lambda f: np.full((64, 64), np.nan), "float64"),
        (lambda f: f[:0], r"\(0, 64\)"),
        (lambda f: f[:1, :1], r"\(1, 1\)"),
        (lambda f: f.tolist(), "list"),
    ],
)
@pytest.mark.parametrize("argument", ["a", "b", "fused"])
def test_what_is_no_8_bit_image_is_refused_by_name(change, found: str, argument: str) -> None:
    images = {"a": ramp(), "b": ramp(), "fused": ramp()}
    images[argument] = change(ramp())
    with pytest.raises(ValueError, match=rf"^{argument} is .*{found}.*(expected|needed)"):
        score(images["a"], images["b"], images["fused"], ["SSIM@textbook"])


@pytest.mark.parametrize("argument", ["b", "fused"])
def test_sizes_must_agree(argument: str) -> None:
    images = {"a": ramp(), "b": ramp(), "fused": ramp()}
    images[argument] = ramp()[:, :60]
    with pytest.raises(ValueError, match=rf"{argument} is 64x60, a is 64x64"):
        score(images["a"], images["b"], images["fused"], "EN@textbook")


def test_too_small_images_name_the_metric_and_the_least_size() -> None:
    small = ramp()[:10, :10]
    got = score(small, small, small, ["EN@textbook", "SSIM@textbook", "SD@textbook"])
    reason = "SSIM@textbook needs images of at least 11x11 pixels, these are 10x10"
    assert (got["SSIM@textbook"].value, got["SSIM@textbook"].reason) == (None, reason)
    assert got["EN@textbook"].value is not None
    assert got["SD@textbook"].value is not None


# Names.


def test_every_spelling_of_a_name_finds_the_metric() -> None:
    assert [m.qualified for m in resolve("Variance@vifb")] == ["SD@vifb"]
    assert [m.qualified for m in resolve("avg_gradient", "vifb")] == ["AG@vifb"]
    assert [m.qualified for m in resolve(["SD@tang2022", "sd@TANG2022"])] == ["SD@tang2022"]
    assert {m.convention for m in resolve("tang2022")} == {"tang2022"}


@pytest.mark.parametrize(
    ("names", "convention", "said"),
    [
        ("SDD@tang2022", None, "did you mean"),
        ("SD@tang2021", None, "tang2022"),
        ("SD", None, "SD@tang2022"),
        ("nonsense", None, "unknown metric"),
        ("Qcbb", "vifb", "qcb"),
    ],
)
def test_unknown_names_come_with_a_hint(names: str, convention: str | None, said: str) -> None:
    with pytest.raises(BenchError, match=said):
        resolve(names, convention)


def test_profiles_name_metrics_that_exist() -> None:
    for profile in PROFILES:
        assert [m.qualified for m in resolve(profile)]


def test_importing_metrics_loads_no_torch() -> None:
    code = "import sys, tcmoa_bench.metrics; print([m for m in ('torch', 'piq', 'skimage', 'pandas') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


# Signatures.


def test_signature_is_built_from_the_arguments_of_the_call() -> None:
    seen = {}

    def measure(a, b, fused, *, sat: bool, peak: float) -> float:
        """A formula."""
        seen.update(sat=sat, peak=peak, values=fused.values.max())
        return 1.5

    settings = {"sat": True, "peak": 255.0, "gray": "bt601-round", "in_": "0..1"}
    metric = made_up(measure, settings)
    got = score(ramp(), ramp(), ramp(), [metric])["M@made-up"]
    assert seen == {"sat": True, "peak": 255.0, "values": 252 / 255}
    assert got.signature == "M@made-up|v1|gray:bt601-round|in:0..1|sat:yes|peak:255"
    assert got.metric.signature(short=True) == "M@made-up|v1|bt601-round|0..1|yes|255"
    assert got.metric.formula == "A formula."


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"gray": "bt601-round", "sat": True, "peek": 1.0}, "M@made-up: nothing reads the setting peek"),
        ({"gray": "bt601-round"}, "M@made-up: the setting sat is missing"),
        (
            {"gray": "bt709", "sat": True},
            "gray is 'bt709'; one of bt601-round, bt601, opencv, pillow is expected",
        ),
        ({"gray": "bt601", "sat": "yes"}, "sat is 'yes'; one of no, yes is expected"),
    ],
)
def test_what_is_not_read_or_not_allowed_cannot_be_bound(settings: dict, said: str) -> None:
    def measure(a, b, fused, *, sat: bool) -> float:
        """A formula."""
        return 1.5

    with pytest.raises(ValueError, match=re.escape(said)):
        made_up(measure, settings)


def test_the_issue_s_example() -> None:
    assert CONVENTIONS["tang2022"]["SD"].signature() == "SD@tang2022|v1|gray:bt601-round|in:uint8|sat:yes"


def test_no_two_metrics_share_a_signature() -> None:
    signatures = [metric.signature() for convention in CONVENTIONS.values() for metric in convention.values()]
    assert len(set(signatures)) == len(signatures)


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.qualified)
def test_every_metric_says_what_it_is(metric: Metric) -> None:
    assert metric.formula
    assert metric.source
    assert metric.facts.meaning.endswith(".")
    assert metric.settings or metric.qualified in ("QE@liu", "Q_CNN@mfif")


def test_undefined_becomes_null_with_its_reason() -> None:
    def undefined(a, b, fused) -> float:
        raise Undefined("the reference fails here")

    got = score(ramp(), ramp(), ramp(), [made_up(undefined)])["M@made-up"]
    assert (got.value, got.reason) == (None, "the reference fails here")


def test_an_exception_of_a_metric_is_a_null_with_its_reason() -> None:
    def broken(a, b, fused) -> float:
        raise IndexError("list index out of range")

    got = score(ramp(), ramp(), ramp(), [made_up(broken), "EN@textbook"])
    assert (got["M@made-up"].value, got["M@made-up"].reason) == (None, "IndexError: list index out of range")
    assert got["EN@textbook"].value == 6


# Memory.


def test_a_small_limit_changes_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b, fused = case("svif01")
    expected = values(score(a, b, fused, METRICS))
    monkeypatch.setattr(scene, "SOURCE_BYTES", 300_000)
    monkeypatch.setattr(scene, "FUSED_BYTES", 300_000)
    monkeypatch.setattr(scene, "KEEP_PLANES", 0)
    assert values(score(a, b, fused, METRICS)) == expected


def test_a_value_larger_than_the_limit_is_kept_until_the_next() -> None:
    """Else a large image's planes would be made anew for every metric."""
    memo, made = Memo(Ledger(limit=10)), []
    for _ in range(2):
        memo.keep("large", lambda: made.append("large") or np.zeros(100))
    assert made == ["large"]
    memo.keep("next", lambda: np.zeros(1))
    memo.keep("large", lambda: made.append("again") or np.zeros(100))
    assert made == ["large", "again"]


def test_memo_drops_the_values_that_were_not_used_for_longest() -> None:
    computed = []

    def make(name: str) -> NDArray[np.uint8]:
        computed.append(name)
        return np.zeros(40, np.uint8)

    memo = Memo(Ledger(limit=100))
    for name in ("x", "y", "x", "z", "x", "y"):
        memo.keep(name, lambda name=name: make(name))
    assert computed == ["x", "y", "z", "y"]


def test_a_ledger_of_sources_keeps_what_came_first() -> None:
    computed = []

    def make(name: str) -> NDArray[np.uint8]:
        computed.append(name)
        return np.zeros(40, np.uint8)

    memo = Memo(Ledger(limit=100, first_stays=True))
    for _ in range(2):
        for name in ("x", "y", "z"):
            memo.keep(name, lambda name=name: make(name))
    assert computed == ["x", "y", "z", "z"]


def test_a_key_is_made_of_function_and_arguments() -> None:
    calls = []

    @once
    def joined(source: Memo, fused: Memo, level: int = 0) -> tuple[int, int, int]:
        calls.append(level)
        return source.serial, fused.serial, level

    source, fused = Memo(), Memo()
    assert joined(source, fused) == joined(source, fused, 0) == joined(source, fused, level=0)
    assert joined(source, fused, 1) != joined(source, fused)
    assert joined(source, Memo()) != joined(source, fused)
    assert calls == [0, 1, 0]
    assert len(fused._memo) == 2, "kept with the last memo among the arguments"
    assert not source._memo


def test_images_are_freed_with_their_scene() -> None:
    a, b, fused = case("svif00")
    sources = Sources(a, b)
    one = Scene(sources, fused)
    for metric in METRICS:
        metric.score(one)
    gone = [weakref.ref(x) for x in (sources.a.luma, sources.b.luma, one.fused.luma)]
    gc.disable()
    try:
        del sources, one
        assert [ref() for ref in gone] == [None] * 3
    finally:
        gc.enable()
