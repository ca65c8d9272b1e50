"""What `models ls` shows, without importing any method's code."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tcmoa_bench.baselines import FUSERS
from tcmoa_bench.types import Fuser, FuserOptions, Unavailable
from tests.baselines.pairs import CLASSICAL, record


def test_listing_imports_no_heavy_library() -> None:
    code = (
        "import sys, tcmoa_bench.baselines as b; assert len(b.FUSERS) > 25; "
        "print([m for m in ('torch', 'cv2', 'scipy', 'pywt') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", CLASSICAL)
def test_every_classical_fuser_can_be_made(name: str) -> None:
    fuser = FUSERS[name].create()
    assert isinstance(fuser, Fuser)
    assert fuser.record == record(name)
    assert fuser.record.name == name == name.lower()
    assert fuser.record.tasks
    assert fuser.record.paper or name in {"average", "maximum", "minimum"}


@pytest.mark.parametrize(
    ("alias", "name"), [("GFF", "gff"), ("Hybrid_MSD", "hybrid_msd"), ("max", "maximum")]
)
def test_aliases(alias: str, name: str) -> None:
    assert FUSERS[alias].record.name == name


@pytest.mark.parametrize("name", ["latlrr", "lp_sr", "rp_sr"])
def test_a_learned_matrix_that_is_missing_is_named(name: str, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("TCMOA_BENCH_WEIGHTS", raising=False)
    file = record(name).weights[0].file
    (tmp_path / file).write_bytes(b"another file of this name")
    with pytest.raises(Unavailable, match=file):
        FUSERS[name].create(FuserOptions(weights=tmp_path))
