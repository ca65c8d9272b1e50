"""Suites: which datasets, fusers and metrics make one benchmark. Data, not code: TOML files, the user's own alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any

from tcmoa_bench.documents import parse
from tcmoa_bench.registry import unknown
from tcmoa_bench.types import BenchError


@dataclass(frozen=True)
class Published:
    """Fused images that come with a dataset.

    Attributes:
        dataset: The dataset's name.
        folder: Folder relative to the dataset's root; `{label}` in it stands for each label.
        labels: Methods to take from it.
    """

    dataset: str
    folder: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Suite:
    """One benchmark.

    Attributes:
        name: Short name.
        version: Raised when anything changes that changes scores.
        title: One line for tables and reports.
        datasets: Each a mapping with `name` and the adapter's options.
        metrics: Qualified metrics, conventions or profiles.
        fusers: Fuser specifications, as on the command line.
        sample: Embedded dataset that stands in where none of the datasets is on this machine.
        published: Fused images to score that come with a dataset.
        fused: Folders of fused images by label.
        commands: External commands by label.
        fused_maps: Lists of fused images (CSV) by label.
        recolor: Labels whose gray images get their sources' colours back: `full` or `studio`, the range of their luma.
        convention: Whose metric a bare name (`EN`) is.
        border: Pixels left out along each side when scores are computed.
        mask: Picture, or folder of one for each pair, that is white where pairs are measured.
        paper: Paper whose table is set beside the results.
        base: Folder that relative paths are relative to.
    """

    name: str
    version: int = 1
    title: str = ""
    datasets: tuple[Mapping[str, Any], ...] = ()
    metrics: tuple[str, ...] = ()
    fusers: tuple[str, ...] = ()
    sample: tuple[str, ...] = ()
    published: tuple[Published, ...] = ()
    fused: Mapping[str, str] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)
    fused_maps: Mapping[str, str] = field(default_factory=dict)
    recolor: Mapping[str, str] = field(default_factory=dict)
    convention: str = ""
    border: int = 0
    mask: str = ""
    paper: str = ""
    base: Path = field(default_factory=Path)


def suite_names() -> list[str]:
    """Names of the suites that ship with the package."""
    folder = resources.files("tcmoa_bench") / "suites"
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))


def load_suite(name_or_file: str) -> Suite:
    """A shipped suite by name, or a user's file by path.

    Raises:
        BenchError: No such suite or file, bad TOML, or keys that a suite does not have.
    """
    if name_or_file.endswith(".toml") or "/" in name_or_file:
        file = Path(name_or_file)
        if not file.is_file():
            raise BenchError(f"no such suite file: {name_or_file}")
        return _parse(file.read_bytes(), str(file), file.resolve().parent)
    if name_or_file not in suite_names():
        raise unknown("suite", name_or_file, suite_names())
    resource = resources.files("tcmoa_bench") / "suites" / f"{name_or_file}.toml"
    return _parse(resource.read_bytes(), f"suite {name_or_file}", Path.cwd())


def _parse(data: bytes, where: str, base: Path) -> Suite:
    content = parse(data, where, "TOML")
    known = {f.name for f in fields(Suite)} - {"base"}
    for key in content:
        if key not in known:
            raise BenchError(f"{where}: {unknown('key', key, known)}")
    if isinstance(content.get("recolor"), dict):
        content["recolor"] = {
            label: "full" if how is True else how for label, how in content["recolor"].items()
        }
    for key, kind in (("name", str), ("datasets", list), ("metrics", list)):
        if not isinstance(content.get(key), kind) or not content[key]:
            raise BenchError(f"{where}: `{key}` is missing or empty; see docs/adding-a-suite.md")
    for key, expected, what in (
        ("version", int, "a whole number"),
        ("title", str, "text"),
        ("paper", str, "text"),
        ("mask", str, "a picture or a folder of them"),
        ("border", int, "a number of pixels"),
        ("convention", str, "the name of a convention"),
        ("fused", dict, "a table of folders by label"),
        ("commands", dict, "a table of command lines by label"),
        ("fused_maps", dict, "a table of lists by label"),
        ("recolor", dict, "a table of `true`, `full` or `studio` by label"),
    ):
        value = content.get(key, expected())
        items = value.values() if isinstance(value, dict) else ()
        if type(value) is not expected or not all(isinstance(item, str) for item in items):
            raise BenchError(f"{where}: `{key}` is {what}, not {value!r}; see docs/adding-a-suite.md")
    if content.get("border", 0) < 0:
        raise BenchError(f"{where}: `border` is a number of pixels from 0, not {content['border']}")
    for item in content["datasets"]:
        if not isinstance(item, dict) or "name" not in item:
            raise BenchError(f"{where}: each [[datasets]] needs a `name`")
    sample = content.get("sample", ())
    sample = _strings((sample,) if isinstance(sample, str) else sample, where, "sample")
    try:
        published = tuple(
            Published(item["dataset"], item["folder"], tuple(item["labels"]))
            for item in content.get("published", ())
        )
    except (KeyError, TypeError) as error:
        raise BenchError(
            f"{where}: each [[published]] needs `dataset`, `folder` and `labels` ({error})"
        ) from None
    return Suite(
        name=content["name"],
        version=content.get("version", 1),
        title=content.get("title", content["name"]),
        datasets=tuple(content["datasets"]),
        metrics=_strings(content["metrics"], where, "metrics"),
        fusers=_strings(content.get("fusers", ()), where, "fusers"),
        sample=sample,
        published=published,
        fused=dict(content.get("fused", {})),
        commands=dict(content.get("commands", {})),
        fused_maps=dict(content.get("fused_maps", {})),
        recolor=dict(content.get("recolor", {})),
        convention=content.get("convention", ""),
        border=content.get("border", 0),
        mask=content.get("mask", ""),
        paper=content.get("paper", ""),
        base=base,
    )


def _strings(items: object, where: str, key: str) -> tuple[str, ...]:
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        raise BenchError(f"{where}: `{key}` is a list of names")
    return tuple(str(item) for item in items)
