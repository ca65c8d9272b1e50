"""What a fused image is worth: every toolbox's numbers, each under the name of its convention.

`score(a, b, fused, "vifb")` and `score(a, b, fused, ["SD@tang2022", "Qabf@textbook"])` give scores by
qualified name; `score_many` takes one pair and many fused images and computes what depends on the sources
once.
"""

from tcmoa_bench.metrics.api import score, score_many
from tcmoa_bench.metrics.area import WHOLE, Area
from tcmoa_bench.metrics.conventions.region import each_object
from tcmoa_bench.metrics.core import CONVENTIONS, PROFILES, Convention, Metric, Score
from tcmoa_bench.metrics.errors import Undefined
from tcmoa_bench.metrics.lookup import resolve

__all__ = [
    "CONVENTIONS",
    "PROFILES",
    "WHOLE",
    "Area",
    "Convention",
    "Metric",
    "Score",
    "Undefined",
    "each_object",
    "resolve",
    "score",
    "score_many",
]
