"""Procedural pairs for the shipped weights' recorded pictures; anyone may copy them.

    python -m tests.tcmoa.scenes

fuses them with the shipped weights and writes the recordings. Run it when the weights change, and look.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from tcmoa_bench.images import write_image
from tcmoa_bench.tcmoa.fuser import build_tiny
from tcmoa_bench.tcmoa.records import ENTRIES
from tcmoa_bench.types import FuserOptions, Image, Pair, Task

RECORDED = Path(__file__).parent / "recorded"
TASKS = (Task.VIF, Task.MEF, Task.MFF)


def street() -> Image:
    """A drawn street `160 x 200 x 3`: houses with windows, a road, a car."""
    scene = np.full((160, 200, 3), (120, 160, 210), np.uint8)
    for i, (left, top) in enumerate(((0, 40), (55, 20), (120, 55))):
        cv2.rectangle(scene, (left, top), (left + 50, 120), (170 - 40 * i, 110 + 20 * i, 70 + 30 * i), -1)
        for y in range(top + 8, 110, 18):
            for x in range(left + 6, left + 44, 14):
                cv2.rectangle(scene, (x, y), (x + 7, y + 9), (40, 50, 60), -1)
    cv2.rectangle(scene, (0, 120), (200, 160), (90, 90, 95), -1)
    cv2.rectangle(scene, (130, 118), (180, 140), (190, 40, 40), -1)
    texture = np.random.default_rng(5).integers(-10, 11, (160, 200, 1))
    return (scene.astype(int) + texture).clip(0, 255).astype(np.uint8)


def scene_pair(task: Task) -> tuple[Image, Image]:
    """Sources A and B of a task."""
    scene = street()
    if task is Task.VIF:
        thermal = cv2.GaussianBlur(255 - cv2.cvtColor(scene, cv2.COLOR_RGB2GRAY), (9, 9), 3) // 3
        cv2.ellipse(thermal, (95, 128), (5, 16), 0, 0, 360, 240, -1)
        return (scene * 0.4).astype(np.uint8), thermal
    if task is Task.MEF:
        return (scene * 0.3).astype(np.uint8), (scene.astype(int) * 2 - 60).clip(0, 255).astype(np.uint8)
    blurred = cv2.GaussianBlur(scene, (11, 11), 3)
    near, far = scene.copy(), scene.copy()
    near[:, :100], far[:, 100:] = blurred[:, :100], blurred[:, 100:]
    return near, far


def fuse_scene(task: Task) -> Image:
    """A task's scene, fused with the shipped weights."""
    fuser = build_tiny(ENTRIES[0].record, FuserOptions())
    return fuser.fuse(*scene_pair(task), Pair("scenes", str(task), task, Path("a"), Path("b")))


if __name__ == "__main__":
    for task in TASKS:
        write_image(RECORDED / f"{task}.png", fuse_scene(task))
