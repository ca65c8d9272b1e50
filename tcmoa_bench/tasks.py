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
