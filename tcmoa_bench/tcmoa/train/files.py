"""What a training leaves in its folder: states to resume from, and figures as CSV."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import torch

from tcmoa_bench.tcmoa.config import SIZES
from tcmoa_bench.tcmoa.train.config import TrainRecipe, parse_recipe
from tcmoa_bench.types import BenchError


def write_state(path: Path, state: dict[str, Any]) -> None:
    """Write a state that appears complete or not at all; its `recipe` is `TrainRecipe.to_json`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    torch.save(state, part)
    part.replace(path)


def read_state(path: Path, recipe: TrainRecipe, device: torch.device) -> dict[str, Any] | None:
    """Read what `write_state` wrote, as tensors and plain data only; None where there is nothing.

    Raises:
        BenchError: The state is of another recipe.
    """
    if not path.is_file():
        return None
    state = torch.load(path, map_location=device, weights_only=True)
    old, new = json.loads(_completed(state["recipe"]).to_json()), json.loads(recipe.to_json())
    free = ("name", "save_minutes", "eval_steps", "log_steps")
    changed = [key for key in new if key not in free and old.get(key) != new[key]]
    if changed:
        raise BenchError(
            f"{path} was trained with another {', '.join(changed)}; use another folder or the old recipe"
        )
    return state


def _completed(text: str) -> TrainRecipe:
    """The recipe of a state; fields that its version did not know have the defaults of its network's size."""
    values = json.loads(text)
    if values["model"]["name"] in SIZES:
        values["model"]["size"] = values["model"]["name"]
    return parse_recipe(values)


def append_csv(path: Path, row: dict[str, Any]) -> None:
    """Add a row to a CSV file whose header is the first row's keys; later keys that it lacks are left out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fields = list(row)
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            fields = next(csv.reader(file))
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fields, extrasaction="ignore")
        if file.tell() == 0:
            writer.writeheader()
        writer.writerow(row)
