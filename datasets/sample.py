"""The embedded sample: scenes that the package makes itself, so that every suite runs with no download."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tcmoa_bench.datasets import scenes_mef, scenes_mff, scenes_vif
from tcmoa_bench.datasets.cache import made_once
from tcmoa_bench.datasets.dataset import Dataset
from tcmoa_bench.datasets.files import Tree
from tcmoa_bench.datasets.layouts import Folders, no_attributes
from tcmoa_bench.images import write_image
from tcmoa_bench.types import Image, Task

#: Part of the folder's name in the cache; to be raised whenever a pixel of a scene changes.
VERSION = 2

Scenes = Mapping[str, Callable[[], tuple[Image, ...]]]


@dataclass(frozen=True)
class Sample(Dataset):
    """A dataset that is drawn into the cache when it is first asked for.

    Attributes:
        folders: Folders of A, B and, if there is one, the reference.
        scenes: Functions that draw a scene, by pair name; they return A, B and the reference.
    """

    folders: tuple[str, ...] = ()
    scenes: Scenes = field(default_factory=dict)

    def find(self, data: Path | None, by_name: bool = False, tree: Tree | None = None) -> Path | None:
        """Its folder in the cache, made if need be; `data` does not matter."""
        files = tuple(f"{folder}/{name}.png" for folder in self.folders for name in self.scenes)
        return made_once(
            f"sample-v{VERSION}/{self.task.value}", files, partial(_draw, self.folders, self.scenes)
        )


def _draw(folders: tuple[str, ...], scenes: Scenes, root: Path) -> None:
    for name, scene in scenes.items():
        for folder, image in zip(folders, scene(), strict=True):
            write_image(root / folder / f"{name}.png", image)


def _time(name: str) -> Mapping[str, str]:
    """When a scene of the visible-infrared sample is."""
    return {"time": "night" if name == "street" else "day"}


def _sample(
    task: Task,
    title: str,
    folders: tuple[str, ...],
    scenes: Scenes,
    attributes: Callable[[str], Mapping[str, str]] = no_attributes,
) -> Sample:
    return Sample(
        name=f"sample_{task.value}",
        title=f"Sample ({title}; made by tcmoa-bench, no benchmark)",
        task=task,
        expected=len(scenes),
        source="Drawn by tcmoa-bench from formulas and from photographs that scikit-image's wheel carries.",
        layout=f"{', '.join(folders)} in sample-v{VERSION}/{task.value} of the cache folder.",
        licence="Free to use; the photographs are free, see scikit-image's documentation.",
        how_to_get="Nothing to get: it is drawn when it is first asked for.",
        layouts=(
            Folders(
                folders=((folders[0], folders[1]),),
                reference=folders[2] if len(folders) > 2 else "",
                hint=r"\bsample v\d+\b",
                attributes=attributes,
            ),
        ),
        folders=folders,
        scenes=scenes,
    )


DATASETS = (
    _sample(
        Task.VIF,
        "visible-infrared",
        ("visible", "infrared"),
        {
            "street": scenes_vif.street,
            "meadow": scenes_vif.meadow,
            "coffee": scenes_vif.coffee,
            "watchman": scenes_vif.watchman,
        },
        _time,
    ),
    _sample(
        Task.MEF,
        "multi-exposure",
        ("under", "over"),
        {
            "window": scenes_mef.window,
            "suit": scenes_mef.suit,
            "lamp": scenes_mef.lamp,
            "garage": scenes_mef.garage,
        },
    ),
    _sample(
        Task.MFF,
        "multi-focus",
        ("near", "far", "all_in_focus"),
        {
            "garage": scenes_mff.garage,
            "table": scenes_mff.table,
            "notice": scenes_mff.notice,
            "coins": scenes_mff.coins,
        },
    ),
)
