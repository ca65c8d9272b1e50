"""Pages of the reference, made of the registries alone whenever the site is built."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import click
from latex2mathml.converter import convert

from tcmoa_bench.cli import COMMANDS, cli
from tcmoa_bench.datasets import DATASETS, load
from tcmoa_bench.images import encode_png
from tcmoa_bench.metrics import CONVENTIONS, PROFILES, Metric
from tcmoa_bench.metrics.describe import describe, symbols
from tcmoa_bench.metrics.names import NAMES, idea
from tcmoa_bench.run.fusers import registry
from tcmoa_bench.run.pictures import fuse
from tcmoa_bench.run.recipes import recipes
from tcmoa_bench.run.suite import load_suite, suite_names
from tcmoa_bench.types import ROLES, FuserEntry, Image

#: The pair of the sample that shows a task.
SHOWN = {"vif": "street", "mef": "window", "mff": "table"}

SYMBOLS = """
`A` and `B` are the sources, `F` is the fused image, `S` stands for either source; `h` and `w` are height and width. `p`
is a histogram's share, `H` an entropy, `I` a mutual information, `r` Pearson's correlation, `g` a gradient, `Δ` a
difference of neighbours, `μ` and `σ` a window's mean and deviation, `λ` an eigenvalue. A bar is a mean over the image. Where
a toolbox's border or rounding matters, the words below the formula say so. A metric with words and no formula has steps
that one line would not state honestly.
"""


def pages() -> Iterator[tuple[str, str | bytes]]:
    """Path below `docs/` and content of every page and picture."""
    yield "reference/metrics.md", _metrics()
    for name in _ideas():
        yield f"reference/metrics/{_slug(name)}.md", _metric(name)
    yield "reference/conventions.md", _conventions()
    yield from ((f"reference/fused/{name}.png", data) for name, data in _sources())
    pictures = dict(_pictures())
    yield "reference/fusers.md", _fusers(pictures)
    yield from ((f"reference/fused/{name}.png", data) for name, data in pictures.items())
    yield "reference/datasets.md", _datasets()
    yield "reference/suites.md", _suites()
    yield "reference/commands.md", _commands()


def _ideas() -> dict[str, list[Metric]]:
    """Metrics by the idea behind their names, in the order of `names.NAMES`."""
    found: dict[str, list[Metric]] = {}
    for convention in CONVENTIONS.values():
        for metric in convention.values():
            found.setdefault(idea(metric.name), []).append(metric)
    order = {name: place for place, name in enumerate(NAMES)}
    return dict(sorted(found.items(), key=lambda item: (order.get(item[0], len(order)), item[0])))


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _md(text: object) -> str:
    """Text for a cell of a Markdown table."""
    return re.sub(r"([|\\`*_\[\]$])", r"\\\1", html.escape(str(text), quote=False)).replace("\n", " ")


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)]) + "\n"


def _arrow(up: bool) -> str:
    return "↑ higher is better" if up else "↓ lower is better"


def _metrics() -> str:
    rows = [
        (f"[{name}](metrics/{_slug(name)}.md)", "↑" if metrics[0].higher_is_better else "↓", _md(metrics[0].facts.meaning),
         ", ".join(dict.fromkeys(m.convention for m in metrics)))
        for name, metrics in _ideas().items()
    ]  # fmt: skip
    table = _table(("metric", "", "what it says", "conventions"), rows)
    return f"# Metrics\n\nEvery metric by name; its page has all definitions side by side.\n\n{table}"


def _metric(name: str) -> str:
    metrics = _ideas()[name]
    facts = metrics[0].facts
    lines = [
        f"# {name}",
        "",
        "[All metrics](../metrics.md)",
        "",
        facts.meaning,
        "",
        f"{_arrow(facts.higher_is_better)}. {facts.paper and facts.paper + '.'}",
        "",
    ]
    described: Mapping[str, Mapping[str, object]] = {
        str(fact["qualified"]): fact for metric in metrics for fact in describe(metric.name)
    }
    rows = [(f"[`{m.qualified}`](#{_slug(m.qualified)})", _md(m.difference or m.formula)) for m in metrics]
    lines += [
        "## The definitions side by side",
        "",
        _table(("definition", "what it computes, or how it differs"), rows),
    ]
    for metric in metrics:
        fact = described[metric.qualified]
        lines += [f"## {metric.qualified} {{ #{_slug(metric.qualified)} }}", ""]
        lines += [
            f'<div class="formula">{convert(text, display="block")}</div>\n' for text in symbols(metric)
        ]
        lines += [_md(metric.formula), ""]
        shown = [("signature", f"<code>{html.escape(metric.signature()).replace('|', '&#124;')}</code>")]
        shown += [
            (key.replace("_", " "), _md(fact[key]))
            for key in ("reference_name", "toolbox", "source", "ideal", "range", "least_size", "difference")
            if fact[key] not in ("", None)
        ]
        shown += [("needs", "a ground truth or labels")] if metric.needs_reference else []
        lines += [_table(("", ""), shown)]
    return "\n".join([*lines, "## Symbols", SYMBOLS])


def _conventions() -> str:
    lines = ["# Conventions", "", "A convention is one toolbox's set of definitions. `textbook` is for new work: "
             "the papers' definitions, corrected.", ""]  # fmt: skip
    for convention in CONVENTIONS.values():
        lines += [f"## {convention.name}", "", _md(convention.title) + ".", ""]
        rows = [
            (
                f"[{m.name}](metrics/{_slug(idea(m.name))}.md#{_slug(m.qualified)})",
                _md(m.reference_name),
                _md(m.difference),
            )
            for m in convention.values()
        ]
        lines += [_table(("metric", "called there", "how it differs from others of its name"), rows)]
    lines += ["## Profiles", "", "A profile names metrics across conventions.", ""]
    return "\n".join(
        [*lines, _table(("profile", "metrics"), [(f"`{n}`", ", ".join(m)) for n, m in PROFILES.items()])]
    )


def _fusers(pictures: Mapping[str, bytes]) -> str:
    lines = [
        "# Fusers",
        "",
        "Names for `--fusers`. `tcmoa-bench models ls` says which are available on your machine.",
        "",
    ]
    lines += [
        "The pictures show what a fuser makes of a pair of the [sample](../glossary.md), by its first task:",
        "",
    ]
    rows = [
        (task, *(f"![Source {side} of {task}](fused/source-{task}-{side}.png)" for side in ("a", "b")))
        for task in SHOWN
    ]
    lines += [_table(("task", "A", "B"), rows)]
    for entry in registry().values():
        record = entry.record
        lines += [f"## {record.name}", ""]
        if record.name in pictures:
            lines += [
                f"![The sample's {_pair(entry)} as {record.name} fuses it](fused/{record.name}.png)",
                "",
            ]
        rows = [
            ("paper", _md(record.paper or "-")), ("licence", _md(record.licence or "none stated")),
            ("tasks", ", ".join(record.tasks)), ("colour", record.colour), ("version", record.version),
            ("least size", record.min_size if record.min_size > 1 else ""), ("notes", _md(record.notes)),
            ("also called", ", ".join(record.aliases)),
        ]  # fmt: skip
        rows += [
            (
                "weights",
                _md(
                    f"{w.file}{f', {w.size:,} bytes' if w.size else ''}; {w.licence or 'no licence stated'}; {w.origin}"
                ),
            )
            for w in record.weights
        ]
        lines += [_table(("", ""), [row for row in rows if row[1] not in ("", None)])]
    lines += [
        "## Recipes",
        "",
        "Methods that are not built in; `tcmoa-bench models recipe NAME` says how to make them rows.",
        "",
    ]
    rows = [(f"`{r.name}`", ", ".join(r.tasks), _md(r.paper)) for r in recipes().values()]
    return "\n".join([*lines, _table(("recipe", "tasks", "paper"), rows)])


def _pair(entry: FuserEntry) -> str:
    """The pair of the sample that shows a fuser, of the first task that it is made for."""
    return SHOWN[_task(entry)]


def _task(entry: FuserEntry) -> str:
    return next((task for task in SHOWN if task in entry.record.tasks), "vif")


def _load(task: str) -> tuple[Image, Image]:
    """The pair that shows a task, at half its size."""
    a, b = next(pair for pair in load(f"sample_{task}") if pair.name == SHOWN[task]).load()
    return a[::2, ::2], b[::2, ::2]


def _sources() -> Iterator[tuple[str, bytes]]:
    for task in SHOWN:
        for side, image in zip("ab", _load(task), strict=True):
            yield f"source-{task}-{side}", encode_png(image)


def _pictures() -> Iterator[tuple[str, bytes]]:
    """What the classical fusers make of a pair of the sample."""
    for entry in registry().values():
        if entry.build.startswith("tcmoa_bench.baselines.classical.") and not entry.record.weights:
            task = _task(entry)
            yield entry.record.name, encode_png(fuse(*_load(task), entry.record.name, task=task))


def _datasets() -> str:
    lines = ["# Datasets", "", "`tcmoa-bench data check NAME --data DIR` opens every image of one.", ""]
    for dataset in DATASETS.values():
        a, b = ROLES[dataset.task]
        rows = [
            ("task", f"{dataset.task} (A {a}, B {b})"), ("pairs", dataset.expected or "-"), ("layout", _md(dataset.layout)),
            ("source", _md(dataset.source)), ("licence", _md(dataset.licence)), ("how to get it", _md(dataset.how_to_get)),
        ]  # fmt: skip
        lines += [f"## {dataset.name}", "", f"{_md(dataset.title)}.", "", _table(("", ""), rows)]
    return "\n".join(lines)


def _suites() -> str:
    lines = [
        "# Suites",
        "",
        "A suite names datasets, fusers and metrics: `tcmoa-bench run --suite NAME`.",
        "",
    ]
    for suite in map(load_suite, suite_names()):
        rows = [
            ("version", suite.version), ("datasets", ", ".join(str(d["name"]) for d in suite.datasets)),
            ("sample in their place", ", ".join(suite.sample)), ("metrics", _md(", ".join(suite.metrics))),
            ("fusers", _md(", ".join(suite.fusers))),
        ]  # fmt: skip
        lines += [
            f"## {suite.name}",
            "",
            _md(suite.title) + ".",
            "",
            _table(("", ""), [r for r in rows if r[1]]),
        ]
    return "\n".join(lines)


def _commands() -> str:
    lines = ["# Commands", "", "What `tcmoa-bench COMMAND --help` prints.", ""]
    with click.Context(cli, info_name="tcmoa-bench") as top:
        for name in COMMANDS:
            command = cli.get_command(top, name)
            assert command is not None
            lines += _help(command, click.Context(command, info_name=name, parent=top), 2)
    return "\n".join(lines)


def _help(command: click.Command, context: click.Context, level: int) -> Iterator[str]:
    context.terminal_width = context.max_content_width = 100
    title = context.command_path.removeprefix("tcmoa-bench ")
    yield f"{'#' * level} {title}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from _help(inner, click.Context(inner, info_name=name, parent=context), level + 1)
