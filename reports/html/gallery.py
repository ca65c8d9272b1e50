"""The pairs of a run with their pictures and scores, for the page and for its script."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tcmoa_bench.images import safe_name
from tcmoa_bench.reports.html.pictures import THUMBNAILS, data_urls, thumbnails
from tcmoa_bench.reports.html.standing import standing
from tcmoa_bench.reports.html.text import Anonymous, link
from tcmoa_bench.reports.summary import Run, rank_values
from tcmoa_bench.reports.tables.scores import labels, marks, number
from tcmoa_bench.reports.tables.table import MISSING
from tcmoa_bench.types import ROLES, Task

#: Pictures of a pair before the fused ones: A, B, reference. A stack's further sources come after the fused ones.
SOURCES = 3

#: Pairs that stand in the page for readers without a script; the script makes every pair from its data.
STATIC = 24

#: Objects in the list of the worst.
WORST = 40


@dataclass(frozen=True)
class Picture:
    """One picture of a pair: its place in `Gallery.pictures`, what it is, where it lies, or why it is not there."""

    index: int
    label: str
    role: str
    url: str | None = None
    absent: str = ""


@dataclass(frozen=True)
class PairView:
    """A pair as the page shows it; `scores` holds a row of (text, mark, reason) for each fuser."""

    number: int
    dataset: str
    name: str
    size: str
    pictures: Sequence[Picture]
    scores: Sequence[tuple[str, Sequence[tuple[str, str, str]]]]


@dataclass(frozen=True)
class WorstObject:
    """A labelled object in one fused image.

    Attributes:
        pair, picture: Places of the pair and of the fused picture, as the viewer counts them.
        name: Dataset and pair.
        fuser: Who fused it.
        kind: Its class.
        share: Visibility in F over that in the better source.
        better: The better source's role.
        box: Left, top, width, height.
    """

    pair: int
    picture: int
    name: str
    fuser: str
    kind: str
    share: float
    better: str
    box: tuple[int, int, int, int]


class Gallery:
    """Pairs of a run.

    Args:
        run: The run.
        fusers: Fusers in the page's order.
        metrics: The run's metric rows.
        clean: Takes machine paths out of messages.
        shown_folder: The run folder as commands on the page name it.

    Attributes:
        heads: Metrics' short names.
        pictures: For each pair the files of A, B, reference, the fused images and a stack's further sources, relative to
            the run folder.
        values: metrics x pairs x fusers, NaN where there is none.
        standing: pairs x fusers over all metrics, see `standing`.
    """

    def __init__(
        self, run: Run, fusers: Sequence[str], metrics: pd.DataFrame, clean: Anonymous, shown_folder: str
    ) -> None:
        self.run = run
        self.shown_folder = shown_folder
        self.fusers = list(fusers)
        self.metrics = metrics
        self.heads = labels(metrics)
        cells = {(c.dataset, c.pair, c.fuser): c for c in run.cells.itertuples()}
        self.messages: dict[tuple[str, str, str], str] = {
            key: clean(cell.message) for key, cell in cells.items() if cell.status == "failed"
        }
        self.pictures: list[list[str | None]] = [
            [
                self._file(name)
                for name in (
                    pair.view_a,
                    pair.view_b,
                    pair.view_reference,
                    *(
                        getattr(cells.get((pair.dataset, pair.pair, fuser)), "fused", None)
                        for fuser in self.fusers
                    ),
                    *(further["view"] for further in pair.further),
                )
            ]
            for pair in run.pairs.itertuples()
        ]
        self.values = _values(run, self.fusers, list(metrics["qualified"]))
        self.standing = standing(self.values, list(metrics["higher_is_better"]))
        keys = zip(
            run.scores["dataset"],
            run.scores["pair"],
            run.scores["fuser"],
            run.scores["qualified"],
            strict=True,
        )
        self.reasons = {
            key: reason
            for key, reason in zip(keys, run.scores["reason"], strict=True)
            if isinstance(reason, str)
        }

    def _file(self, name: object) -> str | None:
        """A file that is there, else None (pandas makes a null None or NaN, by the other values of the column)."""
        return name if isinstance(name, str) and name and (self.run.folder / name).is_file() else None

    def views(self, base: str) -> list[PairView]:
        """The first pairs as the page shows them without a script; `base` is the way from the page to the run folder."""
        views = []
        for i, pair in enumerate(self.run.pairs.head(STATIC).itertuples()):
            further = [f"Source {number}" for number in range(3, 3 + len(pair.further))]
            labels = [*_source_labels(pair), *self.fusers, *further]
            pictures = []
            for k, (label, file) in enumerate(zip(labels, self.pictures[i], strict=True)):
                role = "fused" if SOURCES <= k < SOURCES + len(self.fusers) else "source"
                if k == SOURCES - 1 and not file:
                    continue
                absent = self._absent(pair, label) if role == "fused" else "could not be read"
                pictures.append(Picture(k, label, role, link(file, base), absent))
            size = f"{pair.width:.0f} × {pair.height:.0f}" if pair.width == pair.width and pair.width else ""
            views.append(PairView(i, pair.dataset, pair.pair, size, pictures, self._scores(i)))
        return views

    def first(self, base: str) -> list[dict[str, object]]:
        """What the head of the page shows: the first pair with a picture, its sources and its two best fusers."""
        for i, pair in enumerate(self.run.pairs.itertuples()):
            labels = [*_source_labels(pair), *self.fusers]
            shown = [k for k in range(len(labels)) if k != SOURCES - 1 and self.pictures[i][k]][:4]
            if shown:
                url = partial(link, base=base)
                return [
                    {
                        "pair": i,
                        "index": k,
                        "label": labels[k],
                        "name": pair.pair,
                        "url": url(self.pictures[i][k]),
                    }
                    for k in shown
                ]
        return []

    def _absent(self, pair: Any, fuser: str) -> str:
        key = (pair.dataset, pair.pair, fuser)
        if key in self.messages:
            return f"failed: {self.messages[key]}"
        return "not run, or its picture is not in the run folder"

    def _scores(self, i: int) -> list[tuple[str, list[tuple[str, str, str]]]]:
        dataset, pair = self.run.pairs.iloc[i][["dataset", "pair"]]
        rows: list[tuple[str, list[tuple[str, str, str]]]] = [(fuser, []) for fuser in self.fusers]
        for row, line in zip(self.metrics.itertuples(), self.values[:, i, :], strict=True):
            values = {
                fuser: float(value) if np.isfinite(value) else None
                for fuser, value in zip(self.fusers, line, strict=True)
            }
            marked = marks(rank_values(values, bool(row.higher_is_better)))
            for fuser, cells in rows:
                value = values[fuser]
                if value is None:
                    cells.append((MISSING, "", self.reasons.get((dataset, pair, fuser, row.qualified), "")))
                else:
                    cells.append((number(value), marked[fuser], ""))
        return rows

    def _thumbnails(self) -> list[list[str | None]]:
        """Data URLs of the first pairs' pictures; the other pairs show the pictures themselves."""
        flat = [name for names in self.pictures for name in names]
        urls = data_urls(thumbnails(self.run.folder, flat[:THUMBNAILS]))
        each = iter([*urls, *[None] * (len(flat) - len(urls))])
        return [[next(each) for _ in names] for names in self.pictures]

    def worst_objects(self) -> list[WorstObject]:
        """Labelled objects that a fused image shows worse than the better source does, the worst first.

        By contrast over the deviation around, as `SCR_gain@region` has it; runs with a metric of `region` keep the values.
        """
        found: list[WorstObject] = []
        if not (self.run.folder / "objects").is_dir():
            return found
        for i, pair in enumerate(self.run.pairs.itertuples()):
            for k, fuser in enumerate(self.fusers):
                for item in _read_json(self.run.folder / f"objects/{safe_name(fuser)}/{_stem(pair)}.json"):
                    best = max(item["a"], item["b"])
                    if item["fused"] < best:
                        left, top, right, bottom = (item[edge] for edge in ("left", "top", "right", "bottom"))
                        found.append(
                            WorstObject(
                                pair=i,
                                picture=k + SOURCES,
                                name=f"{pair.dataset} {pair.pair}",
                                fuser=fuser,
                                kind=item["name"],
                                share=item["fused"] / best,
                                better=ROLES[Task(pair.task)][0 if item["a"] >= item["b"] else 1],
                                box=(left, top, right - left, bottom - top),
                            )
                        )
        return sorted(found, key=lambda item: item.share)[:WORST]

    def data(self, base: str, files: str, with_pixels: int) -> dict[str, object]:
        """What the page's scripts work with (`static/scores.js`, `static/viewer.js`)."""
        fuser_at = {name: i for i, name in enumerate(self.fusers)}
        metric_at = {name: i for i, name in enumerate(self.metrics["qualified"])}
        pair_at = {(p.dataset, p.pair): i for i, p in enumerate(self.run.pairs.itertuples())}
        meanings = self.run.meta.get("meanings", {})
        return {
            "title": self.run.caption(),
            "run": self.shown_folder,
            "fusers": self.fusers,
            "metrics": [
                {
                    "name": head,
                    "up": bool(row.higher_is_better),
                    "signature": row.signature,
                    "words": meanings.get(row.qualified, ""),
                }
                for head, row in zip(self.heads, self.metrics.itertuples(), strict=True)
            ],
            "pairs": [
                {
                    "d": pair.dataset,
                    "p": pair.pair,
                    "w": pair.width,
                    "h": pair.height,
                    "roles": _roles(pair),
                    "pics": [link(name, base) for name in names],
                    "thumbs": thumbs,
                    "boxes": _read_json(self.run.folder / f"labels/{_stem(pair)}.json"),
                    "map": link(self._file(f"labels/{_stem(pair)}.png"), base),
                    "colours": _read_json(self.run.folder / f"labels/{_stem(pair)}.colours.json"),
                    "prompts": [(stem, link(name, base)) for stem, name in self._prompts(pair)],
                }
                for pair, names, thumbs in zip(
                    self.run.pairs.itertuples(), self.pictures, self._thumbnails(), strict=True
                )
            ],
            "overall": [_short(value) for value in self.standing.ravel()],
            "values": [[_short(value) for value in plane.ravel()] for plane in self.values],
            "reasons": {
                f"{metric_at[metric]}/{pair_at[dataset, pair]}/{fuser_at[fuser]}": reason
                for (dataset, pair, fuser, metric), reason in self.reasons.items()
            },
            "messages": {
                f"{pair_at[dataset, pair]}/{fuser_at[fuser] + SOURCES}": message
                for (dataset, pair, fuser), message in self.messages.items()
            },
            "missing": MISSING,
            "files": files,
            "pixels": with_pixels,
        }

    def _prompts(self, pair: Any) -> Iterable[tuple[str, str]]:
        """Prompt maps of TC-MoA that lie in the run folder."""
        folder = f"prompts/{_stem(pair)}"
        return [
            (file.stem, f"{folder}/{file.name}") for file in sorted((self.run.folder / folder).glob("*.png"))
        ]


def _stem(pair: Any) -> str:
    return f"{safe_name(pair.dataset)}/{safe_name(pair.pair)}"


def _read_json(file: Path) -> list[Any]:
    """A list that the run left; empty where there is none."""
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return []
    return content if isinstance(content, list) else []


def _roles(pair: Any) -> tuple[str, str]:
    """What A and B are; in a stack they are the first two of equals."""
    return ("source 1", "source 2") if pair.further else ROLES[Task(pair.task)]


def _source_labels(pair: Any) -> tuple[str, str, str]:
    a, b = _roles(pair)
    return f"A: {a}", f"B: {b}", "Reference"


def _short(value: float) -> float | None:
    """Six significant digits are more than a screen shows; the full ones are in the run's scores."""
    return float(f"{value:.6g}") if np.isfinite(value) else None


def _values(run: Run, fusers: Sequence[str], metrics: Sequence[str]) -> NDArray[np.float64]:
    array = np.full((len(metrics), len(run.pairs), len(fusers)), np.nan)
    pair_at = {key: i for i, key in enumerate(zip(run.pairs["dataset"], run.pairs["pair"], strict=True))}
    fuser_at = {name: i for i, name in enumerate(fusers)}
    metric_at = {name: i for i, name in enumerate(metrics)}
    scores = run.scores
    pairs = [pair_at[key] for key in zip(scores["dataset"], scores["pair"], strict=True)]
    where = (
        [metric_at[name] for name in scores["qualified"]],
        pairs,
        [fuser_at[name] for name in scores["fuser"]],
    )
    array[where] = scores["value"]
    return array
