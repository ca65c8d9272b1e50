"""Facts about the classical fusers; their code is imported when one is made."""

from __future__ import annotations

from tcmoa_bench.baselines.registry import register

from tcmoa_bench.types import FuserEntry, FuserRecord, Task

_HERE = "tcmoa_bench.baselines"
_OWN = "this project's code, Apache-2.0"
_ALL = tuple(Task)
_THREE = (Task.VIF, Task.MEF, Task.MFF)
_VIF = (Task.VIF,)
_MEF = (Task.MEF,)
_MFF = (Task.MFF,)


def _entry(
    name: str,
    build: str,
    tasks: tuple[Task, ...],
    paper: str = "",
    *,
    colour: str = "rgb",
    min_size: int = 1,
    aliases: tuple[str, ...] = (),
    notes: str = "",
) -> FuserEntry:
    record = FuserRecord(
        name, tasks, colour, paper=paper, licence=_OWN, min_size=min_size, aliases=aliases, notes=notes
    )
    return FuserEntry(record, f"{_HERE}.{build}")


register(
    [
        _entry("average", "pixelwise:build_average", _ALL, aliases=("mean", "avg")),
        _entry("maximum", "pixelwise:build_maximum", _ALL, aliases=("max",)),
        _entry("minimum", "pixelwise:build_minimum", _ALL, aliases=("min",)),
        _entry(
            "lp",
            "pyramid:build_lp",
            _THREE,
            "Burt, Adelson, IEEE Trans. Comm. 31(4), 1983",
            min_size=33,
            aliases=("laplacian", "laplacian_pyramid"),
        ),
        _entry(
            "rp",
            "pyramid:build_rp",
            _THREE,
            "Toet, Pattern Recognition Letters 9, 1989",
            min_size=33,
            aliases=("ratio_pyramid",),
        ),
        _entry(
            "mertens",
            "mertens:build",
            _MEF,
            "Mertens, Kautz, Van Reeth, Pacific Graphics 2007",
            min_size=2,
            aliases=("exposure_fusion",),
            notes="the author's MATLAB code; mertens_opencv is OpenCV's version",
        ),
        _entry(
            "mertens_opencv",
            "mertens:build_opencv",
            _MEF,
            "Mertens, Kautz, Van Reeth, Pacific Graphics 2007",
            notes="OpenCV's MergeMertens: float32, other pyramid depth and borders than the author's code",
        ),
    ]
)
