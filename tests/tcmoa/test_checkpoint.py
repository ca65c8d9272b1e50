"""Weights are loaded whole or not at all, and nothing in a file runs."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tcmoa_bench.tcmoa.checkpoint import (
    CheckpointError,
    infer_config,
    load_backbone,
    load_model,
    load_state,
    read_state,
    save_weights,
)
from tcmoa_bench.tcmoa.config import BASE, LARGE, TINY
from tcmoa_bench.tcmoa.model import TCMoA
from tcmoa_bench.tcmoa.params import LEARNABLE
from tcmoa_bench.tcmoa.records import recognise
from tests.tcmoa.conftest import SMALL, SMALL_OFFICIAL, make_model

State = dict[str, torch.Tensor]


def same(first: TCMoA, second: TCMoA) -> bool:
    a, b = first.state_dict(), second.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def test_weights_come_back_with_their_configuration(tmp_path: Path, small: TCMoA) -> None:
    save_weights(small, tmp_path / "w.safetensors", {"seed": "0"})
    loaded = load_model(tmp_path / "w.safetensors")
    assert loaded.config == small.config
    assert same(loaded, small)
    assert read_state(tmp_path / "w.safetensors")[1]["seed"] == "0"


@pytest.mark.parametrize(
    "wrap", [lambda s: s, lambda s: {"model": s}, lambda s: {"state_dict": s, "epoch": 3}]
)
def test_official_files_need_no_configuration(
    tmp_path: Path, small_official: TCMoA, wrap: Callable[[State], dict]
) -> None:
    torch.save(wrap(small_official.state_dict()), tmp_path / "w.pth")
    loaded = load_model(tmp_path / "w.pth")
    assert same(loaded, small_official)
    assert loaded.config == replace(SMALL_OFFICIAL, name="custom")


def test_named_sizes_are_known_by_their_shapes(tmp_path: Path) -> None:
    tiny = make_model(TINY)
    torch.save(tiny.state_dict(), tmp_path / "w.pth")
    loaded = load_model(tmp_path / "w.pth")
    assert loaded.config == TINY
    assert same(loaded, tiny)


@pytest.mark.parametrize("prefix", ["module.", "module.module."])
def test_wrapper_prefix_is_removed_to_the_bit(tmp_path: Path, small_official: TCMoA, prefix: str) -> None:
    torch.save({f"{prefix}{k}": v for k, v in small_official.state_dict().items()}, tmp_path / "w.pth")
    assert same(load_model(tmp_path / "w.pth"), small_official)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: {f"foo.{k}": v for k, v in s.items()}, "missing, first .* unexpected, first foo"),
        (lambda s: {k: v for k, v in s.items() if k != "norm.bias"}, "1 missing, first norm.bias"),
        (lambda s: {**s, "extra.weight": torch.zeros(1)}, "1 unexpected, first extra.weight"),
        (lambda s: {**s, "norm.bias": torch.zeros(7)}, r"norm.bias \(\(7,\), expected \(32,\)\)"),
        (lambda s: {**s, "norm.bias": torch.full((32,), float("nan"))}, "1 not finite, first norm.bias"),
    ],
)
def test_partial_or_damaged_checkpoints_are_refused(
    tmp_path: Path, small_official: TCMoA, change: Callable[[State], State], message: str
) -> None:
    torch.save(change(small_official.state_dict()), tmp_path / "w.pth")
    with pytest.raises(CheckpointError, match=message):
        load_model(tmp_path / "w.pth")


def test_refused_weights_leave_the_network_as_it_was(small_official: TCMoA) -> None:
    before = {k: v.clone() for k, v in small_official.state_dict().items()}
    state = {k: torch.zeros_like(v) for k, v in before.items() if k != "cls_token"}
    with pytest.raises(CheckpointError, match="1 missing"):
        load_state(small_official, state, "here")
    assert all(torch.equal(before[k], v) for k, v in small_official.state_dict().items())


def test_another_size_is_named(tmp_path: Path) -> None:
    with torch.device("meta"):
        large = dict(TCMoA(LARGE).state_dict())
        base = TCMoA(BASE)
    assert infer_config(large).name == "large"
    assert "large" in recognise(large)
    with pytest.raises(CheckpointError, match="is of size large"):
        load_state(base, large, "file")


def test_old_names_and_their_source_encodings_are_mapped(tmp_path: Path) -> None:
    model = make_model(replace(SMALL_OFFICIAL, trained_encodings=True))
    old = {}
    for key, value in model.state_dict().items():
        name = key
        if "blocks_MoA." in name:
            name = name.replace(".MoA.", ".mlp.").replace("blocks_MoA.", "blocks_SSF_rgb.")
        name = name.replace("dimReduction", "SE_en_linear").replace("modal_shifts", "SSF_beta")
        if name.startswith("FusionLayer"):
            name = name.replace("FusionLayer", "en_projAdapter")
        name = name.replace("de_FusionLayer", "de_projAdapter")
        if name.endswith("SSF_beta"):
            old |= {f"{name}.{i}": row for i, row in enumerate(value)}
        else:
            old[name] = value
    torch.save(old, tmp_path / "old.pth")
    assert same(load_model(tmp_path / "old.pth"), model)


def test_plain_data_beside_the_weights_is_no_hindrance(tmp_path: Path, small_official: TCMoA) -> None:
    content = {
        "model": small_official.state_dict(),
        "args": argparse.Namespace(lr=1e-4),
        "epoch": np.float64(3),
    }
    torch.save(content, tmp_path / "w.pth")
    assert same(load_model(tmp_path / "w.pth"), small_official)


class Payload:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.path),)


def test_a_pickle_with_code_is_refused_and_does_not_run(tmp_path: Path, small_official: TCMoA) -> None:
    torch.save({"model": small_official.state_dict(), "x": Payload(tmp_path / "pwned")}, tmp_path / "w.pth")
    with pytest.raises(CheckpointError, match="mkdir"):
        load_model(tmp_path / "w.pth")
    assert not (tmp_path / "pwned").exists()


def test_unreadable_and_missing_files_say_what_to_do(tmp_path: Path) -> None:
    for name in ("w.pth", "w.safetensors"):
        (tmp_path / name).write_bytes(b"no weights at all")
        with pytest.raises(CheckpointError, match=name):
            load_model(tmp_path / name)
    with pytest.raises(CheckpointError, match=r"links of YangSun22/TC-MoA are dead.*tcmoa-bench train"):
        load_model(tmp_path / "absent.pth")


def test_a_masked_autoencoder_fills_the_backbone_only(tmp_path: Path) -> None:
    source, target = make_model(SMALL_OFFICIAL, seed=1), make_model(SMALL_OFFICIAL, seed=2)
    state = {k: v for k, v in source.state_dict().items() if not k.startswith(LEARNABLE)}
    save_file({**state, "mask_token": torch.zeros(1, 1, 32)}, tmp_path / "mae.safetensors")
    gate = target.blocks_MoA[0].MoA.w_gate.clone()
    load_backbone(target, tmp_path / "mae.safetensors")
    assert torch.equal(target.blocks[1].mlp.fc1.weight, source.blocks[1].mlp.fc1.weight)
    assert torch.equal(target.blocks_MoA[0].MoA.w_gate, gate)
    save_file({k: v for k, v in state.items() if k != "norm.weight"}, tmp_path / "part.safetensors")
    with pytest.raises(CheckpointError, match="1 missing"):
        load_backbone(target, tmp_path / "part.safetensors")


def test_unknown_options_in_a_file_are_refused(tmp_path: Path) -> None:
    save_file(make_model(SMALL).state_dict(), tmp_path / "w.safetensors", {"config": '{"width": 3}'})
    with pytest.raises(CheckpointError, match="unknown fields in the model: width"):
        load_model(tmp_path / "w.safetensors")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ('{"depth": 1000000000}', "depth 1000000000 must be from 1 to 256"),
        (replace(SMALL, depth=200).to_json(), "its metadata states depth 200, its tensors are of depth"),
        ('{"num_experts": 100000000}', "num_experts 100000000 must be from 1 to 256"),
        ('{"depth": "4"}', "depth in the model is a whole number, not '4'"),
        ('{"pos_grid": 1e999}', "pos_grid in the model is a whole number"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "the model is a table of values"),
        ("{", "is no valid JSON"),
    ],
)
def test_metadata_is_checked_before_anything_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str, words: str
) -> None:
    save_file(make_model(SMALL).state_dict(), tmp_path / "w.safetensors", {"config": config})
    monkeypatch.setattr("tcmoa_bench.tcmoa.checkpoint.TCMoA", lambda *_: pytest.fail("built"))
    with pytest.raises(CheckpointError, match=words) as caught:
        load_model(tmp_path / "w.safetensors")
    assert "w.safetensors" in str(caught.value)


def test_numbers_that_are_not_real_are_refused(tmp_path: Path) -> None:
    """Copying a complex number into a real one drops its imaginary part with a warning at most."""
    state = make_model(SMALL).state_dict()
    state["norm.weight"] = state["norm.weight"] + 1j
    torch.save(state, tmp_path / "w.pth")
    with pytest.raises(CheckpointError, match=r"1 no plain real numbers, first norm\.weight"):
        load_model(tmp_path / "w.pth")
    state["norm.weight"] = state["norm.weight"].real.to_sparse()
    torch.save(state, tmp_path / "s.pth")
    with pytest.raises(CheckpointError, match=r"1 no plain real numbers, first norm\.weight"):
        load_model(tmp_path / "s.pth")


def test_an_archive_that_stands_for_much_more_is_refused(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "w.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("w/data.pkl", bytes(50_000_000))
    with pytest.raises(CheckpointError, match=r"w\.pth are refused: .* bytes that stand for 50,000,000"):
        load_model(tmp_path / "w.pth")


def test_shipped_weights_are_those_of_their_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tcmoa_bench.run.fusers import registry
    from tcmoa_bench.tcmoa.records import shipped_weights
    from tcmoa_bench.types import BenchError, FuserOptions

    data = bytearray(shipped_weights().read_bytes())
    data[-1000] ^= 1
    (tmp_path / "tcmoa-tiny.safetensors").write_bytes(data)
    monkeypatch.setattr(
        "tcmoa_bench.tcmoa.fuser.shipped_weights", lambda: tmp_path / "tcmoa-tiny.safetensors"
    )
    with pytest.raises(BenchError, match=r"the shipped weights .* are not those that were published"):
        registry()["tcmoa-tiny"].create(FuserOptions())
