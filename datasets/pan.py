"""Pan-sharpening: A is the panchromatic picture, B the multispectral one as RGB."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tcmoa_bench.datasets.bands import read_mat, read_source
from tcmoa_bench.datasets.cache import made_once
from tcmoa_bench.datasets.dataset import Dataset
from tcmoa_bench.datasets.files import Tree, split_name
from tcmoa_bench.datasets.layouts import Folders, Layout, Union
from tcmoa_bench.datasets.matching import Found, Match
from tcmoa_bench.images import pair_name, write_image
from tcmoa_bench.types import Task


@dataclass(frozen=True, kw_only=True)
class MatFiles(Layout):
    """MATLAB files that hold both sources (`I_PAN`, `I_MS`); the pairs are PNG copies in the cache.

    Attributes:
        folders: Folders below the root; the first that holds such a file counts.
    """

    folders: tuple[str, ...]

    def scan(self, root: Path, tree: Tree) -> Found:
        """Pairs of the files that hold both variables; a damaged file is a pair that fails by its name."""
        for pattern in self.folders:
            matches = []
            for folder in tree.resolve(root, pattern):
                for name in tree.entries(folder).ignored:
                    if split_name(name)[1].lower() == ".mat" and _holds_pan(folder / name):
                        matches.append(_match(folder / name))
            if matches:
                return Found(tuple(matches), expected=self.expected)
        return Found()


def _holds_pan(path: Path) -> bool:
    from scipy.io import whosmat

    try:
        return any(name == "I_PAN" for name, _, _ in whosmat(path))
    except Exception:
        # Whatever scipy makes of a file that is no MATLAB file: it is none of ours.
        return False


def _match(path: Path) -> Match:
    name = pair_name(split_name(path.name)[0])
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
        folder = made_once(f"mat-v1/{digest}", ("PAN.png", "MS.png"), partial(_unpack, path))
    except ValueError as error:
        return Match(name, path, path, problem=str(error))
    return Match(name, folder / "PAN.png", folder / "MS.png", attributes={"file": path.name})


def _unpack(path: Path, folder: Path) -> None:
    pan, multispectral = read_mat(path)
    write_image(folder / "PAN.png", pan)
    write_image(folder / "MS.png", multispectral)


def _below(places: tuple[str, ...], a: str, b: str) -> tuple[tuple[str, str], ...]:
    return tuple((place + a, place + b) for place in places)


DATASETS = (
    Dataset(
        name="pansharpening",
        title="Pan-sharpening samples",
        task=Task.PAN,
        expected=5,
        source="Test images of GTP-PNet (https://github.com/HaoZhang1018/GTP-PNet), GIFNet "
        "(https://github.com/AWCXV/GIFNet), pansharpening-cnn "
        "(https://github.com/sergiovitale/pansharpening-cnn) and Z-PNN (https://github.com/matciotola/Z-PNN)",
        layout="Test_data/Test_{PAN,MS1,MS2,MS3}/<N>.tif, Remote/{PAN,MS}/<N>.tif with MS of 4 bands, or "
        ".mat files with I_PAN and I_MS. B is RGB from the red, green and blue bands, enlarged to the size of PAN.",
        licence="Satellite images (c) Maxar/DigitalGlobe or CRESDA, shown for research only.",
        how_to_get="Clone the repositories named under source into one folder pansharpening below --data.",
        aliases=("pan",),
        read=read_source,
        layouts=(
            Union(
                parts=(
                    (
                        "GTP-PNet_",
                        {"set": "GTP-PNet"},
                        (
                            Folders(
                                folders=_below(
                                    ("GTP-PNet/data/Test_data/", "data/Test_data/", "Test_data/", ""),
                                    "Test_PAN",
                                    "Test_MS1",
                                )
                            ),
                        ),
                    ),
                    (
                        "GIFNet_",
                        {"set": "GIFNet"},
                        (
                            Folders(
                                folders=_below(
                                    ("GIFNet/images/Remote/", "images/Remote/", "Remote/", ""), "PAN", "MS"
                                )
                            ),
                        ),
                    ),
                    (
                        "",
                        {"set": "pansharpening-cnn"},
                        (MatFiles(folders=("pansharpening-cnn/imgs", "imgs")),),
                    ),
                    ("", {"set": "Z-PNN"}, (MatFiles(folders=("Z-PNN/example", "example")),)),
                )
            ),
            MatFiles(folders=(".",), hint=r"pan|pnn"),
        ),
    ),
)
