"""The shipped BibTeX entries: which work takes which, and that nothing registered goes without."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from tcmoa_bench.datasets import DATASETS
from tcmoa_bench.metrics import CONVENTIONS
from tcmoa_bench.run.citation import _paper, _Works, known_entries
from tcmoa_bench.run.fusers import registry

#: Works that records name and nobody could verify: `cite` makes a @misc of their text.
WITHOUT_ENTRY: set[str] = set()
#: Datasets and fusers whose source is no paper.
WITHOUT_WORK = {
    "average", "maximum", "minimum", "sample_vif", "sample_mef", "sample_mff", "train_mef", "train_mff", "harvard",
    "harvard_ct_mri", "harvard_pet_mri", "harvard_spect_mri", "pansharpening",
}  # fmt: skip


def _named() -> dict[str, str]:
    """The work that each fuser and dataset names."""
    fusers = {name: entry.record.paper for name, entry in registry().items()}
    return {
        name: _paper(text) for name, text in (fusers | {n: d.source for n, d in DATASETS.items()}).items()
    }


def test_every_work_that_is_registered_has_its_entry():
    works = {text for text in _named().values() if text}
    works |= {
        _paper(metric.source) for convention in CONVENTIONS.values() for metric in convention.values()
    } - {""}
    assert works - set(known_entries()) == WITHOUT_ENTRY
    assert {name for name, text in _named().items() if not text} == WITHOUT_WORK


def test_no_entry_is_left_over_and_each_is_whole():
    works = set(_named().values())
    works |= {_paper(metric.source) for convention in CONVENTIONS.values() for metric in convention.values()}
    assert set(known_entries()) <= works
    text = (resources.files("tcmoa_bench") / "references.bib").read_text("utf-8")
    keys = re.findall(r"^@\w+\{(\w+),$", text, re.MULTILINE)
    assert len(set(keys)) == len(keys) == len({key for key, _ in known_entries().values()})
    for key, entry in known_entries().values():
        assert entry.count("{") == entry.count("}"), key
        assert re.search(r"^  cited =", entry, re.MULTILINE) is None
        for field in ("author", "title", "year"):
            assert re.search(rf"^  {field} = \{{.+\}},$", entry, re.MULTILINE), (key, field)
        assert re.search(r"^  (journal|booktitle|eprint|howpublished) =", entry, re.MULTILINE), key


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Tang, Yuan, Ma, SeAFusion, Information Fusion 82, 2022", "High-Level Vision"),
        ("Tang et al., PIAFusion, Information Fusion 2022", "Illumination Aware"),
        ("Liu, Liu, Wang, Information Fusion 23, 2015", "Dense {SIFT}"),
        ("Liu, Liu, Wang, Information Fusion 24, 2015", "Sparse Representation"),
        ("Xu et al., U2Fusion, TPAMI 2022", "{U2Fusion}"),
    ],
)
def test_works_of_one_author_and_year_take_their_own_entries(text, words):
    works = _Works(latex=True)
    works.cite(text)
    (source,) = works.cited.values()
    assert words in source.entry


def test_an_unknown_work_takes_no_entry_and_no_key_of_a_known_one():
    works = _Works(latex=True)
    cited = works.cite("Zhao et al., Another Network, CVPR 2024") + works.cite("Zhao et al., EMMA, CVPR 2024")
    assert cited == "~\\cite{Zhao2024a}~\\cite{Zhao2024}"
    assert "note = {Zhao et al., Another Network, CVPR 2024}" in works.cited["Zhao2024a"].entry
    assert "Equivariant" in works.cited["Zhao2024"].entry


def test_one_work_under_two_texts_is_one_entry():
    works = _Works(latex=True)
    cited = {
        works.cite(f"Xu et al., U2Fusion, {venue}") for venue in ("IEEE TPAMI 44(1), 2022", "TPAMI 2022")
    }
    assert (cited, len(works.cited)) == ({"~\\cite{Xu2022}"}, 1)
