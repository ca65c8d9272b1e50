"""A site over many runs: a leaderboard of each task, a page for each dataset and each fuser, every number over runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from tcmoa_bench.images import safe_name, write_bytes
from tcmoa_bench.reports.board.gather import Board, find_runs, gather
from tcmoa_bench.reports.board.rows import Coverage, Provenance, coverage, history, provenance
from tcmoa_bench.reports.board.views import View, over_tasks, parts, views_of
from tcmoa_bench.reports.figures import canvas
from tcmoa_bench.reports.figures.history import draw
from tcmoa_bench.reports.html.leaderboard import MainTable, fuser_order, main_table
from tcmoa_bench.reports.html.page import datatables, render
from tcmoa_bench.reports.html.provenance import source_folders
from tcmoa_bench.reports.html.site_history import history_cell, spark
from tcmoa_bench.reports.html.site_words import difference, metric_lines, run_line, task_title, words
from tcmoa_bench.reports.html.text import Anonymous
from tcmoa_bench.reports.overall import places_by_rank
from tcmoa_bench.reports.resolution import places
from tcmoa_bench.reports.statistics import bootstrap_interval
from tcmoa_bench.reports.summary import Run
from tcmoa_bench.reports.tables.scores import counted, labels, number
from tcmoa_bench.reports.tables.table import MISSING

#: Files that the site is made of: the page of the whole, and those of datasets and fusers in folders of these names.
INDEX, DATASETS, FUSERS, VALUES = "index.html", "datasets", "fusers", "board.csv"

_SCRIPTS = ("page.js", "export.js", "tables.js", "index.js")

_MADE_HERE = b'<meta name="generator" content="tcmoa-bench">'


def build_site(folders: Sequence[Path], output: Path) -> Path:
    """Write the site of all runs in or below folders.

    Args:
        folders: Where run folders are.
        output: The site's folder; pages of an earlier site in it that are not part of this one are taken away.

    Returns:
        The site's first page.

    Raises:
        BenchError: A folder is not there, or there is no run.
    """
    runs, unreadable = find_runs(folders)
    site = _Site(gather(runs), unreadable)
    pages = {INDEX: site.index(), VALUES: site.values()}
    pages |= {f"{DATASETS}/{site.files[DATASETS][name]}": site.dataset(name) for name in site.datasets}
    pages |= {f"{FUSERS}/{site.files[FUSERS][name]}": site.fuser(name) for name in site.fusers}
    for name, data in pages.items():
        file = output / name
        file.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(file, data)
    for folder in (DATASETS, FUSERS):
        for file in (output / folder).glob("*.html"):
            if f"{folder}/{file.name}" not in pages and _MADE_HERE in file.read_bytes():
                file.unlink()
    return output / INDEX


class _Site:
    """The site's pages as bytes."""

    def __init__(self, board: Board, unreadable: Sequence[str]) -> None:
        self.board, self.unreadable = board, unreadable
        whole = board.whole
        self.datasets = [str(name) for name in whole.pairs["dataset"].unique()]
        self.fusers = sorted(map(str, whole.fusers["fuser"]), key=lambda name: (name.casefold(), name))
        self.files = {DATASETS: _file_names(self.datasets), FUSERS: _file_names(self.fusers)}
        self.coverage = coverage(board)
        self.history = history(board)
        self.origins = {key: provenance(board, key) for key in board.rows}
        self.tasks = {str(task): views_of(board, task=str(task)) for task in whole.pairs["task"].unique()}
        self.views = {name: views_of(board, dataset=name) for name in self.datasets}
        self.datatables = datatables()
        self._number = 0
        self._clean = {id(run): Anonymous(run.folder, source_folders(run)) for run in board.runs}

    def _page(self, template: str, title: str, context: Mapping[str, Any]) -> bytes:
        common = {"title": title, "datatables": self.datatables, "sample": self.board.whole.is_sample}
        return render(template, ("report.css",), _SCRIPTS, {**common, **context})

    def _links(self, up: str) -> dict[str, str]:
        return {name: f"{up}{FUSERS}/{file}" for name, file in self.files[FUSERS].items()}

    def _tables(self, views: Sequence[View], title: str, up: str) -> list[tuple[int, MainTable]]:
        found = []
        for view in views:
            table = main_table(
                view.run, view.summary, view.overall, view.label, fuser_order(view.run, view.overall)
            )
            self._number += 1
            dressed = replace(
                table,
                caption=f"{title}, {view.label}",
                places=view.places,
                links=self._links(up),
                counts=self._counts(view.run),
                notes=[f"{words(view)}{self._as_sent(view.run)}", *table.notes],
            )
            found.append((self._number, dressed))
        return found

    def _as_sent(self, run: Run) -> str:
        """Whose values are not all computed here; empty where all are."""
        keys = [key for key in self.board.rows if key[0] in set(run.pairs["dataset"])]
        sent = [fuser for dataset, fuser in keys if self.origins[dataset, fuser].as_sent]
        return (
            f" Values as they were sent, checked on a sample: {', '.join(dict.fromkeys(sent))}."
            if sent
            else ""
        )

    def _counts(self, run: Run) -> dict[str, str]:
        done = run.cells[run.cells["status"] == "done"]["fuser"].value_counts()
        return {str(fuser): f"{done.get(fuser, 0)} of {len(run.pairs)}" for fuser in run.fusers["fuser"]}

    def index(self) -> bytes:
        """The first page."""
        board, whole = self.board, self.board.whole
        self._number = 0
        tasks = []
        for task, views in self.tasks.items():
            own = whole.pairs[whole.pairs["task"] == task]
            names = [str(name) for name in own["dataset"].unique()]
            tasks.append(
                {
                    "name": task,
                    "title": task_title(task),
                    "tables": self._tables(views, task_title(task), ""),
                    "datasets": [
                        {
                            "name": name,
                            "url": f"{DATASETS}/{self.files[DATASETS][name]}",
                            "pairs": int((own["dataset"] == name).sum()),
                            "fusers": sum(dataset == name for dataset, _ in board.rows),
                            "metrics": len(self.views[name][0].summary.qualified),
                        }
                        for name in names
                    ],
                }
            )
        chips = [
            (len(board.runs), "run"),
            (len(self.tasks), "task"),
            (len(self.datasets), "dataset"),
            (len(whole.pairs), "pair"),
            (len(self.fusers), "fuser"),
        ]
        context = {
            "chips": [(n, noun if n == 1 else f"{noun}s") for n, noun in chips],
            "tasks": tasks,
            "overall": self._over_tasks(),
            "runs": [run_line(run, board) for run in reversed(board.runs)],
            "remarks": board.remarks,
            "unreadable": self.unreadable,
            "values": VALUES,
        }
        return self._page("board.html.j2", "Leaderboard", context)

    def _over_tasks(self) -> dict[str, Any] | None:
        """The table over all tasks."""
        found = over_tasks({task: views[0] for task, views in self.tasks.items()})
        if found is None:
            return None
        links = self._links("")
        return {
            "heads": [f"{task} ({counted(own.blocks, 'pair')})" for task, own in found.tasks.items()],
            "rows": [
                (
                    fuser,
                    links[fuser],
                    place,
                    found.ranking.ranks[fuser],
                    [own.ranks[fuser] for own in found.tasks.values()],
                )
                for fuser, place in places_by_rank(found.ranking).items()
            ],
            "words": difference(found.ranking),
            "blocks": found.ranking.blocks,
        }

    def dataset(self, name: str) -> bytes:
        """A dataset's page."""
        board, views = self.board, self.views[name]
        self._number = 0
        pairs = board.whole.pairs[board.whole.pairs["dataset"] == name]
        order = fuser_order(views[0].run, views[0].overall)
        rows = [(fuser, self._links("../")[fuser], *self._row(name, fuser)) for fuser in order]
        context = {
            "name": name,
            "task": task_title(str(pairs["task"].iloc[0])),
            "pairs": [(row.pair, row.hashes) for row in pairs.itertuples()],
            "sources": ["A", "B", *range(3, 1 + max(map(len, pairs["hashes"])))],
            "tables": self._tables(views, name, "../"),
            "metrics": [line for view in parts(views) for line in metric_lines(view)],
            "rows": rows,
            "checked": any(origin.checked for _, _, origin, _, _ in rows),
            "histories": self._histories(name),
        }
        return self._page("board_dataset.html.j2", name, context)

    def _row(self, dataset: str, fuser: str) -> tuple[Provenance, Coverage, list[tuple[str, str]]]:
        """Where a row comes from, its coverage, and its failures without paths of this machine."""
        covered = self.coverage[dataset, fuser]
        clean = self._clean[id(self.board.rows[dataset, fuser])]
        origin = self.origins[dataset, fuser]
        origin = replace(origin, notes=clean(origin.notes), paper=clean(origin.paper))
        return origin, covered, [(pair, clean(text)) for pair, text in covered.failed.items()]

    def _histories(self, dataset: str) -> list[Markup]:
        """A figure for each metric that two runs or more have of some fuser."""
        found = []
        summaries = {
            row.qualified: row for v in self.views[dataset] for row in v.summary.metrics.itertuples()
        }
        for qualified, row in summaries.items():
            lines = {}
            for fuser in self.fusers:
                points = [p for p in self.history.get((dataset, fuser, qualified), ()) if p.whole]
                if len(points) > 1:
                    lines[fuser] = {p.run: p.mean for p in points}
            if not lines:
                continue
            numbers = sorted({n for own in lines.values() for n in own})
            means = {fuser: [own.get(n) for n in numbers] for fuser, own in lines.items()}
            names = [self.board.runs[n].folder.name for n in numbers]
            with canvas.style(canvas.INK):
                figure = draw(names, means, f"{qualified} {'↑' if row.higher_is_better else '↓'}", canvas.INK)
            found.append(Markup(canvas.to_svg(figure, f"{qualified} over runs")))
        return found

    def fuser(self, name: str) -> bytes:
        """A fuser's page."""
        sections = []
        for dataset in self.datasets:
            if (dataset, name) not in self.board.rows:
                continue
            origin, covered, failed = self._row(dataset, name)
            views = self.views[dataset]
            sections.append(
                {
                    "dataset": dataset,
                    "url": f"../{DATASETS}/{self.files[DATASETS][dataset]}",
                    "places": [
                        (view.label, view.places[name], view.overall.ranking.ranks[name], len(view.places))
                        for view in views
                        if name in view.places
                    ],
                    "origin": origin,
                    "coverage": covered,
                    "failed": failed,
                    "numbers": [line for view in parts(views) for line in self._numbers(view, dataset, name)],
                    "history": self._history(dataset, name),
                }
            )
        return self._page("board_fuser.html.j2", name, {"name": name, "parts": sections})

    def _numbers(self, view: View, dataset: str, fuser: str) -> list[dict[str, Any]]:
        """A row's numbers, one line a metric."""
        lines = []
        for row, short in zip(view.summary.metrics.itertuples(), labels(view.summary.metrics), strict=True):
            qualified = str(row.qualified)
            entry = view.summary.entries.get((fuser, qualified))
            if entry is None or entry.mean is None:
                continue
            interval = bootstrap_interval(entry.values)
            found = view.resolutions[qualified]
            placed = places(found.groups) if found else {}
            lines.append(
                {
                    "head": f"{short} {'↑' if row.higher_is_better else '↓'}",
                    "convention": row.convention,
                    "mean": number(entry.mean),
                    "order": repr(entry.mean),
                    "interval": "" if interval is None else f"{number(interval[0])} to {number(interval[1])}",
                    "pairs": f"{entry.n} of {entry.of}",
                    "place": str(placed.get(fuser, MISSING)),
                    "rank": MISSING
                    if entry.rank is None
                    else f"{entry.rank:g} of {len(view.summary.ranked(qualified))}",
                    "signature": row.signature,
                    "spark": spark(qualified, self.history.get((dataset, fuser, qualified), ())),
                }
            )
        return lines

    def _history(self, dataset: str, fuser: str) -> dict[str, Any] | None:
        """A row's means run by run; None where there is a single run."""
        ups = {
            str(row.qualified): bool(row.higher_is_better)
            for view in self.views[dataset]
            for row in view.summary.metrics.itertuples()
        }
        columns = {
            q: {p.run: p for p in points} for q in ups if (points := self.history.get((dataset, fuser, q)))
        }
        numbers = sorted({n for own in columns.values() for n in own}, reverse=True)
        if len(numbers) < 2:
            return None
        rows = []
        for n in numbers:
            run = self.board.runs[n]
            cells = [history_cell(own, n, ups[q]) for q, own in columns.items()]
            rows.append((run_line(run, self.board), run is self.board.rows[dataset, fuser], cells))
        return {"heads": [f"{q} {'↑' if ups[q] else '↓'}" for q in columns], "rows": rows}

    def values(self) -> bytes:
        """Every number of the board as CSV."""
        lines = []
        for dataset, views in self.views.items():
            for view in parts(views):
                for row in view.summary.metrics.itertuples():
                    found = view.resolutions[row.qualified]
                    for fuser in view.summary.fusers:
                        entry = view.summary.entries[fuser, row.qualified]
                        if entry.mean is not None:
                            lines.append(
                                {
                                    "dataset": dataset, "fuser": fuser, "metric": row.metric, "convention": row.convention,
                                    "mean": repr(entry.mean), "pairs": entry.n, "of": entry.of, "rank": entry.rank,
                                    "group": found.groups.get(fuser, "") if found else "", "signature": row.signature,
                                    "run": self.board.rows[dataset, fuser].folder.name,
                                }
                            )  # fmt: skip
        text: str = pd.DataFrame(lines).to_csv(index=False, lineterminator="\n")
        return text.encode("utf-8", "backslashreplace")


def _file_names(names: Sequence[str]) -> dict[str, str]:
    """A file name for each name, also where a disk takes `GFF` and `gff` for one."""
    found: dict[str, str] = {}
    taken: set[str] = {"index"}
    for name in sorted(names):
        file = safe_name(name)
        if file.casefold() in taken:
            file = safe_name(f"{name}~")  # no file name of its own, so it gets a hash
        taken.add(file.casefold())
        found[name] = f"{file}.html"
    return found
