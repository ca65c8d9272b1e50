"""What the user asked a run to do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tcmoa_bench.metrics import Area, Metric, resolve
from tcmoa_bench.run.choice import Choice
from tcmoa_bench.run.fusers import FuserSpec
from tcmoa_bench.run.suite import Suite
from tcmoa_bench.types import FuserOptions

Overwrite = Literal["only-missing", "always", "never"]


@dataclass(frozen=True)
class Request:
    """What the user asked for.

    Attributes:
        suite: The suite.
        out: The run folder.
        data: Folder of datasets; None leaves the embedded sample.
        fusers: Fusers in place of the suite's.
        metrics: Metrics in place of the suite's.
        convention: Whose metric a bare name is, in place of the suite's.
        choice: Which of the datasets' pairs take part.
        fused: Folders of fused images by label.
        fused_maps: Lists of fused images (CSV) by label.
        commands: External commands by label.
        recolor: Labels whose gray images get their sources' colours back, with the range of their luma.
        limit: At most so many pairs of each dataset.
        overwrite: What to do with cells that are there: compute what is missing, failed or changed
            (`only-missing`), everything (`always`), or only cells that were never tried (`never`).
        options: Device, weights folder and options of all fusers.
        border: Pixels left out along each side when scores are computed, in place of the suite's.
        mask: Picture, or folder of one for each pair, that is white where pairs are measured, in place of the suite's.
        trials: Fusers of a trial (`run.trials`) in place of all others.
    """

    suite: Suite
    out: Path
    data: Path | None = None
    fusers: tuple[str, ...] | None = None
    metrics: tuple[str, ...] | None = None
    convention: str | None = None
    choice: Choice = field(default_factory=Choice)
    fused: tuple[tuple[str, Path], ...] = ()
    fused_maps: tuple[tuple[str, Path], ...] = ()
    commands: tuple[tuple[str, str], ...] = ()
    recolor: tuple[tuple[str, str], ...] = ()
    limit: int | None = None
    overwrite: Overwrite = "only-missing"
    options: FuserOptions = field(default_factory=FuserOptions)
    border: int | None = None
    mask: Path | None = None
    trials: tuple[FuserSpec, ...] = ()

    @property
    def area(self) -> Area:
        """The part of each pair that is measured."""
        border = self.suite.border if self.border is None else self.border
        return Area(border, self.masks is not None)

    @property
    def masks(self) -> Path | None:
        """The mask of all pairs, or the folder of their masks."""
        return self.mask or (self.suite.base / self.suite.mask if self.suite.mask else None)

    @property
    def metric_names(self) -> tuple[str, ...]:
        """The metrics as they were asked for."""
        return tuple(self.metrics or self.suite.metrics)

    def chosen_metrics(self, without: Collection[str] = ()) -> list[Metric]:
        """The metrics, measuring in `area`; BenchError for an unknown name, or a bare one of no convention.

        Args:
            without: Names that are left out.
        """
        names = [name for name in self.metric_names if name not in without]
        return resolve(names, self.convention or self.suite.convention or None, self.area) if names else []
