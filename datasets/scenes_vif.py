"""Sample scenes, visible-infrared: texture and writing are visible only, warm bodies infrared only."""

from __future__ import annotations

import numpy as np

from tcmoa_bench.datasets.drawing import (
    Plane,
    blur,
    box,
    ellipse,
    finish,
    flat,
    luma,
    noise,
    over,
    photograph,
    polygon,
    ramp,
    rod,
    tint,
    union,
)
from tcmoa_bench.types import Image


def person(row: int, column: int, height: int, stride: int = 1) -> tuple[Plane, Plane]:
    """Mask and infrared levels of a walking person by the place of the feet and the height, in pixels."""
    head = ellipse(row - height * 92 // 100, column, height * 8 // 100, height * 6 // 100)
    trunk = rod(row - height * 76 // 100, column, row - height * 50 // 100, column, height * 10 // 100)
    step = stride * height * 12 // 100
    hips = row - height * 46 // 100
    thick = max(1, height * 5 // 100)
    legs = union(rod(hips, column, row, column - step, thick), rod(hips, column, row, column + step, thick))
    shoulder, hand = row - height * 78 // 100, row - height * 46 // 100
    thin = max(1, height * 4 // 100)
    arms = union(
        rod(shoulder, column, hand, column - step - thick, thin), rod(shoulder, column, hand, column + step + thick, thin)
    )
    heat = flat(0)
    for mask, level in ((legs, 176), (trunk, 206), (arms, 190), (head, 244)):
        heat = over(heat, flat(level), mask)
    return union(head, trunk, legs, arms), blur(heat, 1)


def warm(infrared: Plane, body: tuple[Plane, Plane]) -> Plane:
    """The infrared plane with a warm body in it."""
    mask, heat = body
    return over(infrared, np.maximum(infrared, heat), mask)


def street() -> tuple[Image, Image]:
    """A street at night: lit windows and a sign in the visible, three people and a warm car in infrared."""
    brick, gravel = photograph("brick", 40, 60), photograph("gravel", 100, 30)
    sign = np.broadcast_to(255 - photograph("page", 0, 20)[:70], (70, 320))
    sky = ramp(26, 8, 0)
    visible = np.stack([sky // 2, sky * 2 // 3, sky + 10], axis=-1)
    wall = box(30, 0, 165, 320)
    visible = over(visible, tint(brick, 78, 62, 50), wall)
    road = box(165, 0, 240, 320)
    visible = over(visible, tint(gravel, 58, 56, 60), road)
    infrared = over(ramp(22, 34, 0), ramp(64, 78, 0), wall)
    infrared = over(infrared, ramp(40, 62, 0), road)
    for left in (22, 84, 226, 276):
        pane, glow = box(52, left, 92, left + 26), ellipse(72, left + 13, 46, 40)
        visible = visible + tint(blur(glow, 9), 34, 26, 10)
        visible = over(visible, flat(236, 206, 128), pane)
        visible = over(visible, flat(60, 46, 30), union(box(70, left, 72, left + 26), box(52, left + 12, 92, left + 14)))
        infrared = over(infrared, flat(96), pane)
    board = box(50, 126, 110, 212)
    letters = np.zeros((240, 320), np.int32)
    letters[50:110, 126:212] = sign[2:62, 4:90]
    visible = over(visible, tint(letters, 90, 250, 190) + 12, board)
    infrared = over(infrared, flat(58), board)
    lamp = rod(44, 256, 180, 256, 2)
    visible = visible + tint(blur(ellipse(196, 256, 26, 70), 12), 70, 60, 36)
    visible = over(visible, flat(46, 46, 50), lamp)
    visible = over(visible, flat(255, 246, 214), ellipse(42, 256, 5, 9))
    infrared = over(infrared, flat(50), lamp)
    infrared = over(infrared, flat(150), blur(ellipse(42, 256, 5, 9), 1))
    body, roof = rod(196, 34, 196, 96, 13), polygon((172, 46), (172, 84), (190, 98), (190, 34))
    visible = over(visible, tint(luma(visible), 150, 160, 200) // 2 + 10, union(body, roof))
    infrared = over(infrared, flat(84), union(body, roof))
    infrared = over(infrared, flat(186), blur(ellipse(194, 94, 11, 14), 2))
    for column in (44, 88):
        wheel = ellipse(210, column, 9, 9)
        visible, infrared = over(visible, flat(10, 10, 12), wheel), over(infrared, flat(148), wheel)
        infrared = over(infrared, flat(96), ellipse(210, column, 4, 4))
    visible = over(visible, flat(255, 232, 170), ellipse(196, 108, 3, 2))
    for row, column, height, stride in ((206, 150, 74, 1), (190, 196, 56, -1), (218, 288, 82, 1)):
        mask, heat = person(row, column, height, stride)
        # Dark clothes at night: a shade darker than what is behind, no more.
        visible = over(visible, visible * 13 // 16, mask)
        infrared = warm(infrared, (mask, heat))
    return _sensors(visible, infrared, seed=11, visible_noise=5, infrared_noise=2)


def meadow() -> tuple[Image, Image]:
    """A meadow by day: leaves, gravel and a notice in the visible; two hidden people and a warm stone."""
    grass, gravel = photograph("grass", 120, 90), photograph("gravel", 40, 140)
    visible = tint(grass, 150, 210, 96)
    path = polygon((0, 196), (0, 238), (240, 176), (240, 80))
    visible = over(visible, tint(gravel, 232, 216, 186), path)
    shade = blur(union(ellipse(70, 70, 52, 66), ellipse(176, 266, 46, 60)), 6)
    visible = over(visible, visible * 7 // 16, shade)
    bush = union(ellipse(96, 66, 34, 44), ellipse(80, 96, 26, 30), ellipse(190, 262, 30, 46))
    leaves = photograph("grass", 240, 160)
    visible = over(visible, tint(leaves * 3 // 4, 96, 190, 84), bush)
    infrared = over(blur(grass, 4) // 4 + 66, ramp(150, 128, 0), path)
    infrared = over(infrared, infrared * 11 // 16, shade)
    infrared = over(infrared, blur(leaves, 3) // 6 + 44, bush)
    stone = ellipse(206, 120, 14, 22)
    visible = over(visible, tint(photograph("moon", 200, 120), 250, 240, 226), stone)
    infrared = over(infrared, ramp(196, 164, 0), stone)
    for row, column, height in ((128, 62, 76), (214, 258, 66)):
        mask, heat = person(row, column, height, 1)
        infrared = over(infrared, heat * 15 // 16, mask)
    post, board = rod(60, 286, 132, 286, 2), box(18, 250, 66, 316)
    visible = over(visible, flat(96, 74, 52), post)
    notice = np.zeros((240, 320), np.int32)
    notice[18:66, 250:316] = photograph("page", 60, 14)[:48, :66]
    visible = over(visible, tint(notice, 256, 252, 236), board)
    infrared = over(infrared, flat(92), union(post, board))
    return _sensors(visible, infrared, seed=23, visible_noise=2, infrared_noise=3)


def coffee() -> tuple[Image, Image]:
    """A cup on a table: grain and gloss in the visible; the hot drink and a hand's print in infrared."""
    visible = photograph("coffee", 0, 120)
    infrared = blur(luma(visible), 6) // 10 + 58
    infrared = over(infrared, flat(82), blur(ellipse(190, 158, 176, 190), 2))
    infrared = over(infrared, ramp(176, 116, 0), blur(union(ellipse(96, 172, 90, 112), rod(150, 172, 190, 172, 76)), 2))
    infrared = over(infrared, flat(204), ellipse(98, 172, 80, 100))
    infrared = over(infrared, 242 - blur(luma(visible), 2) // 12, blur(ellipse(142, 167, 56, 80), 1))
    infrared = over(infrared, flat(50), rod(196, 252, 150, 262, 9))
    palm = union(
        ellipse(214, 30, 18, 16), *(rod(206, 30 + dx // 2, 206 - dy, 30 + dx, 3) for dx, dy in ((-14, 32), (-4, 42), (7, 40), (17, 30)))
    )
    infrared = over(infrared, flat(150), blur(palm, 2))
    return _sensors(visible, infrared, seed=37, visible_noise=0, infrared_noise=2)


def watchman() -> tuple[Image, Image]:
    """A photographer in a field (gray): towers and grass blades in the visible; warm face, hidden walker."""
    visible = photograph("camera", 40, 60)
    soft = blur(visible, 1)
    sky = ramp(256, 0, 0) * (soft > 150).astype(np.int32)
    infrared = over(blur(visible, 5) // 6 + 74, flat(24), blur(np.minimum(256, sky * 2), 1))
    coat = (soft < 62).astype(np.int32) * 256
    coat[:, 228:] = 0
    infrared = over(infrared, flat(150), blur(coat, 2))
    for mask, level in ((ellipse(80, 150, 24, 20), 232), (ellipse(120, 206, 14, 22), 214)):
        infrared = over(infrared, flat(level), blur(mask, 1))
    infrared = warm(infrared, person(218, 292, 52, 1))
    return _sensors(visible, infrared, seed=41, visible_noise=0, infrared_noise=2)


def _sensors(
    visible: Plane, infrared: Plane, seed: int, visible_noise: int, infrared_noise: int
) -> tuple[Image, Image]:
    """Both planes as their sensors give them: noise, and a softer infrared picture."""
    grain = noise(seed, visible_noise)
    visible = visible + (grain[..., None] if visible.ndim == 3 else grain)
    return finish(visible), finish(blur(infrared, 1) + noise(seed + 1, infrared_noise))
