"""From a kernel (two float images in, one out) to a fuser: colour policy, options, rounding."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.baselines.kernels.colour import POLICIES, Kernel, PartA, PartB, by_parts, per_channel
from tcmoa_bench.baselines.kernels.numeric import Float64Array, u8
from tcmoa_bench.types import BenchError, Computed, FuserError, FuserOptions, FuserRecord, Image, Pair


@dataclass(frozen=True)
class KernelFuser(Computed):
    """A fuser that applies a kernel under its record's colour policy.

    Attributes:
        record: Facts; `colour` names the policy, `min_size` the least height and width.
        kernel: Fuses two `float64` images on 0..255, both `H x W` or both `H x W x 3`; unrounded.
        half_away: Round halves away from zero, as the authors' MATLAB does, instead of leaving it to the
            caller.
        stacks: Whether the kernel takes more than two sources.
    """

    record: FuserRecord
    kernel: Kernel
    half_away: bool = True
    stacks: bool = False

    def fuse(self, a: Image, b: Image, pair: Pair) -> NDArray[np.generic]:
        """Fuse two sources; see `Fuser.fuse`.

        Raises:
            FuserError: The result is not finite.
        """
        return self.fuse_stack((a, b), pair)

    def fuse_stack(self, images: Sequence[Image], pair: Pair) -> NDArray[np.generic]:
        """Fuse two sources, or more if it `stacks`; see `Stacking.fuse_stack`, errors as `fuse`."""
        fused = POLICIES[self.record.colour](self.kernel, *(image.astype(np.float64) for image in images))
        if not self.half_away:
            return fused
        # Bytes no longer show what was no number; an unrounded result is checked by whoever rounds it.
        if not np.isfinite(fused).all():
            raise FuserError(f"{self.record.name}: the result of this pair is not finite; leave the pair out")
        return u8(fused)


def choose_colour(record: FuserRecord, options: FuserOptions, policies: tuple[str, ...]) -> FuserRecord:
    """The record with the colour policy that the user chose (`extra["colour"]`), or as it is.

    Raises:
        BenchError: A policy that the fuser does not know, or any other option.
    """
    unknown = sorted(set(options.extra) - {"colour"})
    if unknown:
        raise BenchError(f"{record.name} has no option {unknown[0]!r}; it knows: colour={'|'.join(policies)}")
    colour = options.extra.get("colour", record.colour)
    if colour not in policies:
        raise BenchError(f"{record.name} has no colour policy {colour!r}; it knows: {', '.join(policies)}")
    return dataclasses.replace(record, colour=colour)


def chosen(
    record: FuserRecord, options: FuserOptions, name: str, values: tuple[str, ...]
) -> tuple[str, FuserOptions]:
    """The value of an option (the first where it is not given), and the options without it.

    Raises:
        BenchError: A value that the option does not know.
    """
    value = options.extra.get(name, values[0])
    if value not in values:
        raise BenchError(f"{record.name} has no {name}={value}; it knows: {name}={'|'.join(values)}")
    others = {key: text for key, text in options.extra.items() if key != name}
    return value, dataclasses.replace(options, extra=others)


Builder = Callable[[FuserRecord, FuserOptions], KernelFuser]


def on_images(
    kernel: Kernel,
    policies: tuple[str, ...] = ("rgb", "luma"),
    *,
    half_away: bool = True,
    stacks: bool = False,
) -> Builder:
    """A fuser's `build` from a kernel that takes whole images, gray or colour; as many as there are if it `stacks`."""

    def build(record: FuserRecord, options: FuserOptions) -> KernelFuser:
        return KernelFuser(choose_colour(record, options, policies), kernel, half_away, stacks)

    return build


def on_parts(
    analyse_a: Callable[[Float64Array], PartA],
    analyse_b: Callable[[Float64Array], PartB],
    combine: Callable[[PartA, PartB], Float64Array],
) -> Builder:
    """A fuser's `build` from the analysis of each source's planes and a rule that fuses two of them."""
    return on_images(by_parts(analyse_a, analyse_b, combine))


def on_planes(kernel: Kernel, policies: tuple[str, ...] = ("rgb", "luma")) -> Builder:
    """A fuser's `build` from a kernel that takes single planes; colour channels are fused one by one."""
    return on_images(per_channel(kernel), policies)
