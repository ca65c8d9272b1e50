"""The metric for training loops: torchmetrics' interface, the engine's values."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
import torch

pytest.importorskip("torchmetrics")

from torchmetrics import MetricCollection

from tcmoa_bench.metrics import Convention, score
from tcmoa_bench.metrics.training import FusionMetrics

NAMES = ["EN@textbook", "SSIM@textbook", "Qabf@textbook", "MI@textbook"]


def _batches(channels: int = 1, count: int = 5) -> list[np.ndarray]:
    random = np.random.default_rng(channels)
    return [random.integers(0, 256, (count, channels, 33, 40), dtype=np.uint8) for _ in range(3)]


def _image(batch: np.ndarray, n: int) -> np.ndarray:
    return batch[n, 0] if batch.shape[1] == 1 else batch[n].transpose(1, 2, 0).copy()


def _expected(fused: np.ndarray, a: np.ndarray, b: np.ndarray) -> dict[str, float]:
    rows = [score(_image(a, n), _image(b, n), _image(fused, n), NAMES) for n in range(len(a))]
    return {name: math.fsum(row[name].value for row in rows) / len(rows) for name in NAMES}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("data_range", [1, 255, None])
def test_values_are_the_engines(channels: int, data_range: int | None) -> None:
    fused, a, b = _batches(channels)
    metric = FusionMetrics(NAMES, data_range=data_range or 1)
    for part in (slice(0, 2), slice(2, 5)):
        tensors = [torch.from_numpy(x[part]) for x in (fused, a, b)]
        if data_range is not None:
            tensors = [t.float() / 255 * data_range for t in tensors]
        metric.update(*tensors)
    found = metric.compute()
    assert {name: float(value) for name, value in found.items()} == pytest.approx(
        _expected(fused, a, b), rel=1e-14
    )
    assert all(value.dtype == torch.float64 for value in found.values())


def test_torchmetrics_interface() -> None:
    fused, a, b = (torch.from_numpy(x) for x in _batches())
    metric = FusionMetrics(NAMES)
    of_batch = metric(fused[:2], a[:2], b[:2])
    assert {name: float(v) for name, v in of_batch.items()} == pytest.approx(
        _expected(fused[:2].numpy(), a[:2].numpy(), b[:2].numpy()), rel=1e-14
    )
    metric(fused[2:], a[2:], b[2:])
    whole = {name: float(v) for name, v in metric.compute().items()}
    assert whole == pytest.approx(_expected(fused.numpy(), a.numpy(), b.numpy()), rel=1e-14)
    again = pickle.loads(pickle.dumps(metric))
    assert {name: float(v) for name, v in again.compute().items()} == whole
    metric.reset()
    assert all(math.isnan(value) for value in metric.compute().values())
    collection = MetricCollection({"val": FusionMetrics(["EN@textbook"])})
    collection.update(fused, a, b)
    assert collection.compute() == {"EN@textbook": collection["val"].compute()["EN@textbook"]}


def test_states_of_two_processes_add_up() -> None:
    fused, a, b = (torch.from_numpy(x) for x in _batches())
    parts = [FusionMetrics(NAMES) for _ in range(2)]
    parts[0].update(fused[:2], a[:2], b[:2])
    parts[1].update(fused[2:], a[2:], b[2:])
    parts[0].merge_state(parts[1])
    merged = {name: float(v) for name, v in parts[0].compute().items()}
    assert merged == pytest.approx(_expected(fused.numpy(), a.numpy(), b.numpy()), rel=1e-14)


def test_half_way_values_round_as_a_saved_image() -> None:
    levels = torch.tensor([0.5, 1.5, 2.5, 300.0]).repeat(12, 3).reshape(1, 1, 12, 12)
    a = torch.arange(144, dtype=torch.uint8).reshape(1, 1, 12, 12)
    metric = FusionMetrics("SD@textbook", data_range=255)
    metric.update(levels, a, a)
    image = np.tile(np.array([0, 2, 2, 255], np.uint8), (12, 3))
    expected = score(a[0, 0].numpy(), a[0, 0].numpy(), image, "SD@textbook")["SD@textbook"].value
    assert float(metric.compute()["SD@textbook"]) == expected


def test_an_image_without_a_value_is_counted_and_not_averaged() -> None:
    fused, a, b = (torch.from_numpy(x).clone() for x in _batches())
    a[0], b[0], fused[0] = 7, 7, 7
    metric = FusionMetrics(["CC@textbook", "EN@textbook"])
    metric.update(fused, a, b)
    assert metric.missing == {"CC@textbook": 1, "EN@textbook": 0}
    expected = [
        score(a[n, 0].numpy(), b[n, 0].numpy(), fused[n, 0].numpy(), "CC@textbook")["CC@textbook"].value
        for n in range(1, 5)
    ]
    assert float(metric.compute()["CC@textbook"]) == pytest.approx(np.mean(expected), rel=1e-14)
    assert metric.directions == {"CC@textbook": True, "EN@textbook": True}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t[0], "N x 1 x H x W"),
        (lambda t: t.repeat(1, 2, 1, 1), "N x 1 x H x W"),
        (lambda t: t.long(), "uint8 or floating point"),
        (lambda t: t.float() * math.nan, "not finite"),
        (lambda t: t[:1], "different length"),
    ],
)
def test_what_is_no_batch(change, words: str) -> None:
    fused, a, b = (torch.from_numpy(x) for x in _batches())
    with pytest.raises(ValueError, match=words):
        FusionMetrics("EN@textbook").update(change(fused), a, b)
    with pytest.raises(ValueError, match="data_range"):
        FusionMetrics("EN@textbook", data_range=2)


def test_a_metric_of_ones_own_that_fails_is_missing() -> None:
    def broken(a, b, fused):
        """Nothing."""
        raise RuntimeError("no")

    own = Convention("training_test", "a test's", settings={"gray": "bt601-round"})
    metric = FusionMetrics([own.define("Broken", broken, higher_is_better=True, meaning="Nothing.")])
    fused, a, b = (torch.from_numpy(x) for x in _batches(count=1))
    metric.update(fused, a, b)
    assert metric.missing == {"Broken@training_test": 1}
