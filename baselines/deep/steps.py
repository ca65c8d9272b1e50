"""What a published fuser does around its network, as plain data: listing fusers must not import torch."""

from __future__ import annotations

from dataclasses import dataclass

from tcmoa_bench.types import Task

#: For `Steps.b_first`: networks that take infrared, or the over-exposed image, first whatever the task.
ALWAYS = tuple(Task)


@dataclass(frozen=True)
class Steps:
    """The steps around a network that one published result fixes; a family reads the fields that it has a choice in.

    Attributes:
        script: Whose preparation and saving is followed where several were published; the family's fuser says
            what each one does.
        rule: How the features of both sources become one where the network has several rules.
        b_first: Tasks in which source B is the network's first input.
        stretch: Whether the authors stretch the result's contrast on saving.
        clip: Leave that stretch out: the network's nominal scale, clipped.
    """

    script: str = ""
    rule: str = ""
    b_first: tuple[Task, ...] = ()
    stretch: bool = False
    clip: bool = False


def clip_name(name: str) -> str:
    """What the fuser `name` is called without its authors' contrast stretch."""
    return f"{name}_clip"
