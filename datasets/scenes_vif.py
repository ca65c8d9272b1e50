"""Sample scenes, visible-infrared: texture and writing are visible only, warm bodies infrared only."""

from __future__ import annotations

import numpy as np

from tcmoa_bench.datasets.drawing import (
    Canvas,
    blur,
    box,
    ellipse,
    finish,
    flat,
    luma,
    noise,
    over,
    pasted,
    photograph,
    polygon,
    ramp,
    rod,
    tint,
    union,
)
from tcmoa_bench.types import Image


def person(row: int, column: int, height: int, stride: int = 1) -> tuple[Canvas, Canvas]:
    """Mask and infrared levels of a walking person by the place of the feet and the height, in pixels."""
    part = [height * hundredths // 100 for hundredths in range(101)]
    head = ellipse(row - part[93], column, part[7], max(2, part[5]))
    trunk = polygon(
        (row - part[84], column - part[11]),
        (row - part[84], column + part[11]),
        (row - part[46], column + part[8]),
        (row - part[46], column - part[8]),
    )
    step, thick, thin = stride * part[11], max(1, part[5]), max(1, part[3])
    legs = union(
        *(rod(row - part[46], column + side * part[4], row, column + side * step, thick) for side in (-1, 1))
    )
    arms = union(
        *(
            rod(
                row - part[81],
                column + side * part[11],
                row - part[45],
                column + side * (part[13] + step // 3),
                thin,
            )
            for side in (-1, 1)
        )
    )
    heat = flat(0)
    for mask, level in ((legs, 176), (trunk, 206), (arms, 190), (head, 244)):
        heat = over(heat, flat(level), mask)
    return union(head, trunk, legs, arms), blur(heat, 1)


def warm(infrared: Canvas, body: tuple[Canvas, Canvas]) -> Canvas:
    """The infrared plane with a warm body in it."""
    mask, heat = body
    return over(infrared, np.maximum(infrared, heat), mask)


def street() -> tuple[Image, Image]:
    """A street at night: lit windows and a sign in the visible, three people and a warm car in infrared."""
    brick, gravel = photograph("brick", 0, 0, shrink=2, turned=True), photograph("gravel", 0, 0, shrink=2)
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
        visible = over(
            visible, flat(60, 46, 30), union(box(70, left, 72, left + 26), box(52, left + 12, 92, left + 14))
        )
        infrared = over(infrared, flat(96), pane)
    board = box(52, 128, 92, 202)
    letters = pasted(255 - photograph("page", 2, 0)[:40, :74], 52, 128)
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
    notice = pasted(photograph("page", 46, 0)[:48, :66], 18, 250)
    visible = over(visible, tint(notice, 256, 252, 236), board)
    infrared = over(infrared, flat(92), union(post, board))
    return _sensors(visible, infrared, seed=23, visible_noise=2, infrared_noise=3)


def coffee() -> tuple[Image, Image]:
    """A cup on a table: grain and gloss in the visible; the hot drink and a hand's print in infrared."""
    visible = photograph("coffee", 0, 120)
    infrared = blur(luma(visible), 6) // 10 + 58
    infrared = over(infrared, flat(82), blur(ellipse(190, 158, 176, 190), 2))
    infrared = over(
        infrared, ramp(176, 116, 0), blur(union(ellipse(96, 172, 90, 112), rod(150, 172, 190, 172, 76)), 2)
    )
    infrared = over(infrared, flat(204), ellipse(98, 172, 80, 100))
    infrared = over(infrared, 242 - blur(luma(visible), 2) // 12, blur(ellipse(142, 167, 56, 80), 1))
    infrared = over(infrared, flat(50), rod(196, 252, 150, 262, 9))
    palm = union(
        ellipse(214, 30, 18, 16),
        *(
            rod(206, 30 + dx // 2, 206 - dy, 30 + dx, 3)
            for dx, dy in ((-14, 32), (-4, 42), (7, 40), (17, 30))
        ),
    )
    infrared = over(infrared, flat(150), blur(palm, 2))
    return _sensors(visible, infrared, seed=37, visible_noise=0, infrared_noise=2)


def watchman() -> tuple[Image, Image]:
    """A photographer in a field (gray): towers and grass blades in the visible; warm face, hidden walker."""
    visible = photograph("camera", 40, 60)
    infrared = over(
        over(ramp(18, 44, 0), flat(70), box(140, 180, 193, 320)), flat(92), ellipse(140, 302, 14, 20)
    )
    infrared = over(infrared, blur(visible, 4) // 5 + 60, box(193, 0, 240, 320))
    infrared = over(infrared, flat(46), rod(176, 232, 240, 232, 3))
    infrared = over(infrared, flat(116), box(100, 206, 142, 262))
    sleeve = union(rod(185, 118, 168, 168, 17), rod(240, 190, 186, 216, 14))
    coat = polygon((84, 60), (66, 95), (100, 118), (170, 140), (240, 140), (240, 0), (120, 0), (100, 20))
    infrared = over(infrared, blur(visible, 2) * 3 // 4 + 112, blur(union(coat, sleeve), 1))
    infrared = over(infrared, flat(186), union(ellipse(168, 170, 16, 16), ellipse(158, 256, 22, 13)))
    infrared = over(infrared, flat(158), blur(ellipse(67, 155, 43, 52), 1))
    face = polygon(
        (85, 125), (86, 165), (98, 188), (130, 194), (145, 182), (158, 168), (150, 140), (115, 120)
    )
    infrared = over(infrared, flat(236), blur(face, 1))
    infrared = warm(infrared, person(222, 290, 62))
    return _sensors(visible, infrared, seed=41, visible_noise=0, infrared_noise=2)


def _sensors(
    visible: Canvas, infrared: Canvas, seed: int, visible_noise: int, infrared_noise: int
) -> tuple[Image, Image]:
    """Both planes as their sensors give them: noise, and a softer infrared picture; RGB both, as LLVIP's files are."""
    grain = noise(seed, visible_noise)
    visible = visible + (grain[..., None] if visible.ndim == 3 else grain)
    return _rgb(finish(visible)), _rgb(finish(blur(infrared, 1) + noise(seed + 1, infrared_noise)))


def _rgb(image: Image) -> Image:
    return image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
