"""Methods that fuse a pair of images: classical ones, networks with the user's weights, folders, commands.

`FUSERS` knows every built-in fuser by name and alias without importing its code.
"""

from tcmoa_bench.baselines.classical import records as _classical_records  # noqa: F401  (registers the fusers)
from tcmoa_bench.baselines.deep import records as _deep_records  # noqa: F401  (registers the fusers)
from tcmoa_bench.baselines.registry import FUSERS

__all__ = ["FUSERS"]
