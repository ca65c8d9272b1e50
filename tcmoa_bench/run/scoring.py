"""Scoring files that somebody else fused: one triple or a list of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tcmoa_bench.images import read_image, show
from tcmoa_bench.lists import read_list
from tcmoa_bench.metrics import Area, Metric, Score, resolve
from tcmoa_bench.metrics.scene import Scene, Sources
from tcmoa_bench.types import BenchError, check_size, read_mask, read_pair


@dataclass(frozen=True)
class Triple:
    """Files to score, as the user named them, and what to compute.

    Attributes:
        a, b, fused: Paths.
        reference: Path of the ground truth, if any.
        metrics: Metrics to compute.
        base: Folder that relative paths are relative to.
        mask: Path of the mask, if any: the metrics' area says so.
        further: Paths of the sources after B, of a stack of more than two.
        beside_stacks: Whether others of its list may be stacks: all rows have the same fields.
        problem: Why the files cannot be told for certain; such a triple is not scored.
    """

    a: str
    b: str
    fused: str
    reference: str | None
    metrics: tuple[Metric, ...]
    base: Path = Path()
    mask: str | None = None
    problem: str = ""
    further: tuple[str, ...] = ()
    beside_stacks: bool = False


@dataclass(frozen=True)
class ScoredTriple:
    """A score with the files it belongs to; `failed` where the files could not be scored at all."""

    triple: Triple
    score: Score
    failed: bool = False

    def as_dict(self) -> dict[str, object]:
        """The fields of one JSON or CSV row."""
        triple = self.triple
        stacks = triple.further or triple.beside_stacks
        more = {"further": ";".join(map(show, triple.further))} if stacks else {}
        return {
            "a": show(triple.a),
            "b": show(triple.b),
            **more,
            "fused": show(triple.fused),
            **self.score.row(),
        }


def read_jobs(
    file: Path, metrics: Sequence[Metric], convention: str | None, border: int = 0, mask: Path | None = None
) -> list[Triple]:
    """Read a jobs CSV: columns `a,b,fused`, and optionally `metrics` (separated by `;` or blanks), `reference` and `mask`.

    A column `further` holds the sources after B, separated by semicolons.

    Args:
        file: The list.
        metrics: What to compute where a row names no metrics.
        convention: Of bare names.
        border: Pixels left out along each side.
        mask: Mask of the rows that name none.

    Raises:
        BenchError: The file or a column is missing, or it has no rows; the text names the line of a bad metric.
    """
    rows = read_list(file, ("a", "b", "fused"), "a,b,fused[,metrics,reference,mask,further]")
    if not rows:
        raise BenchError(f"{show(file)} has no rows; the columns a,b,fused are expected")
    triples = []
    for row in rows:
        cells = row.cells
        own = cells.get("metrics", "").replace(";", " ").replace(",", " ").split()
        try:
            chosen = tuple(resolve(own, convention)) if own and not row.problem else tuple(metrics)
            where = cells.get("mask") or (mask and str(mask.absolute())) or None
            area = Area(border, where is not None)
        except BenchError as error:
            raise BenchError(f"{show(file)}, line {row.line}: {error}") from None
        a, b, fused = (cells.get(column, "") for column in ("a", "b", "fused"))
        further = tuple(name for name in cells.get("further", "").split(";") if name)
        triples.append(
            Triple(
                a,
                b,
                fused,
                cells.get("reference") or None,
                tuple(replace(metric, area=area).for_sources(2 + len(further)) for metric in chosen),
                file.parent,
                where,
                row.problem,
                further,
                "further" in cells,
            )
        )
    return triples


def score_triples(triples: Sequence[Triple], strict: bool) -> Iterator[ScoredTriple]:
    """Score triples one by one, in order; consecutive ones with the same sources share what depends on them.

    Args:
        triples: What to score.
        strict: Raise at the first triple that cannot be scored, instead of giving null rows with the reason.

    Raises:
        BenchError: Only if `strict`; the text names the file and the remedy.
    """
    files: tuple[object, ...] | None = None
    sources: Sources | BenchError | None = None
    for triple in triples:
        try:
            if triple.problem:
                raise BenchError(triple.problem)
            wanted = (triple.a, triple.b, triple.reference, triple.mask, triple.further)
            if sources is None or files != wanted:
                sources = None  # freed before the next are made
                files, sources = wanted, _load_sources(triple)
            if isinstance(sources, BenchError):
                raise sources
            file = _locate(triple, triple.fused)
            fused = read_image(file)
            check_size(file, fused, _locate(triple, triple.a), sources.a.pixels)
            scene = Scene(sources, fused)
            scores = [metric.score(scene) for metric in triple.metrics]
        except (OSError, ValueError, BenchError, MemoryError) as error:
            reason = str(error)
            if isinstance(error, MemoryError):
                sources = None
                reason = f"{show(triple.fused)}: not enough memory to score it ({reason or 'out of memory'})"
            if strict:
                raise BenchError(reason) from error
            for metric in triple.metrics:
                yield ScoredTriple(triple, Score(metric, None, reason), failed=True)
            continue
        for score in scores:
            yield ScoredTriple(triple, score)


def _load_sources(triple: Triple) -> Sources | BenchError:
    """The sources, or why they cannot be had: the next triples with the same ones need not try again."""
    try:
        first = _locate(triple, triple.a)
        a, b = read_pair(first, _locate(triple, triple.b))
        further = [read_pair(first, _locate(triple, name))[1] for name in triple.further]
        reference = read_image(_locate(triple, triple.reference)) if triple.reference else None
    except (OSError, ValueError, BenchError) as error:
        return BenchError(str(error))
    try:
        mask = read_mask(_locate(triple, triple.mask)) if triple.mask else None
        if mask is not None:
            check_size(_locate(triple, triple.mask), mask, first, a)
        return Sources(a, b, reference, mask=lambda: mask, further=further)
    except ValueError as error:
        names = ", ".join(
            show(name) for name in (triple.a, triple.b, *triple.further, triple.reference) if name
        )
        return BenchError(f"{names}: {error}")


def _locate(triple: Triple, name: str | None) -> Path:
    """A path of a jobs file: relative to it if that exists, else to the current folder."""
    if not name:
        raise BenchError("an empty file name; a, b and fused are needed")
    beside = triple.base / name
    if not (beside.exists() or Path(name).exists()) and (triple.base / name.strip()).exists():
        raise BenchError(f"no such file: {name!r}; it exists without the blanks around its name")
    return beside if beside.exists() else Path(name)
