"""The tasks and the roles of their two sources; importable without NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Task(StrEnum):
    """What kind of sources are fused."""

    VIF = "vif"
    MEF = "mef"
    MFF = "mff"
    MED = "med"
    PAN = "pan"


#: What sources A and B are in each task. Every fuser and table relies on this order.
ROLES: Mapping[Task, tuple[str, str]] = {
    Task.VIF: ("visible", "infrared"),
    Task.MEF: ("under", "over"),
    Task.MFF: ("near", "far"),
    Task.MED: ("anatomical", "functional"),
    Task.PAN: ("panchromatic", "multispectral"),
}

#: How a remark begins that is of a pair's sources and not of a fused image.
OF_SOURCES = "sources: "


def exchanged(signs: Mapping[str, int], pairs: int) -> list[str]:
    """Sentences on sources that look exchanged in most of a dataset's pairs.

    Args:
        signs: Number of pairs by remark; those that do not begin with `OF_SOURCES` are left out.
        pairs: Number of pairs.
    """
    return [
        f"in {count} of {pairs} pairs {sign.removeprefix(OF_SOURCES)}: are A and B EXCHANGED?"
        for sign, count in signs.items()
        if sign.startswith(OF_SOURCES) and 2 * count > pairs
    ]
