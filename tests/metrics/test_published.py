"""Tang's published values of his nine methods on TNO, 4,158 MATLAB numbers, from the published images."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from tcmoa_bench.images import read_image
from tcmoa_bench.metrics import score_many

METRICS = ("EN", "SD", "SF", "AG", "MI", "PSNR", "MSE", "CC", "SCD", "VIF", "Qabf")
#: VIF has thresholds at 1e-10, which the rounding of MATLAB's filter crosses in flat areas.
RELATIVE = {"VIF": 1e-6}


def published(data: Path) -> dict[str, dict[tuple[str, str], float]]:
    values: dict[str, dict[tuple[str, str], float]] = defaultdict(dict)
    with (data / "published" / "tang_tno_values.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            values[row["image"]][row["method"], row["metric"]] = float(row["value"])
    return values


def check(data: Path, numbers: list[str]) -> None:
    images = data / "tno_tang" / "Image"
    expected = published(data)
    wrong = []
    for number in numbers:
        sources = images / "Source-Image" / "TNO"
        a, b = (read_image(sources / folder / f"{number}.png") for folder in ("ir", "vi"))
        methods = sorted({method for method, _ in expected[number]})
        fused = {m: read_image(images / "Algorithm" / f"{m}_TNO" / f"{number}.png") for m in methods}
        scores = score_many(a, b, fused, METRICS, convention="tang2022")
        assert len(expected[number]) == len(methods) * len(METRICS)
        for (method, name), value in expected[number].items():
            got = scores[method][f"{name}@tang2022"].value
            if got is None or abs(got - value) > RELATIVE.get(name, 1e-9) * abs(value):
                wrong.append(f"{number} {method} {name}: published {value!r}, here {got!r}")
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong)


def test_three_images_of_nine_methods(data_dir: Path) -> None:
    check(data_dir, ["01", "17", "42"])


@pytest.mark.slow
def test_all_images_of_nine_methods(data_dir: Path) -> None:
    check(data_dir, sorted(published(data_dir)))
