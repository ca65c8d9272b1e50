"""`models check`: which files `fuse` would take."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tcmoa_bench.baselines import FUSERS
from tcmoa_bench.checkpoints import load_tensors
from tcmoa_bench.registry import Registry
from tcmoa_bench.run import fusers
from tcmoa_bench.tcmoa.records import shipped_weights
from tests.baselines.deep.conftest import untrained
from tests.commands import RAMP, save


@pytest.fixture
def state():
    return dict(untrained("seafusion").network.state_dict())


def test_a_file_of_ones_own_fits_by_name_and_option(command, state, tmp_path):
    save_file(state, tmp_path / "mine.safetensors")
    code, out, _ = command("models", "check", tmp_path / "mine.safetensors")
    assert code == 0
    assert "fits, but is not the authors' file: seafusion, seafusion_clip;" in out
    assert "--option weights=FILE" in out


@pytest.fixture
def few(monkeypatch):
    """To be quick: two networks in place of all."""
    fusers.registry()  # made of all, and remembered
    chosen = Registry("fuser")
    for name in ("datfuse", "seafusion"):
        chosen.add(name, FUSERS[name])
    monkeypatch.setattr(fusers, "FUSERS", chosen)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("transposed", "1 misshapen, first vis_conv.conv.weight"),
        ("missing", "1 missing, first vis_conv.conv.bias"),
        ("added", "1 unexpected, first extra"),
        ("nan", "1 not finite, first vis_conv.conv.bias"),
    ],
)
def test_what_fuse_refuses_is_refused(few, command, state, tmp_path, damage, message):
    match damage:
        case "transposed":
            state["vis_conv.conv.weight"] = state["vis_conv.conv.weight"].transpose(0, 1).contiguous()
        case "missing":
            del state["vis_conv.conv.bias"]
        case "added":
            state["extra"] = torch.ones(1)
        case "nan":
            state["vis_conv.conv.bias"][0] = np.nan
    file = tmp_path / "mine.safetensors"
    save_file(state, file)
    code, _, err = command("models", "check", file)
    assert code == 2
    assert message in err
    picture = tmp_path / "a.png"
    save(picture, RAMP)
    arguments = (
        "-o",
        tmp_path / "f.png",
        "--fuser",
        "seafusion",
        "--task",
        "vif",
        "--option",
        f"weights={file}",
    )
    code, _, err = command("fuse", picture, picture, *arguments)
    assert code == 2
    assert message in err


@pytest.mark.parametrize(
    "content", [{"some": torch.ones(1)}, {"a": {"w": torch.ones(1)}, "b": {"w": torch.ones(1)}}]
)
def test_a_strangers_file_is_refused(command, tmp_path, content):
    torch.save(content, tmp_path / "x.pth")
    code, _, err = command("models", "check", tmp_path / "x.pth")
    assert code == 2
    assert "x.pth" in err


def test_a_damaged_file_is_named(few, command, state, tmp_path):
    save_file(state, tmp_path / "half.safetensors")
    (tmp_path / "half.safetensors").write_bytes((tmp_path / "half.safetensors").read_bytes()[:5000])
    code, _, err = command("models", "check", tmp_path / "half.safetensors")
    assert code == 2
    assert "fetch the file again" in err


def test_a_compiled_models_prefix_is_no_obstacle(few, command, state, tmp_path):
    save_file({f"_orig_mod.{name}": tensor for name, tensor in state.items()}, tmp_path / "c.safetensors")
    code, out, _ = command("models", "check", tmp_path / "c.safetensors")
    assert code == 0
    assert "seafusion" in out


def test_published_weights_are_known(command, shared_dir):
    code, out, _ = command("models", "check", shared_dir / "weights" / "ship.safetensors")
    assert code == 0
    assert "weights of: ship" in out


def test_the_shipped_tcmoa_is_known_and_a_torn_one_refused(command, tmp_path):
    code, out, _ = command("models", "check", shipped_weights())
    assert code == 0
    assert "weights of: tcmoa-tiny" in out
    tensors = load_tensors(shipped_weights())
    name = sorted(tensors)[0]
    tensors[name] = tensors[name] * float("nan")
    save_file(tensors, tmp_path / "nan.safetensors")
    code, _, err = command("models", "check", tmp_path / "nan.safetensors")
    assert code == 2
    assert "not finite" in err
