"""Tang's published MATLAB values of his nine methods on TNO, for every published fused image that is here."""

from __future__ import annotations

import csv
from pathlib import Path

from tcmoa_bench.images import read_image
from tcmoa_bench.metrics import score_many

METRICS = ("EN", "SD", "SF", "AG", "MI", "PSNR", "MSE", "CC", "SCD", "VIF", "Qabf")
#: VIF has thresholds at 1e-10, which the rounding of MATLAB's filter crosses in flat areas.
RELATIVE = {"VIF": 1e-6}


def test_tang_tno_values(data_dir: Path) -> None:
    with (data_dir / "published" / "tang_tno_values.csv").open(newline="", encoding="utf-8") as file:
        published = {(r["method"], r["image"], r["metric"]): float(r["value"]) for r in csv.DictReader(file)}
    images = data_dir / "tno_tang" / "Image"
    fused = sorted((images / "Algorithm").glob("*_TNO/*.png"))
    assert fused
    wrong = []
    for number in sorted({path.stem for path in fused}):
        a, b = (read_image(images / "Source-Image" / "TNO" / role / f"{number}.png") for role in ("ir", "vi"))
        pictures = {p.parent.name.removesuffix("_TNO"): read_image(p) for p in fused if p.stem == number}
        for method, scores in score_many(a, b, pictures, METRICS, convention="tang2022").items():
            for score in scores.values():
                name = score.metric.name
                value = published[method, number, name]
                if score.value is None or abs(score.value - value) > RELATIVE.get(name, 1e-9) * abs(value):
                    wrong.append(f"{method} {number} {name}: published {value!r}, here {score.value!r}")
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong)
