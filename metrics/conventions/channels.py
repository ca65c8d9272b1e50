"""Views: how toolboxes take a formula of planes to colour files.

VIFB and MEFB go channel by channel and average; but each asks another image how many channels there are, and mixed pairs
(RGB visible, gray infrared) fail where the code indexes a channel that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tcmoa_bench.metrics.errors import Undefined
from tcmoa_bench.metrics.scene import Picture, Plane, Scene
from tcmoa_bench.metrics.settings import Colour, Gray, Scale

#: One gray-level problem: a plane of source A, of source B and of the fused image.
Triple = tuple[Plane, Plane, Plane]

NO_COLOUR_FOR_GRAY = (
    "a convention on gray levels (textbook, tang2023, mfif, liu) takes any mixture of channels"
)


def vifb_channels(scene: Scene, *, colour: Colour, in_: Scale) -> Sequence[Triple]:
    """VIFB's rule: the fused image's channels count.

    A gray fused image is compared with rgb2gray of the sources; a colour one channel by channel, with a gray
    infrared image standing for all three.

    Raises:
        Undefined: The fused image is in colour and source A is gray.
    """
    a, b, fused = scene.a, scene.b, scene.fused
    if not fused.is_colour:
        return _seen([(a.luma, b.luma, fused.luma)], colour, in_)
    if not a.is_colour:
        raise Undefined(
            "source A has one channel and the fused image three: VIFB indexes A's second channel; "
            + NO_COLOUR_FOR_GRAY
        )
    return _seen(_channels(a, b, fused), colour, in_)


def vifb_like_sources(scene: Scene, *, colour: Colour, in_: Scale) -> Sequence[Triple]:
    """VIFB's rule for formulas that never convert to gray."""
    if not scene.fused.is_colour and (scene.a.is_colour or scene.b.is_colour):
        raise Undefined(
            "a source has three channels and the fused image one: VIFB's code fails on that; "
            + NO_COLOUR_FOR_GRAY
        )
    return vifb_channels(scene, colour=colour, in_=in_)


def vifb_unrounded(scene: Scene, *, colour: Colour, in_: Scale) -> Sequence[Triple]:
    """VIFB's rule where the code converts to double before rgb2gray, which then does not round."""
    if scene.fused.is_colour:
        return vifb_channels(scene, colour=colour, in_=in_)
    return [scene.gray("bt601", in_)]


def mefb_channels(scene: Scene, *, colour: Colour, in_: Scale) -> Sequence[Triple]:
    """MEFB's rule: source A's channels count.

    With gray sources only the first channel of a colour fused image is looked at.

    Raises:
        Undefined: A is in colour and B or the fused image is gray, or A is gray and B in colour.
    """
    a, b, fused = scene.a, scene.b, scene.fused
    if a.is_colour != b.is_colour:
        raise Undefined(
            "one source has three channels, the other one: MEFB indexes a channel that is not there; "
            + NO_COLOUR_FOR_GRAY
        )
    if a.is_colour and not fused.is_colour:
        raise Undefined(
            "the sources have three channels and the fused image one: MEFB cannot compare them; "
            + NO_COLOUR_FOR_GRAY
        )
    return _seen(_channels(a, b, fused)[: a.planes], colour, in_)


def fused_channels(scene: Scene, *, colour: Colour, in_: Scale) -> Sequence[Triple]:
    """Every channel of the fused image, whatever the sources are: for metrics that look at nothing else."""
    fused = scene.fused
    return _seen(_channels(fused, fused, fused)[: fused.planes], colour, in_)


def mefb_fused_channels(scene: Scene, *, colour: Colour, in_: Scale) -> Sequence[Triple]:
    """The fused image's channels, of which MEFB sees only the first where source A is gray."""
    triples = fused_channels(scene, colour="mean-rgb", in_=in_)
    return _seen(triples if scene.a.is_colour else triples[:1], colour, in_)


def mefb_fused_unrounded(scene: Scene, *, colour: Colour, in_: Scale) -> Sequence[Triple]:
    """The fused image's channels; where source A is gray, its gray levels, not rounded."""
    if scene.fused.is_colour and not scene.a.is_colour:
        return [(scene.fused.plane("bt601").at(in_),) * 3]
    return fused_channels(scene, colour=colour, in_=in_)


def gray_of_colour(scene: Scene, *, gray: Gray, in_: Scale) -> Sequence[Triple]:
    """Gray levels of colour images.

    Raises:
        Undefined: An image is gray.
    """
    if not (scene.a.is_colour and scene.b.is_colour and scene.fused.is_colour):
        raise Undefined(
            "an image is gray: the reference calls rgb2gray on all three, which fails; MEF-SSIM@textbook takes both"
        )
    return [scene.gray(gray, in_)]


def on_any_scale(view: Callable[..., Sequence[Triple]]) -> Callable[..., Sequence[Triple]]:
    """A view for formulas that do not depend on the scale."""

    def levels(scene: Scene, *, colour: Colour) -> Sequence[Triple]:
        return view(scene, colour=colour, in_="uint8")

    return levels


def _channels(a: Picture, b: Picture, fused: Picture) -> list[Triple]:
    return [
        (a.channel_plane(k), b.channel_plane(k), fused.channel_plane(k))
        for k in range(3 if fused.is_colour or a.is_colour else 1)
    ]


def _seen(triples: Sequence[Triple], colour: Colour, scale: Scale) -> Sequence[Triple]:
    """Triples of channels on a scale: all of them, the first one, or one of planes that are put side by side."""
    scaled = [(a.at(scale), b.at(scale), fused.at(scale)) for a, b, fused in triples]
    if colour == "first":
        return scaled[:1]
    if colour == "side-by-side" and len(scaled) > 1:
        a, b, fused = (_wide(planes) for planes in zip(*scaled, strict=True))
        return [(a, b, fused)]
    return scaled


def _wide(planes: Sequence[Plane]) -> Plane:
    return Plane(np.concatenate([plane.levels for plane in planes], axis=1), planes[0].ledger, planes[0].full)
