"""Weights are found by hash, read as tensors only, and loaded wholly or not at all."""

from __future__ import annotations

import argparse
import os
import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tcmoa_bench.baselines import FUSERS
from tcmoa_bench.baselines.deep.tensorflow import is_data_file, read_data_file, to_torch
from tcmoa_bench.checkpoints import file_sha256, find_weights, load_strictly, load_tensors
from tcmoa_bench.run.fusers import why_unavailable
from tcmoa_bench.types import BenchError, FuserOptions, Unavailable, Weights
from tests.baselines.deep.conftest import untrained


@pytest.fixture
def network():
    torch.manual_seed(1)
    return torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))


def _record(path, **changes):
    facts = {"file": "net.pth", "sha256": (file_sha256(path),), "origin": "https://a.b", "licence": "MIT"}
    return Weights(**facts | changes)


class _Payload:
    """Unpickled carelessly, it leaves a file behind."""

    def __reduce__(self):
        return os.mkdir, ("pwned",)


def test_a_file_is_found_by_its_hash_under_any_name(tmp_path):
    path = tmp_path / "deeper" / "renamed.bin"
    path.parent.mkdir()
    path.write_bytes(b"some weights")
    (tmp_path / "net.pth").write_bytes(b"othersweight")
    assert find_weights(_record(path, size=12), tmp_path) == path


def test_a_truncated_download_is_pointed_out(tmp_path):
    path = tmp_path / "net.pth"
    path.write_bytes(b"whole weights")
    weights = _record(path, size=13)
    path.write_bytes(b"w")
    with pytest.raises(Unavailable, match=r"net\.pth has that name but SHA-256 50e721e4"):
        find_weights(weights, tmp_path)


def test_a_file_is_found_by_gits_name_for_it(tmp_path):
    path = tmp_path / "any.pth"
    path.write_bytes(b"hello\n")
    weights = Weights(
        "net.pth", (), "https://a.b", "", git_blobs=("ce013625030ba8dba906f756967f9e9ca394464a",)
    )
    assert find_weights(weights, tmp_path) == path
    path.write_bytes(b"hallo\n")
    with pytest.raises(Unavailable, match="git blob ce013625030ba8dba906f756967f9e9ca394464a"):
        find_weights(weights, tmp_path)


def test_of_a_file_without_a_known_hash_the_option_is_named(tmp_path):
    with pytest.raises(Unavailable, match=r"no hash of it is known.*from a disk.*--option weights=FILE"):
        find_weights(Weights("net.pth", (), "from a disk", ""), tmp_path)


def _own_file(tmp_path, name="seafusion"):
    torch.manual_seed(3)
    path = tmp_path / "mine.safetensors"
    save_file(dict(untrained(name).network.state_dict()), path)
    return path


def test_a_file_of_ones_own_takes_the_place_of_the_authors(tmp_path):
    path = _own_file(tmp_path)
    fuser = FUSERS["seafusion"].create(FuserOptions(extra={"weights": str(path)}))
    assert fuser.record.notes.endswith(
        f"not the authors' file: mine.safetensors, SHA-256 {file_sha256(path)}"
    )
    state = load_tensors(path)
    assert all(torch.equal(tensor, state[n]) for n, tensor in fuser.network.state_dict().items())
    first = fuser.record.fingerprint
    state["decode1.conv.bias"] += 1
    save_file(state, path)
    assert FUSERS["seafusion"].create(FuserOptions(extra={"weights": str(path)})).record.fingerprint != first


def test_the_authors_file_by_option_stays_the_authors(weights_dir):
    path = weights_dir / "seafusion.safetensors"
    by_option = FUSERS["seafusion"].create(FuserOptions(extra={"weights": str(path)}))
    assert by_option.record == FUSERS["seafusion"].create(FuserOptions(weights=weights_dir)).record


def test_a_file_of_ones_own_must_fit(tmp_path):
    path = _own_file(tmp_path, "datfuse")
    with pytest.raises(BenchError, match=r"mine\.safetensors does not fit SeAFusion"):
        FUSERS["seafusion"].create(FuserOptions(extra={"weights": str(path)}))
    missing = FuserOptions(extra={"weights": str(tmp_path / "none.pth")})
    with pytest.raises(Unavailable, match=r"no such weights file: .*none\.pth"):
        FUSERS["seafusion"].create(missing)


def test_availability_is_that_of_the_file_given(tmp_path, monkeypatch):
    monkeypatch.setenv("TCMOA_BENCH_WEIGHTS", str(tmp_path / "none"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "none"))
    entry = FUSERS["seafusion"]
    assert why_unavailable(entry, FuserOptions())
    assert why_unavailable(entry, FuserOptions(extra={"weights": str(_own_file(tmp_path))})) is None
    missing = FuserOptions(extra={"weights": str(tmp_path / "none.pth")})
    assert "no such weights file" in why_unavailable(entry, missing)


def test_four_sets_of_tensors_make_one_network(tmp_path):
    path = tmp_path / "CDDFuse.pth"
    state = untrained("cddfuse").network.state_dict()
    parts = ("DIDF_Encoder", "DIDF_Decoder", "BaseFuseLayer", "DetailFuseLayer")
    sets = {
        part: {f"module.{k.removeprefix(f'{part}.')}": t for k, t in state.items() if k.startswith(part)}
        for part in parts
    }
    torch.save({**sets, "optimizer": {"step": 3}}, path)
    fuser = FUSERS["cddfuse"].create(FuserOptions(extra={"weights": str(path)}))
    assert all(torch.equal(tensor, state[n]) for n, tensor in fuser.network.state_dict().items())


def test_auifs_and_rfn_nests_files_get_their_prefix(tmp_path):
    auif, state = untrained("auif_sum"), untrained("auif_sum").network.state_dict()
    for key in ("encoder_base", "encoder_detail", "decoder"):
        part = {k.removeprefix(f"{key}."): t for k, t in state.items() if k.startswith(f"{key}.")}
        torch.save(part, tmp_path / key)
        assert auif.read_weights(tmp_path / key).keys() == {f"{key}.{name}" for name in part}
    rfn = untrained("rfn_nest")
    names = [name.replace(".0.weight", ".conv2d.weight") for name in rfn.network.state_dict()]
    bare = {name.partition(".")[2]: torch.zeros(1) for name in names}
    assert rfn.adapt(bare).keys() == rfn.adapt(dict.fromkeys(names, torch.zeros(1))).keys()


def test_defusions_twins_must_agree():
    fuser = untrained("defusion")
    state = dict(fuser.network.state_dict())
    twins = state | {name.replace("upper", "lower"): tensor for name, tensor in state.items()}
    assert fuser.adapt(twins).keys() == state.keys()
    twins["lower_encoder_layer1.layer.0.conv1.weight"] = (
        twins["lower_encoder_layer1.layer.0.conv1.weight"] + 1
    )
    with pytest.raises(BenchError, match=r"lower_encoder_layer1\.layer\.0\.conv1\.weight differs"):
        fuser.adapt(twins)


@pytest.mark.parametrize("place", ["folder", "variable", "cache"])
def test_three_places_are_searched(place, tmp_path, monkeypatch):
    folders = {
        "folder": tmp_path / "f",
        "variable": tmp_path / "v",
        "cache": tmp_path / "c" / "tcmoa-bench" / "weights",
    }
    monkeypatch.setenv("TCMOA_BENCH_WEIGHTS", str(folders["variable"]))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "c"))
    path = folders[place] / "x.pth"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"weights")
    assert find_weights(_record(path), folders["folder"]) == path


def test_a_file_that_changed_is_hashed_again(tmp_path):
    path = tmp_path / "net.pth"
    path.write_bytes(b"good")
    weights = _record(path)
    assert find_weights(weights, tmp_path) == path
    path.write_bytes(b"evil")
    os.utime(path, ns=(1, 1))
    with pytest.raises(Unavailable, match=r"net\.pth is not here"):
        find_weights(weights, tmp_path)


def test_a_missing_folder_is_no_crash(tmp_path):
    with pytest.raises(Unavailable, match="--weights DIR"):
        find_weights(Weights("net.pth", ("0" * 64,), "https://a.b", ""), tmp_path / "none")


@pytest.mark.parametrize("form", ["torch", "old torch", "nested", "safetensors"])
def test_all_forms_hold_the_same_tensors(form, network, tmp_path):
    path, state = tmp_path / "weights", network.state_dict()
    if form == "torch":
        torch.save(state, path)
    elif form == "old torch":
        torch.save(state, path, _use_new_zipfile_serialization=False)
    elif form == "nested":
        torch.save({"epoch": 3, "state_dict": state}, path)
    else:
        save_file(state, path)
    loaded = load_tensors(path)
    assert loaded.keys() == state.keys()
    assert all(torch.equal(loaded[name], state[name]) for name in state)


def test_plain_data_beside_the_tensors_is_no_obstacle(network, tmp_path):
    path = tmp_path / "train.pth"
    beside = {"args": argparse.Namespace(lr=1e-4), "epoch": np.float64(3), "step": np.int64(7)}
    torch.save({"model": network.state_dict(), **beside}, path)
    assert load_tensors(path).keys() == network.state_dict().keys()


@pytest.mark.parametrize("form", ["torch", "old torch", "pickle"])
def test_code_in_a_file_is_refused_and_not_run(form, network, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "evil.pth"
    if form == "pickle":
        path.write_bytes(pickle.dumps({"model": _Payload()}, protocol=2))
    else:
        content = {"model": network.state_dict(), "extra": _Payload()}
        torch.save(content, path, _use_new_zipfile_serialization=form == "torch")
    with pytest.raises(BenchError) as error:
        load_tensors(path)
    assert not (tmp_path / "pwned").exists()
    assert "evil.pth" in str(error.value)
    assert "weights_only" not in str(error.value)
    assert "posix.mkdir" in str(error.value)
    assert "models convert OLD NEW.safetensors" in str(error.value)


@pytest.mark.parametrize("form", ["torch", "safetensors", "text", "empty"])
def test_a_damaged_file_is_named(form, network, tmp_path):
    path = tmp_path / "half.pth"
    if form == "safetensors":
        save_file(network.state_dict(), path)
    elif form == "torch":
        torch.save(network.state_dict(), path)
    else:
        path.write_bytes(b"<html>404: not found</html>" if form == "text" else b"")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(BenchError, match=r"half\.pth.*fetch the file again"):
        load_tensors(path)


def test_a_flipped_bit_among_the_numbers_is_found(network, tmp_path):
    """torch reads over its archive's checksums."""
    path = tmp_path / "flipped.pth"
    torch.save(network.state_dict(), path)
    content, numbers = (
        bytearray(path.read_bytes()),
        next(iter(network.state_dict().values())).numpy().tobytes(),
    )
    content[content.index(numbers) + 1] ^= 1
    path.write_bytes(content)
    with pytest.raises(BenchError, match=r"flipped\.pth are damaged \(checksum of .*fetch the file again"):
        load_tensors(path)


@pytest.mark.parametrize(
    "content", [{"epoch": 3}, [1, 2], {"a": {"w": torch.ones(1)}, "b": {"w": torch.ones(1)}}]
)
def test_a_file_without_a_state_dict_is_refused(content, tmp_path):
    path = tmp_path / "odd.pth"
    torch.save(content, path)
    with pytest.raises(BenchError, match=r"odd\.pth hold .*a state dict is expected"):
        load_tensors(path)


@pytest.mark.parametrize("prefix", ["module.", "module.module.", "_orig_mod.", "module._orig_mod."])
def test_the_training_wrappers_prefix_is_dropped(network, prefix):
    state = {name: tensor + 1 for name, tensor in network.state_dict().items()}
    load_strictly(network, {f"{prefix}{name}": tensor for name, tensor in state.items()}, "file")
    assert all(torch.equal(network.state_dict()[n], t) for n, t in state.items() if "num_batches" not in n)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("prefix", r"6 missing, first 0\.weight; 6 unexpected, first foo\.0\.weight"),
        ("missing", r"1 missing, first 0\.bias"),
        ("added", r"1 unexpected, first extra"),
        ("shape", r"1 misshapen, first 0\.weight \(\(2, 1, 5, 5\), expected \(2, 1, 3, 3\)\)"),
    ],
)
def test_a_file_that_does_not_fit_changes_nothing(change, message, network):
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    state = {name: tensor + 1 for name, tensor in before.items()}
    if change == "prefix":
        state = {f"foo.{name}": tensor for name, tensor in state.items()}
    elif change == "missing":
        del state["0.bias"]
    elif change == "added":
        state["extra"] = torch.ones(1)
    else:
        state["0.weight"] = torch.ones(2, 1, 5, 5)
    with pytest.raises(BenchError, match=message):
        load_strictly(network, state, "file")
    assert all(torch.equal(network.state_dict()[name], tensor) for name, tensor in before.items())


def test_batch_norms_counters_may_be_absent(network):
    state = {n: t for n, t in network.state_dict().items() if not n.endswith("num_batches_tracked")}
    load_strictly(network, state, "file")


def test_a_tensorflow_data_file_is_its_values_in_the_order_of_names(tmp_path):
    kernel, bias = np.arange(36, dtype="<f4").reshape(3, 3, 2, 2), np.array([7, 8], dtype="<f4")
    path = tmp_path / "model.data-00000-of-00001"
    path.write_bytes(bias.tobytes() + kernel.tobytes())
    shapes = {"layer/kernel": (3, 3, 2, 2), "layer/bias": (2,)}
    assert is_data_file(path, shapes)
    assert not is_data_file(path, {"layer/kernel": (3, 3, 2, 2)})
    tensors = read_data_file(path, shapes)
    np.testing.assert_array_equal(tensors["layer/bias"], bias)
    assert to_torch(tensors["layer/kernel"])[1, 0, 2, 1] == kernel[2, 1, 0, 1]


@pytest.mark.parametrize(
    "name", ["u2fusion_author", "sdnet_vif", "pmgi_vif", "mffgan_whu", "fusiondn", "mefgan"]
)
def test_tensorflow_names_cover_the_network(name, tmp_path):
    """The layout of the authors' data file, adapted, is exactly what the network needs."""
    fuser = untrained(name)
    shapes = fuser.network.shapes()
    path = tmp_path / "data"
    np.zeros(sum(int(np.prod(shape)) for shape in shapes.values()), "<f4").tofile(path)
    load_strictly(fuser.network, fuser.adapt(fuser.read_weights(path)), "data")
    assert all((p == 0).all() for p in fuser.network.parameters())


def test_another_networks_file_is_refused(tmp_path):
    other = untrained("datfuse").network.state_dict()
    fuser = untrained("seafusion")
    with pytest.raises(
        BenchError, match="x does not fit SeAFusion, nothing was loaded: 52 missing, first vis_conv"
    ):
        load_strictly(fuser.network, fuser.adapt(dict(other)), "x")


def test_the_authors_forms_give_the_same_network(weights_dir, tmp_path):
    """The TensorFlow data file made from the converted tensors has the published hash and loads alike."""
    for name, file in (("u2fusion_author", "u2fusion"), ("sdnet_vif", "sdnet_vif"), ("pmgi_mff", "pmgi_mff")):
        tensors = load_tensors(weights_dir / f"{file}.safetensors")
        folder = tmp_path / name
        folder.mkdir()
        path = folder / "model.data-00000-of-00001"
        path.write_bytes(b"".join(tensors[key].numpy().tobytes() for key in sorted(tensors)))
        assert file_sha256(path) == FUSERS[name].record.weights[0].sha256[0]
        original, converted = (FUSERS[name].create(FuserOptions(weights=f)) for f in (folder, weights_dir))
        for key, tensor in converted.network.state_dict().items():
            assert torch.equal(tensor, original.network.state_dict()[key])
        assert original.record.fingerprint != converted.record.fingerprint


def test_didfuse_takes_the_authors_two_files(weights_dir, tmp_path, monkeypatch):
    entry = FUSERS["didfuse_sum"]
    tensors = load_tensors(weights_dir / "didfuse.safetensors")
    files = []
    for half in ("encoder", "decoder"):
        part = {k.removeprefix(f"{half}."): t for k, t in tensors.items() if k.startswith(f"{half}.")}
        torch.save(part, tmp_path / f"{half}.pkl")
        files.append(_record(tmp_path / f"{half}.pkl"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "none"))
    record = replace(entry.record, weights=tuple(files))
    two = replace(entry, record=record).create(FuserOptions(weights=tmp_path))
    one = entry.create(FuserOptions(weights=weights_dir))
    for key, tensor in one.network.state_dict().items():
        assert torch.equal(tensor, two.network.state_dict()[key])
