"""The table of a paper's section on efficiency, from the CSV of `tcmoa-bench time`."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from tcmoa_bench.reports.tables.table import Table, TableCell

#: Column head, field of the CSV, decimals.
_OF_SIZE = (
    ("FLOPs, G", "infer_gflops", 1),
    ("Time, ms", "infer_step_time", 1),
    ("CPU, ms", "cpu_step_time", 1),
    ("Network, ms", "network_step_time", 1),
    ("Memory, MiB", "peak_memory_mib", 0),
)


def efficiency_table(text: str) -> Table:
    """One row a fuser: parameters, and for each size operations, times and memory.

    Args:
        text: The CSV, at least one line of values.
    """
    rows = list(csv.DictReader(io.StringIO(text)))
    sizes = list(dict.fromkeys(row["infer_img_size"] for row in rows))
    named = {(row["model"], row["infer_img_size"]): row for row in rows}
    columns = ["Params, M"]
    for size in sizes:
        columns += [head if len(sizes) == 1 else f"{head} at {size}" for head, _, _ in _OF_SIZE]
    table = []
    for name in dict.fromkeys(row["model"] for row in rows):
        own = [named[name, size] for size in sizes]
        learned = next((row["param_count"] for row in own if row["param_count"]), "")
        cells = [_cell(learned, 3)]
        for row in own:
            cells += [_cell(row[key], digits, _spread(row, key)) for _, key, digits in _OF_SIZE]
        table.append((name, tuple(cells)))
    first = rows[0]
    calls = sorted({int(row["calls"]) for row in rows if not row["problem"]})
    counts = f"{calls[0]} to {calls[-1]}" if len(calls) > 1 else f"{calls[0] if calls else 0}"
    notes = [
        f"{first['hardware']}, {first['device']}, {first['threads']} thread(s). {first['warmup']} calls to warm up, then "
        f"the median of {counts}, in brackets the 10th and 90th percentile. Time is from two pictures to the fused picture, "
        "CPU the processor's share of it over all threads, Network the forward pass within it.",
        "FLOPs are of convolutions, matrix products and attention, a multiplication and an addition being two.",
        *(f"{row['model']} at {row['infer_img_size']}: {row['problem']}." for row in rows if row["problem"]),
    ]
    title = "Run time, parameters and operations" + (f" at {sizes[0]}" if len(sizes) == 1 else "")
    return Table(title, "Fuser", tuple(columns), tuple(table), tuple(notes))


def _cell(value: str, digits: int, behind: str = "") -> TableCell:
    return TableCell(f"{float(value):.{digits}f}{behind}", float(value)) if value else TableCell("-")


def _spread(row: Mapping[str, str], key: str) -> str:
    low, high = row.get(f"{key}_p10"), row.get(f"{key}_p90")
    return f" ({float(low):.0f}-{float(high):.0f})" if low and high else ""
