"""IFCNN: features of both sources from one encoder, fused by a rule without parameters.

Zhang, Liu, Sun, Yan, Zhao, Zhang: IFCNN, a general image fusion framework based on convolutional neural
network, Information Fusion 54, 2020. Three trainings, one for each rule (maximum, sum, mean).
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.fuser import NetworkFuser
from tcmoa_bench.baselines.deep.layers import conv
from tcmoa_bench.baselines.deep.savers import truncate
from tcmoa_bench.types import Image, Task

_MEAN = np.array([0.485, 0.456, 0.406], np.float32)[:, None, None]
_STD = np.array([0.229, 0.224, 0.225], np.float32)[:, None, None]
_RULES = {
    "max": lambda features: features.amax(0),
    "sum": lambda features: features.sum(0),
    "mean": lambda features: features.mean(0),
}


class _ConvBlock(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = conv(64, 64, pad="replicate", bias=False)
        self.bn = nn.BatchNorm2d(64)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.bn(self.conv(x)))


class IFCNN(nn.Module):
    """Three channels in for each source, three out.

    `conv1` is the frozen first layer of a ResNet-101 without its batch norm and ReLU.
    """

    def __init__(self, rule: str) -> None:
        super().__init__()
        self.rule = _RULES[rule]
        self.conv1 = conv(3, 64, 7, "replicate", bias=False)
        self.conv2, self.conv3 = _ConvBlock(), _ConvBlock()
        self.conv4 = conv(64, 3, 1)

    def forward(self, *images: Tensor) -> Tensor:
        features = torch.stack([self.conv2(self.conv1(x)) for x in images])
        return self.conv4(self.conv3(self.rule(features)))


class IfcnnFuser(NetworkFuser):
    """IFCNN with one of its fusion rules and the preparation of one of the scripts it was published with.

    Scripts: `rgb` (colour multi-focus, normalised as for ImageNet), `gray` (the released infrared-visible
    script, not normalised), `exposure` (multi-exposure, not normalised), `tang` and `tang_bgr` (the gray
    images of Tang's VIF-Benchmark, and its released wrapper, which exchanges red's and blue's weights).
    """

    reach = 5

    def build_network(self) -> nn.Module:
        self.script = self.steps.script
        self.normalised = self.script in ("rgb", "tang", "tang_bgr")
        return IFCNN(self.steps.rule)

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        return self._input(a), self._input(b)

    def _input(self, image: Image) -> Floats:
        if self.script == "exposure":
            image = colour.rgb(colour.ycbcr_pillow(image)[..., 0])
        elif self.script in ("tang", "tang_bgr"):
            image = colour.rgb(colour.gray_imread(image))
        planes = np.moveaxis(colour.rgb(image), -1, 0).astype(np.float32) / 255
        return (planes - _MEAN) / _STD if self.normalised else planes

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        fused = np.moveaxis(truncate(out * _STD + _MEAN if self.normalised else out), 0, -1)
        if self.script == "rgb":
            return fused
        if self.script == "tang_bgr":
            return colour.gray_opencv(fused[..., ::-1])
        gray = colour.gray_opencv(fused)
        return self._exposure(gray, a, b) if self.script == "exposure" else gray

    @staticmethod
    def _exposure(y: Image, a: Image, b: Image) -> Image:
        """Squeeze luma to 16..235, equalise it locally, and give it the exposures' chroma (full range)."""
        unit = y / 255
        squeezed = (unit * 235 + (1 - unit) * 16).astype(np.uint8)
        equalised = cv2.createCLAHE(clipLimit=2.0, tileGridSize=(8, 8)).apply(squeezed)
        first, second = (colour.ycbcr_pillow(x).astype(np.float64) for x in (a, b))
        cb, cr = (colour.fuse_chroma(first[..., k], second[..., k]).astype(np.uint8) for k in (1, 2))
        return colour.rgb_from_ycrcb_opencv(np.stack([equalised, cr, cb], axis=2))


build = IfcnnFuser.load
