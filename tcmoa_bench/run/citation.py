"""What a paper has to say of a run: methods in plain prose, the references as BibTeX, a short form for a caption."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import TypeVar

from tcmoa_bench.datasets import DATASETS
from tcmoa_bench.metrics import CONVENTIONS
from tcmoa_bench.registry import Registry
from tcmoa_bench.reports.summary import Run
from tcmoa_bench.types import BenchError

T = TypeVar("T")

#: What `gray:` and `colour:` of a signature mean, in words.
_GRAY: Mapping[str, str] = {
    "bt601-round": "colour images are converted to gray by BT.601 luma, rounded to 8 bits",
    "mean-rgb": "the value is the mean over the R, G and B channels",
    "rgb": "the three channels are measured together",
    "side-by-side": "the channels are laid side by side",
}

_TEX: Mapping[str, str] = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "|": r"\textbar{}",
    "<": r"\textless{}", ">": r"\textgreater{}",
}  # fmt: skip

_YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)\b(?!\.\d)")  # not the months of arXiv's numbers
_CITED = "  cited = {"


@dataclass(frozen=True)
class Source:
    """A work that a run rests on.

    Attributes:
        key: BibTeX key: the shipped entry's, else first author and year.
        text: As the suite names it.
        entry: Its BibTeX entry; one made of the text where the shipped file has none.
    """

    key: str
    text: str
    entry: str


@dataclass(frozen=True)
class Citation:
    """What to write of a run.

    Attributes:
        methods: One paragraph.
        caption: Short form for a caption.
        sources: Works cited, in the order of the paragraph.
    """

    methods: str
    caption: str
    sources: tuple[Source, ...]

    @property
    def bibtex(self) -> str:
        """The entries of all works cited, each once."""
        return "\n".join(source.entry for source in self.sources)


def cite(run: Run, latex: bool = False) -> Citation:
    r"""The citation of a finished run.

    Args:
        run: The run.
        latex: Whether works appear as `\cite{key}` and the text is escaped for LaTeX.

    Raises:
        BenchError: The run has no finished cell.
    """
    done = run.cells[run.cells["status"] == "done"]
    if done.empty:
        raise BenchError(f"{run.folder} has no finished cell; there is nothing to cite")
    works = _Works(latex)
    parts = [
        _opening(run, works),
        _fusers(run, works),
        _metrics(run, works),
        _averaging(run),
    ]
    short = "; ".join(str(row.signature).partition("|")[0] for row in run.metrics.itertuples())
    pairs = f"{len(run.pairs)} pairs"
    caption = f"Means over {pairs} ({', '.join(_counted(run))}). Metrics: {short}."
    return Citation(
        " ".join(part for part in parts if part), works.plain(caption), tuple(works.cited.values())
    )


class _Works:
    """Works as they are cited one after the other."""

    def __init__(self, latex: bool) -> None:
        self.cited: dict[str, Source] = {}
        self._latex = latex
        self._known = known_entries()

    def cite(self, text: str, title: str = "") -> str:
        """A reference to a work behind a phrase, with the blank or tie before it; empty for no work."""
        text = _paper(text)
        if not text:
            return ""
        if text in self._known:
            key, entry = self._known[text]
        else:
            key = self._free_key(text)
            entry = _entry(key, text, title)
        self.cited.setdefault(key, Source(key, text, entry))
        return f"~\\cite{{{key}}}" if self._latex else f" ({text})"

    def _free_key(self, text: str) -> str:
        """A key for a work without a shipped entry: neither one of those nor another such work's."""
        shipped = {key for key, _ in self._known.values()}
        key = _key(text)
        while key in shipped or (key in self.cited and self.cited[key].text != text):
            key += "a"
        return key

    def plain(self, text: str) -> str:
        """Text of the run itself, escaped where the paragraph is LaTeX."""
        if not self._latex:
            return text
        return "".join(_TEX.get(character, character) for character in text)


def _find(registry: Registry[T], name: str) -> T | None:
    # Not `get`: a registry's error for an unknown name is a sentence for the user, no KeyError.
    if name in registry:
        return registry[name]
    return None


def _counted(run: Run) -> list[str]:
    counts = run.pairs["dataset"].value_counts(sort=False)
    return [f"{_title(str(name))} {count}" for name, count in counts.items()]


def _title(dataset: str) -> str:
    known = _find(DATASETS, dataset)
    return known.title if known else dataset


def _opening(run: Run, works: _Works) -> str:
    counts = run.pairs["dataset"].value_counts(sort=False)
    sets = []
    for name, count in counts.items():
        known = _find(DATASETS, str(name))
        of = f" of {known.expected}" if known and known.expected and count != known.expected else ""
        title = works.plain(_title(str(name)))
        sets.append(f"{count}{of} pairs of {title}{works.cite(known.source, known.title) if known else ''}")
    choice = run.meta.get("choice", {})
    drawn = (
        f", drawn with seed {choice.get('seed', 0)} at {choice['sample']} a dataset"
        if choice.get("sample")
        else ""
    )
    version = run.meta.get("environment", {}).get("tcmoa_bench", "")
    return f"The methods were run on {_list(sets)}{drawn} and scored by tcmoa-bench {version}."


def _fusers(run: Run, works: _Works) -> str:
    named = []
    for row in run.fusers.itertuples():
        record = row.record
        version = (
            f", version {record['version']}"
            if record.get("colour") != "given"
            else ", images fused elsewhere"
        )
        named.append(f"{works.plain(str(row.fuser))}{works.cite(record.get('paper', ''))}{version}")
    return f"{'Methods' if len(named) > 1 else 'Method'}: {'; '.join(named)}."


def _metrics(run: Run, works: _Works) -> str:
    texts = []
    for row in run.metrics.itertuples():
        convention = _find(CONVENTIONS, row.convention)
        metric = None if convention is None else _find(convention, row.metric)
        formula = (
            works.plain(f": {metric.formula.partition(';')[0].rstrip('.')}")
            if metric and metric.formula
            else ""
        )
        texts.append(
            f"{works.plain(str(row.metric))}{works.cite(metric.source if metric else '')} "
            f"as defined by {works.plain(str(row.convention))}{formula}"
        )
    gray = dict.fromkeys(
        _GRAY[word]
        for signature in run.metrics["signature"]
        for word in _words(str(signature))
        if word in _GRAY
    )
    kind = "Metrics" if len(texts) > 1 else "Metric"
    return " ".join(filter(None, [f"{kind}: {'; '.join(texts)}.", _sentence(list(gray)), _area(run)]))


def _area(run: Run) -> str:
    """Which part of the pictures was measured, from the signatures; empty for all of them."""
    facts = {
        part.removeprefix("area:")
        for signature in run.metrics["signature"]
        for part in str(signature).split("|")
        if part.startswith("area:")
    }
    texts = []
    for fact in sorted(facts):
        border = fact.rpartition("border-")[2] if "border-" in fact else ""
        within = "within the largest rectangle of each pair's mask" if fact.startswith("mask") else ""
        without = f"without a border of {border} pixels" if border else ""
        texts.append(" ".join(filter(None, [within, without])))
    return f"Measured {' or '.join(texts)}." if texts else ""


def _sentence(clauses: list[str]) -> str:
    text = "; ".join(clauses)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _words(signature: str) -> Iterable[str]:
    return (part.partition(":")[2] for part in signature.split("|") if part.startswith(("gray:", "colour:")))


def _averaging(run: Run) -> str:
    failed = len(run.failures())
    lost = f" {failed} of {len(run.cells)} fused images could not be had and are left out." if failed else ""
    return f"Every figure is the arithmetic mean over the pairs.{lost}"


def _list(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _paper(text: str) -> str:
    """The citation in a source's text: without the reference code's file names; empty where no work is named."""
    inside = re.search(r"\(([^()]*\d{4})\)", text)
    if re.match(r"[\w.]+\.m\b|\w+_evaluation", text):
        return inside.group(1) if inside else ""
    text = text.partition("; ")[0]
    return text if _YEAR.search(text) else ""


def _key(text: str) -> str:
    surname = re.match(r"[^\W\d_]+", text)
    year = _YEAR.findall(text)
    return f"{surname.group() if surname else 'Work'}{year[-1] if year else ''}"


def _entry(key: str, text: str, title: str) -> str:
    """An entry for a work that the shipped file lacks: what the suite knows of it, to be completed by hand."""
    safe = "".join(_TEX.get(character, character) for character in text)
    named = f"  title = {{{title}}},\n" if title else ""
    return f"@misc{{{key},\n{named}  note = {{{safe}}},\n  year = {{{_YEAR.findall(text)[-1]}}},\n}}\n"


def known_entries() -> dict[str, tuple[str, str]]:
    """Key and entry of the shipped `references.bib` by each text that its field `cited` lists.

    The texts are compared whole: surname and year alone would give a work of the same author and year another's entry.
    """
    shipped = (resources.files("tcmoa_bench") / "references.bib").read_text("utf-8")
    known: dict[str, tuple[str, str]] = {}
    for found in re.finditer(r"^@\w+\{(\w+),\n.*?^\}\n", shipped, re.MULTILINE | re.DOTALL):
        lines = found.group().splitlines(keepends=True)
        (cited,) = (line for line in lines if line.startswith(_CITED))
        entry = "".join(line for line in lines if line is not cited)
        for text in cited.removeprefix(_CITED).rstrip(",}\n").split("; "):
            known[text] = (found.group(1), entry)
    return known
