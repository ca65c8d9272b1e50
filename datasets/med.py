"""Medical datasets: A is the anatomical picture (MRI), B the functional or other one (CT, PET, SPECT)."""

from __future__ import annotations

from tcmoa_bench.datasets.dataset import Dataset
from tcmoa_bench.datasets.layouts import Folders, Layout, Union
from tcmoa_bench.types import Task

_SOURCE = (
    "Johnson and Becker, The Whole Brain Atlas (AANLIB), Harvard; as packed in "
    "https://github.com/xianming-gu/Havard-Medical-Image-Fusion-Datasets"
)
_LICENCE = "Copyright Harvard; for research and teaching."
_GET = "Clone https://github.com/xianming-gu/Havard-Medical-Image-Fusion-Datasets below --data."

#: Pairs of each kind: the test split, the whole set, CDDFuse's repack.
_COUNTS = {"CT": (24, 184, 21), "PET": (24, 269, 42), "SPECT": (24, 357, 73)}


def _layouts(kind: str) -> tuple[Layout, ...]:
    test, whole, cddfuse = _COUNTS[kind]
    return (
        Folders(folders=((f"{kind}-MRI/test/MRI", f"{kind}-MRI/test/{kind}"),), expected=test),
        Folders(folders=((f"{kind}-MRI/MRI", f"{kind}-MRI/{kind}"),), expected=whole),
        Folders(folders=((f"MRI_{kind}/MRI", f"MRI_{kind}/{kind}"),), expected=cddfuse),
    )


DATASETS = (
    Dataset(
        name="harvard",
        title="Harvard medical (CT, PET, SPECT with MRI)",
        task=Task.MED,
        expected=810,
        source=_SOURCE,
        layout="{CT,PET,SPECT}-MRI/test/{MRI,CT|PET|SPECT}/<NNNNN>.png below MyDatasets (24 pairs each), "
        "{CT,PET,SPECT}-MRI/{MRI,CT|PET|SPECT} (184, 269, 357 pairs) or CDDFuse's MRI_{CT,PET,SPECT}/.",
        licence=_LICENCE,
        how_to_get=_GET,
        aliases=("harvard_medical",),
        layouts=(
            Union(
                parts=tuple((f"{kind}-MRI_", {"modality": f"{kind}-MRI"}, _layouts(kind)) for kind in _COUNTS)
            ),
        ),
    ),
    *(
        Dataset(
            name=f"harvard_{kind.lower()}_mri",
            title=f"Harvard medical, {kind}-MRI",
            task=Task.MED,
            expected=_COUNTS[kind][1],
            source=_SOURCE,
            layout=f"{kind}-MRI/test/{{MRI,{kind}}}/<NNNNN>.png, {kind}-MRI/{{MRI,{kind}}}/ "
            f"or MRI_{kind}/{{MRI,{kind}}}/.",
            licence=_LICENCE,
            how_to_get=_GET,
            aliases=(f"{kind.lower()}-mri",),
            layouts=_layouts(kind),
        )
        for kind in _COUNTS
    ),
)
