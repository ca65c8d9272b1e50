"""torchvision's detectors and segmenters with a weights file of the user's."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.checkpoints import DoesNotFit, file_sha256, load_strictly, load_tensors, without_wrappers
from tcmoa_bench.devices import open_device
from tcmoa_bench.images import show
from tcmoa_bench.labelled.detectors import Hit, Settings, rgb
from tcmoa_bench.registry import unknown
from tcmoa_bench.types import BenchError, Image

#: torchvision gives these networks' norms no epsilon when it loads its own first COCO weights, and 1e-5 otherwise.
_NO_EPSILON = {f"{kind}_resnet50_fpn" for kind in ("fasterrcnn", "maskrcnn", "keypointrcnn", "retinanet")}

#: Mean and deviation of the pictures that backbones were trained on; detectors apply them by themselves.
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def names() -> Mapping[str, bool]:
    """Every network by name, and whether it finds class maps."""
    from torchvision.models import detection, list_models, segmentation

    return {
        **dict.fromkeys(list_models(detection), False),
        **dict.fromkeys(list_models(segmentation), True),
    }


class OfTorchvision:
    """A network of torchvision; see `Detector`.

    Args:
        name: As torchvision names it.
        weights: A state dict, as safetensors or torch's own format; only tensors are read.
        classes: Classes in the order of the training, of boxes without the background; empty: COCO's or VOC's, as
            torchvision's own weights have them.
        settings: How it is run; `size` is the length of the shorter side.

    Raises:
        BenchError: There is no such network, the weights are not its, or its size is fixed.
    """

    def __init__(self, name: str, weights: Path, classes: Sequence[str], settings: Settings) -> None:
        from torchvision.models import get_model, get_model_weights

        known = names()
        if name not in known:
            raise unknown("network of torchvision", name, known)
        self.maps = known[name]
        published = tuple(get_model_weights(name).DEFAULT.meta["categories"])
        self.classes: tuple[str, ...] = (
            published if not classes else tuple(classes) if self.maps else ("", *classes)
        )
        tensors = load_tensors(weights)
        options: dict[str, Any] = {"num_classes": len(self.classes)}
        if any(key.startswith("aux_classifier.") for key in without_wrappers(tensors)):
            options["aux_loss"] = True
        model: Any = get_model(name, weights=None, weights_backbone=None, **options)
        try:
            load_strictly(model, tensors, f"weights {show(weights)}", name)
        except DoesNotFit as error:
            background = "" if self.maps else " with the background"
            raise BenchError(
                f"{error}. It was built for {len(self.classes)} classes{background}; say with --classes which ones the "
                "weights were trained for, in their order"
            ) from None
        _without_epsilon(model, name, weights)
        self._device = open_device(settings.device, name)
        self._model = model.to(self._device).eval()
        self._size = settings.size
        facts = [
            f"model:torchvision:{name}",
            f"torchvision:{importlib.metadata.version('torchvision')}",
            f"weights:{file_sha256(weights)[:12]}",
        ]
        self.facts = "|".join([*facts, *(self._set_up_map() if self.maps else self._set_up(settings))])

    def _set_up_map(self) -> list[str]:
        return [f"size:{self._size or 'own'}", "norm:imagenet"]

    def _set_up(self, settings: Settings) -> list[str]:
        part = getattr(self._model, "roi_heads", self._model)
        part.score_thresh = settings.confidence
        if settings.iou is not None:
            part.nms_thresh = settings.iou
        transform = self._model.transform
        if settings.size is not None:
            if transform.fixed_size is not None:
                raise BenchError(
                    f"this network has pictures of {transform.fixed_size[0]} pixels and no other size"
                )
            longest = round(settings.size * transform.max_size / transform.min_size[-1])
            transform.min_size, transform.max_size = (settings.size,), longest
        size = (transform.fixed_size or (transform.min_size[-1],))[0]
        return [f"conf:{settings.confidence:g}", f"iou:{part.nms_thresh:g}", f"size:{size}"]

    def find(self, image: Image) -> Sequence[Hit] | NDArray[np.uint8]:
        """Boxes with confidence, cut at the picture's border, or the class number of each pixel."""
        import torch

        levels = torch.from_numpy(np.ascontiguousarray(rgb(image))).to(self._device)
        picture = levels.permute(2, 0, 1).float() / 255
        with torch.inference_mode():
            if self.maps:
                return self._map(picture)
            found = {key: value.cpu().numpy() for key, value in self._model([picture])[0].items()}
        return [
            (int(number), (float(left), float(top), float(right), float(bottom)), float(score))
            for number, (left, top, right, bottom), score in zip(
                found["labels"], found["boxes"], found["scores"], strict=True
            )
        ]

    def _map(self, picture: Any) -> NDArray[np.uint8]:
        from torchvision.transforms.functional import InterpolationMode, normalize, resize

        own = list(picture.shape[-2:])
        if self._size is not None:
            picture = resize(picture, [self._size], InterpolationMode.BILINEAR, antialias=True)
        found = self._model(normalize(picture, _MEAN, _DEVIATION)[None])["out"]
        if self._size is not None:
            found = resize(found, own, InterpolationMode.BILINEAR, antialias=False)
        numbers: NDArray[np.uint8] = found[0].argmax(0).to("cpu").numpy().astype(np.uint8)
        return numbers


def _without_epsilon(model: Any, name: str, weights: Path) -> None:
    """What torchvision does to the norms when it loads its own first COCO weights, known by their hash."""
    from torch.nn import BatchNorm2d
    from torchvision.models import get_model_weights

    if name not in _NO_EPSILON:
        return
    # download.pytorch.org puts the start of a file's SHA-256 into its name.
    start = re.search(r"-([0-9a-f]{8})\.pth$", get_model_weights(name)["COCO_V1"].url)
    if start and file_sha256(weights).startswith(start[1]):
        for module in model.modules():
            if isinstance(module, BatchNorm2d):
                module.eps = 0.0
