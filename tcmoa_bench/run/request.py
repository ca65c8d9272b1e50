"""What the user asked a run to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tcmoa_bench.metrics import Metric, resolve
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
        limit: At most so many pairs of each dataset.
        overwrite: What to do with cells that are there: compute what is missing, failed or changed
            (`only-missing`), everything (`always`), or only cells that were never tried (`never`).
        options: Device, weights folder and options of all fusers.
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
    limit: int | None = None
    overwrite: Overwrite = "only-missing"
    options: FuserOptions = field(default_factory=FuserOptions)
    trials: tuple[FuserSpec, ...] = ()

    def chosen_metrics(self) -> list[Metric]:
        """The metrics that are asked for; BenchError for a name that is not known, or is of no convention."""
        names = list(self.metrics or self.suite.metrics)
        return resolve(names, self.convention or self.suite.convention or None)
