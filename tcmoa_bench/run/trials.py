"""Trials as runs: fusers whose image, or whose sources, are damaged, each a row of the run like any other."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.damages import PROBE, STRESS, VERSION, Trial
from tcmoa_bench.images import pixel_hash
from tcmoa_bench.registry import unknown
from tcmoa_bench.run.fusers import FuserSpec, fuse_stack, parse_spec
from tcmoa_bench.types import BenchError, Fuser, FuserOptions, FuserRecord, Image, Pair, Tiling

#: `probe` damages the fused image, `stress` the sources.
Kind = Literal["probe", "stress"]
DAMAGES = {"probe": PROBE, "stress": STRESS}


@dataclass(frozen=True)
class TrialSpec(FuserSpec):
    """A fuser under one damage at one level.

    Attributes:
        base: The fuser.
        kind: What is damaged.
        trial: Damage and level.
    """

    base: FuserSpec
    kind: Kind
    trial: Trial

    def create(self, pairs: Sequence[Pair] = ()) -> Fuser:
        """Make the fuser and put the damage behind or before it."""
        known = _bases.get(self.base.label)
        if known is None or known[0] != self.base:
            known = _bases[self.base.label] = (self.base, self.base.create(pairs))
        return Damaged(self.base.label, known[1], self.kind, self.trial)

    def takes(self, record: FuserRecord, pair: Pair) -> bool:
        """As its base."""
        return self.base.takes(record, pair)

    def for_pair(self, inputs: Sequence[Path]) -> FuserSpec:
        """With its base's part for the pair."""
        return dataclasses.replace(self, base=self.base.for_pair(inputs))


#: What a process keeps: one copy of each fuser for all of its damages, and the last clean image, since a probe's cells of
#: a pair follow each other.
_bases: dict[str, tuple[FuserSpec, Fuser]] = {}
_clean: dict[tuple[str, ...], Image] = {}


def forget() -> None:
    """Drop what this process keeps."""
    _bases.clear()
    _clean.clear()


class Damaged:
    """A fuser with damaged sources, or with its image damaged."""

    stacks = True

    def __init__(self, label: str, base: Fuser, kind: Kind, trial: Trial) -> None:
        self._label, self._base, self._kind, self._trial = label, base, kind, trial
        own = base.record
        facts = [VERSION, kind, trial.damage, trial.level, own.fingerprint]
        self._record = dataclasses.replace(
            own, fingerprint=json.dumps(facts), aliases=(), notes=f"{trial.damage} {trial.level:g} ({kind})"
        )

    @property
    def record(self) -> FuserRecord:
        """The fuser's record; its fingerprint tells the damage."""
        return self._record

    @property
    def in_tiles(self) -> bool:
        """Whether the fuser made its last image in tiles."""
        return isinstance(self._base, Tiling) and self._base.in_tiles

    def inputs(self, pair: Pair) -> Sequence[Path]:
        """The fuser's."""
        return self._base.inputs(pair)

    def fuse(self, a: Image, b: Image, pair: Pair) -> NDArray[np.generic]:
        """The damaged fused image, or the fused image of damaged sources."""
        return self.fuse_stack((a, b), pair)

    def fuse_stack(self, images: Sequence[Image], pair: Pair) -> NDArray[np.generic]:
        """As `fuse`; a damage of both sources befalls all of a stack, one of A or B these."""
        damage, level = DAMAGES[self._kind][self._trial.damage], self._trial.level
        seed = f"{pair.dataset}/{pair.name}"
        a, b = images[:2]
        if self._kind == "probe":
            return damage(self._fused(images, pair), a, b, level, seed)
        names = ("a", "b", *(str(number) for number in range(3, len(images) + 1)))
        damaged = [
            damage(image, a, b, level, f"{seed}/{name}") if damage.source in (name, "both") else image
            for name, image in zip(names, images, strict=True)
        ]
        return fuse_stack(self._base, self._label, damaged, pair)

    def _fused(self, images: Sequence[Image], pair: Pair) -> Image:
        key = (self._label, self._base.record.fingerprint, *map(pixel_hash, images))
        if key not in _clean:
            _clean.clear()
            _clean[key] = fuse_stack(self._base, self._label, images, pair)
        return _clean[key]


def trial_specs(
    kind: Kind, fusers: Sequence[str], damages: Sequence[str] | None, options: FuserOptions
) -> tuple[FuserSpec, ...]:
    """Every fuser clean, then under each damage at each level.

    Args:
        kind: What is damaged.
        fusers: Fusers as the command line names them.
        damages: Names of `PROBE` or `STRESS`; None for all.
        options: Options of all fusers.

    Raises:
        BenchError: A fuser or a damage is not known.
    """
    known = DAMAGES[kind]
    for name in damages or ():
        if name not in known:
            raise unknown("damage", name, known)
    specs: list[FuserSpec] = []
    for text in fusers:
        base = parse_spec(text, options)
        if Trial.parse(base.label) is not None:
            raise BenchError(f"the fuser {base.label!r} is called like a trial; rename it")
        specs.append(base)
        for name in known if damages is None else dict.fromkeys(damages):
            for level in known[name].levels:
                trial = Trial(base.label, name, float(level))
                specs.append(TrialSpec(trial.label, base=base, kind=kind, trial=trial, options=options))
    return tuple(specs)
