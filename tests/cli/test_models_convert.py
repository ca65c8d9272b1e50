"""`models convert`: the tensors of old checkpoints, and nothing that could run."""

from __future__ import annotations

import argparse
import builtins
import collections
import functools
import io
import os
import pathlib
import pickle
import subprocess
import tarfile

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from tcmoa_bench.convert import convert
from tcmoa_bench.inert import StandIn, read_inert
from tcmoa_bench.types import BenchError
from tests.baselines.deep.conftest import untrained
from tests.commands import call

STATE = collections.OrderedDict(
    [("conv.weight", torch.arange(18.0).reshape(2, 1, 3, 3)), ("conv.bias", torch.tensor([1.5, -2.0]))]
)


def written(content, path, **options):
    torch.save(content, path, **options)
    return path


def same(file, state=STATE):
    found = load_file(file)
    assert found.keys() == state.keys()
    assert all(torch.equal(found[name], state[name]) for name in state)


@pytest.mark.parametrize("zipped", [True, False])  # False: the format before torch 1.6
@pytest.mark.parametrize(
    ("content", "part", "wrappers"),
    [
        (STATE, "", ""),
        ({"model": STATE, "epoch": 3}, "model", ""),
        ({"state_dict": {f"module.{k}": v for k, v in STATE.items()}}, "state_dict", "module."),
        ({"params": {f"module._orig_mod.{k}": v for k, v in STATE.items()}}, "params", "module._orig_mod."),
        ({"net": {"state_dict": STATE}, "optimizer": {"lr": 1e-4}}, "net.state_dict", ""),
    ],
)
def test_the_tensors_come_out_whatever_they_are_wrapped_in(tmp_path, content, part, wrappers, zipped):
    old = written(content, tmp_path / "old.pth", _use_new_zipfile_serialization=zipped)
    made = convert(old, tmp_path / "new.safetensors")
    same(tmp_path / "new.safetensors")
    assert (made["part"], made["wrappers"], made["tensors"], made["numbers"]) == (part, wrappers, 2, 20)


def test_what_is_dropped_is_told(tmp_path):
    optimizer = {"state": {0: {"exp_avg": torch.ones(2)}}, "param_groups": [{"lr": 1e-4}]}
    content = {
        "model": {**STATE, "step": 7},
        "optimizer": optimizer,
        "args": argparse.Namespace(lr=1e-4),
        "epoch": np.float64(3),
    }
    done = call("models", "convert", written(content, tmp_path / "o.pth"), tmp_path / "n.safetensors")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0] == "kept model: 2 tensors, 20 numbers"
    assert lines[1:5] == [
        "dropped optimizer: 1 tensors and what goes with them",
        "dropped args: {'lr': 0.0001}",
        "dropped epoch: np.float64(3.0)",
        "dropped model.step: 7",
    ]
    assert lines[-1].startswith("sha256 ")
    with safe_open(tmp_path / "n.safetensors", "pt") as file:
        assert len(file.metadata()["converted_from_sha256"]) == 64


def test_of_several_sets_one_is_named(tmp_path):
    other = {"weight": torch.zeros(3)}
    old = written({"generator": STATE, "discriminator": other}, tmp_path / "gan.pth")
    refused = call("models", "convert", old, tmp_path / "n.safetensors")
    assert refused.code == 2
    assert "several sets of tensors (generator, discriminator); say which with --part" in refused.err
    done = call("models", "convert", old, tmp_path / "n.safetensors", "--part", "generator")
    assert "dropped discriminator: 1 tensors" in done.out
    same(tmp_path / "n.safetensors")
    wrong = call("models", "convert", old, tmp_path / "n.safetensors", "--part", "gen")
    assert "no set of tensors 'gen'; there are: generator, discriminator" in wrong.err


def test_tensors_that_share_memory_and_parameters_are_kept(tmp_path):
    base = torch.arange(6.0)
    content = {"a": base, "b": base[2:], "c": torch.nn.Parameter(base.reshape(2, 3).T)}
    convert(written(content, tmp_path / "o.pth"), tmp_path / "n.safetensors")
    same(tmp_path / "n.safetensors", content)


class Config(dict):
    """A training script's own class."""


class Fancy:
    def __init__(self):
        self.path = pathlib.PurePosixPath("/data")


@pytest.mark.parametrize("zipped", [True, False])
def test_classes_of_a_training_script_do_not_stand_in_the_way(tmp_path, zipped):
    content = {"model": STATE, "config": Config(lr=1), "fancy": Fancy(), "list": [Fancy()]}
    old = written(content, tmp_path / "o.pth", _use_new_zipfile_serialization=zipped)
    made = convert(old, tmp_path / "n.safetensors")
    assert made["dropped"][0] == "config: an object of tests.cli.test_models_convert.Config"
    same(tmp_path / "n.safetensors")


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_whole_pickled_network_gives_its_state_dict(tmp_path, zipped, wrapped):
    network = untrained("seafusion").network
    network.register_buffer("passing", torch.ones(3), persistent=False)
    saved = torch.nn.DataParallel(network) if wrapped else network
    old = written(saved, tmp_path / "o.pth", _use_new_zipfile_serialization=zipped)
    made = convert(old, tmp_path / "n.safetensors")
    same(tmp_path / "n.safetensors", network.state_dict())
    assert "but for its tensors" in made["dropped"][0]


class Reduced:
    """Pickles as a call of anything."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


def hostile(mark):
    """Objects whose plain unpickling leaves a file at `mark`."""
    touch = f"open({str(mark)!r}, 'w')"
    return {
        "system": Reduced(os.system, f"touch {mark}"),
        "exec": Reduced(builtins.exec, touch),
        "eval": Reduced(builtins.eval, touch),
        "popen": Reduced(subprocess.Popen, ["touch", str(mark)]),
        "open": Reduced(builtins.open, str(mark), "w"),
        "import": Reduced(builtins.__import__, "planted"),
        "partial": Reduced(functools.partial, os.system),
        "getattr": Reduced(builtins.getattr, Reduced(builtins.__import__, "os"), "system"),
        "nested": Reduced(torch.storage._load_from_bytes, pickle.dumps(Reduced(os.system, f"touch {mark}"))),
        "load": Reduced(pickle.loads, pickle.dumps(Reduced(os.system, f"touch {mark}"))),
        "map": Reduced(list, Reduced(map, os.system, [f"touch {mark}"])),
        "parameter": Reduced(
            torch._utils._rebuild_parameter, Reduced(os.system, f"touch {mark}"), True, None
        ),
    }


@pytest.mark.parametrize("kind", list(hostile("m")))
@pytest.mark.parametrize("zipped", [True, False])
def test_nothing_in_a_hostile_file_runs(tmp_path, monkeypatch, kind, zipped):
    mark = tmp_path / "pwned"
    (tmp_path / "planted.py").write_text(f"open({str(mark)!r}, 'w')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    content = {"model": STATE, "evil": hostile(mark)[kind]}
    for protocol in (2, 4):
        old = written(
            content, tmp_path / "o.pth", _use_new_zipfile_serialization=zipped, pickle_protocol=protocol
        )
        if kind == "parameter":
            with pytest.raises(BenchError, match="truncated or no weights file"):
                convert(old, tmp_path / "n.safetensors")
        else:
            convert(old, tmp_path / "n.safetensors")
            same(tmp_path / "n.safetensors")
        assert not mark.exists()


def test_the_hostile_files_are_hostile(tmp_path):
    """Plain unpickling falls for them: so the test above can fail."""
    mark = tmp_path / "pwned"
    for kind in ("system", "exec", "open"):
        pickle.loads(pickle.dumps(hostile(mark)[kind]))
        assert mark.exists()
        mark.unlink()


@pytest.mark.parametrize(
    "data",
    [
        b"cos\nsystem\n(S'touch pwned'\ntR.",  # GLOBAL, as protocol 0 writes it
        b"(S'touch pwned'\nios\nsystem\n.",  # INST
        b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x0btouch pwned\x85R.",  # STACK_GLOBAL
        b"\x80\x02cos\nsystem\nX\x0b\x00\x00\x00touch pwned\x85\x81.",  # NEWOBJ
        b'c__builtin__\neval\n(S\'open("pwned","w")\'\ntR.',
    ],
)
def test_bare_opcodes_run_nothing(tmp_path, monkeypatch, data):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "o.pth"
    file.write_bytes(data)
    for read in (read_inert, lambda file: convert(file, tmp_path / "n.safetensors")):
        with pytest.raises(BenchError):
            read(file)
    from tcmoa_bench.inert import _Unpickler

    assert isinstance(_Unpickler(io.BytesIO(data)).load(), StandIn)
    assert not (tmp_path / "pwned").exists()


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_formats_that_cannot_be_read_say_so(tmp_path):
    new = tmp_path / "n.safetensors"
    script = tmp_path / "script.pt"
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 1)), script)
    with pytest.raises(BenchError, match="a TorchScript program, not weights"):
        convert(script, new)
    with tarfile.open(tmp_path / "old.tar", "w") as archive:
        for name in ("storages", "tensors", "pickle"):
            archive.add(written(STATE, tmp_path / name), name)
    with pytest.raises(BenchError, match=r"format of 2016 \(a tar archive\)"):
        convert(tmp_path / "old.tar", new)
    (tmp_path / "junk.pth").write_bytes(b"\x80\x02" + b"junk" * 40)
    done = call("models", "convert", tmp_path / "junk.pth", new)
    assert (done.code, "junk.pth are truncated or no weights file" in done.err) == (2, True), done.err
    assert not new.exists()


def test_the_new_file_is_a_further_one_that_says_what_it_is(tmp_path):
    old = written(STATE, tmp_path / "o.pth")
    for new in ("o.pth", "n.pth"):
        done = call("models", "convert", old, tmp_path / new)
        assert (done.code, "ends in .safetensors" in done.err) == (2, True)


def test_a_damaged_archive_is_refused(tmp_path):
    """Found by benchmarks.fuzz: an end record in its place, and a list of parts that is none."""
    data = bytearray(written(STATE, tmp_path / "old.pth").read_bytes())
    data[data.rindex(b"PK\x01\x02") + 2] ^= 0xFF
    (tmp_path / "old.pth").write_bytes(data)
    with pytest.raises(BenchError, match=r"old\.pth"):
        convert(tmp_path / "old.pth", tmp_path / "new.safetensors")
