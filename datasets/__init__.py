"""Where source pairs come from: dataset adapters, users' own pairs, and the embedded sample."""

from tcmoa_bench.datasets.catalogue import DATASETS, found_in, load, open_dataset, open_spec
from tcmoa_bench.datasets.catalogue import open_any as open
from tcmoa_bench.datasets.check import CheckReport, check
from tcmoa_bench.datasets.dataset import Dataset, Opened
from tcmoa_bench.datasets.generic import pairs_from_csv, pairs_from_folders

__all__ = [
    "DATASETS",
    "CheckReport",
    "Dataset",
    "Opened",
    "check",
    "found_in",
    "load",
    "open",
    "open_dataset",
    "open_spec",
    "pairs_from_csv",
    "pairs_from_folders",
]
