"""Methods that fuse a pair of images: classical ones, networks with the user's weights, folders, commands.

`FUSERS` knows every built-in fuser by name and alias without importing its code.
"""

from importlib.util import find_spec

from tcmoa_bench.baselines import records as _classical_records  # noqa: F401  (registers the fusers)
from tcmoa_bench.baselines.registry import FUSERS

_DEEP = "tcmoa_bench.baselines.deep"
if find_spec(_DEEP) is not None and find_spec(f"{_DEEP}.records") is not None:
    from tcmoa_bench.baselines.deep import records as _deep_records  # noqa: F401  (registers the fusers)

__all__ = ["FUSERS"]
