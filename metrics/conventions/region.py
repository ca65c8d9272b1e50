"""`region`: how visible the labelled objects of a pair are, without a detector.

For each object (a box, or a patch of a class map) its inside is compared with its surroundings, in F and in the source
that shows the object better. `region` takes all objects, `region-person` and `region-car` those of one class. All on
MATLAB's rounded gray image (BT.601), levels 0..255. A pair without labels, or without such an object, has null.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np

from tcmoa_bench.metrics.area import WHOLE, Area
from tcmoa_bench.metrics.core import Convention
from tcmoa_bench.metrics.formulas import regions
from tcmoa_bench.metrics.formulas.regions import Of, Seen
from tcmoa_bench.metrics.scene import Scene
from tcmoa_bench.metrics.settings import Gray


def objects(scene: Scene, *, gray: Gray, of: Of) -> Sequence[tuple[Seen, Seen, Seen]]:
    """What the objects look like in A, B and F."""
    a, b, fused = (regions.look(scene.sources, plane, of) for plane in scene.gray(gray))
    return [(a, b, fused)]


def each_object(scene: Scene, area: Area = WHOLE) -> list[dict[str, object]]:
    """Every labelled object by itself: which are the worst is not seen from a mean.

    Args:
        scene: The pair and its fused image.
        area: The part that is measured, as the scores have it: objects outside it are none, others are cut at its edges.

    Returns:
        For each its class `name`, its box in whole pixels of the whole picture (`left`, `top`, `right`, `bottom`, the
        latter two exclusive), and its contrast over the deviation around (the quantity of `SCR_gain`) in `a`, `b` and
        `fused`.

    Raises:
        Undefined: The pair has no labels, or no object, or there is no such area.
    """
    first = scene.sources.window(area)
    part = scene.within(area) if area else scene
    ((a, b, fused),) = objects(part, gray="bt601-round", of="all")
    found = []
    for number, item in enumerate(regions.regions(part.sources, "all")):
        rows, columns = np.nonzero(item.inside)
        top, left = (start.start + inner.start for start, inner in zip(first, item.window, strict=True))
        found.append(
            {
                "name": item.name,
                "left": int(left + columns.min()),
                "top": int(top + rows.min()),
                "right": int(left + columns.max() + 1),
                "bottom": int(top + rows.max() + 1),
                "a": float(a.clutter_ratio[number]),
                "b": float(b.clutter_ratio[number]),
                "fused": float(fused.clutter_ratio[number]),
            }
        )
    return found


def _define(of: Of) -> Convention:
    whose = "labelled objects" if of == "all" else f"labelled objects of the class {of}"
    convention = Convention(
        "region" if of == "all" else f"region-{of}",
        f"how visible the {whose} are, against the better source",
        view=objects,
        settings={"gray": "bt601-round", "of": of},
    )
    for name, function, differs in (
        ("Contrast_gain", regions.contrast_gain, ""),
        ("SCR_gain", regions.clutter_ratio_gain, ""),
        ("Edges_kept", regions.edges_kept, ""),
        ("EN", regions.entropy_inside, "the mean over the labelled objects, inside each"),
        ("Less_visible", regions.less_visible, ""),
    ):
        convention.define(name, function, differs=differs, needs_reference=True)
    return convention


REGION, *CLASSES = (_define(of) for of in get_args(Of))
