"""How toolboxes take a gray-level formula to colour files: VIFB and MEFB channel by channel, Liu's on gray.

VIFB and MEFB average over the channels and never convert a colour result to gray; but each asks another image
how many channels there are, and mixed pairs (RGB visible, gray infrared) fail where the code indexes a channel
that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tcmoa_bench.metrics.core import Undefined
from tcmoa_bench.metrics.scene import Plane, Scene

#: One gray-level problem: a plane of source A, of source B and of the fused image.
Triple = tuple[Plane, Plane, Plane]
Formula = Callable[..., float]
Rule = Callable[[Scene], Sequence[Triple]]


def vifb_triples(scene: Scene) -> list[Triple]:
    """VIFB's rule: the fused image's channels count.

    A gray fused image is compared with rgb2gray of the sources; a colour one channel by channel, with a gray
    infrared image standing for all three.

    Raises:
        Undefined: The fused image is in colour and source A is gray.
    """
    a, b, fused = scene.a, scene.b, scene.fused
    if not fused.is_colour:
        return [(a.luma, b.luma, fused.luma)]
    if not a.is_colour:
        raise Undefined("source A has one channel and the fused image three: VIFB indexes A's second channel")
    return [(a.channel_plane(k), b.channel_plane(k), fused.channel_plane(k)) for k in range(3)]


def mefb_triples(scene: Scene) -> list[Triple]:
    """MEFB's rule: source A's channels count.

    With gray sources only the first channel of a colour fused image is looked at.

    Raises:
        Undefined: A is in colour and B or the fused image is gray, or A is gray and B in colour.
    """
    a, b, fused = scene.a, scene.b, scene.fused
    if a.is_colour != b.is_colour:
        raise Undefined(
            "one source has three channels, the other one: MEFB indexes a channel that is not there"
        )
    if a.is_colour and not fused.is_colour:
        raise Undefined("the sources have three channels and the fused image one: MEFB cannot compare them")
    count = 3 if a.is_colour else 1
    return [(a.channel_plane(k), b.channel_plane(k), fused.channel_plane(k)) for k in range(count)]


def fused_channels(scene: Scene) -> list[Triple]:
    """Every channel of the fused image, whatever the sources are: for metrics that look at nothing else."""
    fused = scene.fused
    return [(fused.channel_plane(k),) * 3 for k in range(fused.planes)]


def gray(scene: Scene) -> list[Triple]:
    """One triple of MATLAB's rounded gray levels."""
    return [scene.gray("bt601-round")]


def per_channel(formula: Formula, rule: Rule) -> Callable[..., float]:
    """The mean of a formula over the channels that a rule picks; one channel's NaN makes it NaN.

    Returns:
        A function of a scene, and of the formula's keyword arguments, with the formula's docstring.
    """

    def score(scene: Scene, **arguments: object) -> float:
        values = [formula(*triple, **arguments) for triple in rule(scene)]
        return sum(values) / len(values)

    score.__doc__ = formula.__doc__
    return score
