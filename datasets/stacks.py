"""Stacks of more than two sources of a scene: a folder for each scene, or one folder of numbered or lettered files."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tcmoa_bench.datasets.exposure import mean_luminances
from tcmoa_bench.datasets.files import Tree, natural_key, split_name
from tcmoa_bench.datasets.layouts import members
from tcmoa_bench.datasets.matching import Found, Match, by_loose_key, loose, match_files
from tcmoa_bench.images import pair_name, show
from tcmoa_bench.types import BenchError

#: Folders beside the scenes' that hold a ground truth for each of them.
_TRUTHS = re.compile(r"labels?|references?|gt|ground[ _-]?truth", re.IGNORECASE)

#: A scene's name and what tells its pictures apart: `lytro-01-A`, `tower_3`.
_MEMBER = re.compile(r"(.+)[ _.-](?:[A-Za-z]|[0-9]+)", re.DOTALL)


def scan_stacks(root: Path, by_light: bool) -> Found:
    """Every scene below a folder with all of its pictures.

    Args:
        root: Holds a folder of pictures for each scene (and one of ground truths, `Label/` in SICE), or all pictures,
            named by scene and a number or letter (`lytro-01-A.jpg`).
        by_light: Order a scene's pictures from dark to bright; else by name.

    Raises:
        BenchError: There is no such folder, or no scene in it.
    """
    root, tree = Path(root), Tree()
    if not root.is_dir():
        raise BenchError(f"no folder {show(root)} of stacks; give the folder that holds the scenes")
    listing = tree.entries(root)
    truths: list[Path] = []
    if listing.pictures:
        scenes = _grouped([root / name for name in listing.pictures])
        ignored = [root / name for name in (*listing.folders, *listing.ignored)]
    else:
        scenes, ignored = {}, [root / name for name in listing.ignored]
        for name in listing.folders:
            inside = tree.entries(root / name)
            pictures = [root / name / file for file in inside.pictures]
            ignored += [root / name / file for file in inside.ignored]
            if _TRUTHS.fullmatch(name):
                truths += pictures
            elif pictures:
                scenes[name] = pictures
    alone = [pictures[0] for pictures in scenes.values() if len(pictures) == 1]
    whole = {name: pictures for name, pictures in scenes.items() if len(pictures) > 1}
    if not whole:
        raise BenchError(
            f"0 stacks in {show(root)}: looked for a folder of pictures for each scene, or for files called "
            "scene_1.png, scene_2.png, ... (or scene-A.png, scene-B.png, ...)"
        )
    levels = mean_luminances(path for pictures in whole.values() for path in pictures) if by_light else {}
    references = by_loose_key(truths, lambda path: split_name(path.name)[0])
    matches = []
    for name, pictures in whole.items():
        ordered = sorted(pictures, key=lambda path: levels[path]) if by_light else pictures
        truth = references.get(loose(name), ())
        problem = _several_truths(truth) if len(truth) > 1 else _several_scenes(root, name, pictures)
        matches.append(
            Match(
                pair_name(name),
                ordered[0],
                ordered[1],
                truth[0] if truth else None,
                problem=problem,
                further=tuple(ordered[2:]),
            )
        )
    return Found(tuple(matches), tuple(alone), (), tuple(ignored))


def with_further(found: Found, folders: Sequence[Path]) -> Found:
    """Pairs of two folders with their further sources, matched to A by stem; a pair that lacks one fails when it is read."""
    tree = Tree()
    files = [match.a for match in found.matches]
    matches = {match.a: match for match in found.matches}
    strangers: list[Path] = []
    for folder in folders:
        if not folder.is_dir():
            raise BenchError(f"no folder {show(folder)} of further sources; give the folder that holds them")
        pictures, key, _ = members(folder, r"(.+)", tree)
        own = match_files(files, pictures, lambda path: split_name(path.name)[0], key)
        strangers += own.unmatched_b
        partner = {match.a: match for match in own.matches}
        for a, match in matches.items():
            hit = partner.get(a)
            missing = f"no picture with the stem of {show(a.name)} in {show(folder)}"
            matches[a] = replace(
                match,
                problem=match.problem or (missing if hit is None else hit.problem),
                further=(*match.further, folder / a.name if hit is None else hit.b),
            )
    return replace(found, matches=tuple(matches.values()), unmatched_b=(*found.unmatched_b, *strangers))


def _grouped(pictures: Sequence[Path]) -> dict[str, list[Path]]:
    """Pictures by scene, in natural order of the scenes and within them; names of another form are scenes of their own."""
    groups: dict[str, list[Path]] = defaultdict(list)
    for picture in pictures:
        stem = split_name(picture.name)[0]
        hit = _MEMBER.fullmatch(stem)
        groups[hit[1] if hit else stem].append(picture)
    return {
        name: sorted(groups[name], key=lambda path: natural_key(path.name))
        for name in sorted(groups, key=natural_key)
    }


def _several_truths(files: Sequence[Path]) -> str:
    return f"several ground truths: {', '.join(show(file.name) for file in files)}; keep one"


def _several_scenes(root: Path, name: str, pictures: Sequence[Path]) -> str:
    """Why a folder is no scene: its files are named like several; empty where it is one."""
    groups = _grouped(pictures)
    if pictures[0].parent == root or len(groups) == 1 or any(len(own) == 1 for own in groups.values()):
        return ""
    return (
        f"the files of {show(name)} are named like {len(groups)} scenes ({', '.join(map(show, list(groups)[:3]))}): "
        "if it holds stacks, give that folder"
    )
