"""Which pairs are trained on and which are kept for validation, and that no photograph is in both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tcmoa_bench.checkpoints import file_sha256
from tcmoa_bench.images import SUFFIXES, read_image
from tcmoa_bench.tasks import TASK_NAMES
from tcmoa_bench.tcmoa.config import SWAPPED_TASKS
from tcmoa_bench.tcmoa.train.config import TASKS, DataRecipe
from tcmoa_bench.types import BenchError, Image, Pair, Task, Unavailable, read_pair

#: Gives a dataset's pairs by its name; the datasets' adapters are handed in.
PairsOf = Callable[[str], Sequence[Pair]]
