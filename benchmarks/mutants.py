"""Files that were damaged on purpose, given to the commands that read them: what raises, hangs or eats memory.

`python -m benchmarks.mutants [--count N] [--seed S] [KIND ...]` changes a small valid file of each kind N times (bytes
flipped, cut, doubled, words of other files put in), gives each to the command that reads that kind, and prints a line for
each kind. A command must end within 10 seconds with exit code 0, 1 or 2, without a traceback, and its process must stay
under 1 GB. What does not is written to mutants-found/, and the exit code is 1. `--show KIND NUMBER` gives one again.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import multiprocessing
import random
import re
import resource
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from PIL import Image

SECONDS, BYTES = 10, 1_000_000_000
WHOLE = -1  # in place of a mutant's number: the file as it is
RAMP = np.repeat(np.arange(0, 256, 4, dtype=np.uint8)[:, None], 64, axis=1)
NOISE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
FORMS: dict[str, tuple[str, dict[str, object]]] = {
    "png": ("PNG", {}),
    "jpg": ("JPEG", {}),
    "progressive": ("JPEG", {"progressive": True, "restart_marker_rows": 1}),
    "tiff": ("TIFF", {}),
    "tiff-lzw": ("TIFF", {"compression": "tiff_lzw"}),
    "tiff-deflate": ("TIFF", {"compression": "tiff_adobe_deflate"}),
    "tiff-jpeg": ("TIFF", {"compression": "jpeg"}),
    "bmp": ("BMP", {}),
    "webp": ("WEBP", {}),
    "gif": ("GIF", {}),
    "ppm": ("PPM", {}),
}

# Words that parsers of numbers, lists, paths and markup stumble over.
WORDS = (
    *(b"1000000000", b"-1", b"1e999", b"nan", b"inf", b"0", b"9" * 5000, b"1.5", b"true", b"null", b"\xff\xfe", b"\0"),
    *(b"[" * 3000, b"{" * 3000, b'{"a":' * 2000, b"[" * 60 + b"]" * 60, b'"', b"'", b",", b"\n", b"\r", b"\\", b"=", b"#"),
    *(b"../../../../etc/passwd", b"/dev/zero", b"~", b"%s", b"{a}", b"<a>", b"<!DOCTYPE x>", b"[]", b"{}", b'""', b"\xc3"),
    *(b"\xf0\x9f\x92\xa5", b"\xe2\x80\xae", b"a" * 300, b";", b"\t", b":"),
)  # fmt: skip

# Values of every type, in the place of one that is there.
VALUES = (
    b"null",
    b"[]",
    b"{}",
    b"-1",
    b"0",
    b'"x"',
    b'""',
    b"1e999",
    b"[[1]]",
    b"true",
    b"1000000000",
    b'{"a":1}',
    b"{a=1}",
)
TOKEN = re.compile(rb'"[^"\n]{0,99}"|-?\d[\d.e+-]*|\w+|\[[^\[\]]{0,99}\]|\{[^{}]{0,99}\}')


def mutant(data: bytes, seed: object) -> bytes:
    """`data` with one to four changes, the same for the same seed."""
    draw = random.Random(repr(seed))
    changed = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 4))):
        start = draw.randrange(len(changed) + 1)
        end = min(len(changed), start + draw.choice((1, 1, 2, 4, 16, 256)))
        how = draw.randrange(8)
        if how == 0:
            del changed[start : len(changed) if draw.random() < 0.2 else end]
        elif how == 1:
            changed[start:start] = changed[start:end]
        elif how == 2:
            changed[start:end] = draw.choice(WORDS)
        elif how == 3:
            changed[start:start] = draw.choice(WORDS)
        elif how == 4 and start < len(changed):
            changed[start] ^= 1 << draw.randrange(8)
        elif how == 5 and (tokens := list(TOKEN.finditer(changed))):
            start, end = draw.choice(tokens).span()
            changed[start:end] = draw.choice(VALUES)
        elif how == 6 and (tokens := list(TOKEN.finditer(changed))):
            (start, end), other = draw.choice(tokens).span(), draw.choice(tokens)[0]
            changed[start:end] = other
        elif start < len(changed):
            changed[start] = draw.randrange(256)
    return bytes(changed)


class Kind:
    """One kind of file: what a whole one holds, and what reads it."""

    def __init__(self, file: Path, *command: object, use: Callable[[], object] | None = None) -> None:
        self.file, self.whole, self.command, self.use = file, file.read_bytes(), command, use

    def run(self) -> tuple[int, str]:
        """Exit code and standard error."""
        from tcmoa_bench.cli import main
        from tcmoa_bench.errors import BenchError

        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                if self.use is not None:
                    self.use()
                    return 0, ""
                main([str(part) for part in self.command])
            except BenchError as error:
                return 2, f"error: {error}"
            except SystemExit as stop:
                return int(stop.code or 0), err.getvalue()
            except BaseException:
                return 99, traceback.format_exc()
        return 0, err.getvalue()


def _picture(path: Path, image: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)
    return path


def _text(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def _quietly(arguments: Sequence[object]) -> None:
    from tcmoa_bench.cli import main

    streams = contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO())
    with contextlib.suppress(SystemExit), streams[0], streams[1]:
        main([str(part) for part in arguments])


SUITE = """name = "mine"
version = 1
title = "A title"
metrics = ["EN@textbook", "SD@tang2022"]
fusers = ["average", "lp:colour=luma"]
convention = "textbook"
[[datasets]]
name = "pairs"
task = "vif"
a = "A"
b = "B"
[fused]
OURS = "A"
[commands]
THEIRS = "cp {a} {out}"
[fused_maps]
MAPPED = "map.csv"
[[published]]
dataset = "pairs"
folder = "A/{label}"
labels = ["X"]
"""
OBJECT = "<object><name>person</name><bndbox><xmin>3</xmin><ymin>4</ymin><xmax>30</xmax><ymax>40</ymax></bndbox></object>"


def images(root: Path) -> dict[str, Kind]:
    """Pictures of every form that is read."""
    whole = _picture(root / "whole.png", RAMP)
    found = {}
    for name, (form, options) in FORMS.items():
        file = root / f"{name}.img"
        exif = Image.Exif()
        exif[0x0112], exif[0x010E] = 6, "words"
        extra = {"exif": exif} if form in ("JPEG", "PNG", "WEBP") else {}
        Image.fromarray(NOISE).save(file, form, **options, **extra)
        found[f"image-{name}"] = Kind(file, "score", whole, whole, file, "--metrics", "EN@textbook")
    return found


def texts(root: Path) -> dict[str, Kind]:
    """Lists, suites, baselines, labels, predictions, recipes, tolerances."""
    from tcmoa_bench.cli.train import _recipe
    from tcmoa_bench.labels import LabelFile

    for name in ("p1", "p2"):
        _picture(root / f"A/{name}.png", RAMP)
        _picture(root / f"B/{name}.png", RAMP.T)
    for role in ("visible", "infrared"):
        for stem in ("190001", "190002"):
            _picture(root / f"data/LLVIP/{role}/test/{stem}.png", RAMP)
    (root / "data/LLVIP/Annotations").mkdir()
    for stem in ("190001", "190002"):
        _text(root / f"data/LLVIP/Annotations/{stem}.xml", f"<annotation>{OBJECT}</annotation>")
    llvip = _text(
        root / "llvip.toml", 'name = "llvip"\nmetrics = ["EN@textbook"]\n[[datasets]]\nname = "llvip"\n'
    )
    mapped = _text(root / "map.csv", "name,fused\np1,A/p1.png\np2,A/p2.png\n")
    suite = _text(root / "suite.toml", SUITE)
    plain = _text(
        root / "plain.toml",
        'name = "plain"\nmetrics = ["EN@textbook"]\n[[datasets]]\nname = "pairs"\ntask = "vif"\na = "A"\nb = "B"\n',
    )
    data = root / "data"
    for one, out in ((plain, "run"), (llvip, "labelled")):
        arguments = [
            "run",
            "--suite",
            one,
            "--data",
            data,
            "--fusers",
            "average",
            "--no-report",
            "--out",
            root / out,
        ]
        _quietly(arguments)
    _quietly(["baseline", "save", root / "run", "-o", root / "base.json"])
    jobs = _text(
        root / "jobs.csv",
        "a,b,fused,metrics\nA/p1.png,B/p1.png,A/p1.png,EN@textbook\nA/p2.png,B/p2.png,A/p2.png,\n",
    )
    pairs = _text(root / "pairs.csv", "a,b,name,reference\nA/p1.png,B/p1.png,one,\nA/p2.png,B/p2.png,two,\n")
    chosen = _text(root / "chosen.csv", f"dataset,pair,sha256_a,sha256_b\npairs,p1,{'0' * 64},{'1' * 64}\n")
    names = _text(root / "names.txt", "# these\np1\npairs/p2\n")
    limits = _text(root / "limits.toml", '"VIF@*" = { rtol = 1e-6 }\n"*" = { atol = 1e-3 }\n')
    detected = [{"image_id": "190001", "category_id": 1, "bbox": [1, 2, 20, 30], "score": 0.5}] * 2
    predictions = _text(root / "found.json", json.dumps(detected))
    recipe = _text(
        root / "recipe.toml",
        'name = "x"\nbase = "tiny"\nlr = 0.001\nsteps = 3\nupdates = [1, 1, 1]\nbetas = [0.9, 0.95]\n[data]\ncrop = 64\n'
        'vif = ["pairs"]\n[loss]\ngradient = "vector"\n[model]\nsize = "tiny"\ndepth = 2\n',
    )
    (root / "found").mkdir()
    lines = _text(root / "found/190001.txt", "0 0.5 0.5 0.25 0.25 0.75\n0 0.25 0.5 0.125 0.5 0.5\n")
    voc = _text(root / "voc.xml", f"<annotation>{OBJECT}{OBJECT}</annotation>")
    yolo = _text(root / "yolo.txt", "0 0.5 0.5 0.2 0.25\n1 0.25 0.5 0.125 0.5\n")
    classes = root / "classes.png"
    numbers = Image.fromarray((np.arange(64 * 64).reshape(64, 64) % 3).astype(np.uint8), "P")
    numbers.putpalette([0, 0, 0, 9, 9, 9, 20, 20, 20])
    numbers.save(classes)
    known = ("person", "car", "bicycle")
    dry = ("--dry-run", "--out", root / "dry")
    return {
        "baseline": Kind(root / "base.json", "compare", root / "run", root / "base.json"),
        "tolerances": Kind(limits, "compare", root / "run", root / "run", "--tolerances", limits),
        "suite": Kind(suite, "run", "--suite", suite, *dry),
        "jobs": Kind(jobs, "score", "--jobs", jobs, "--metrics", "EN@textbook"),
        "pairs": Kind(pairs, "run", "--csv", pairs, "--task", "vif", "--fusers", "average", *dry),
        "pair-list": Kind(chosen, "run", "--suite", plain, "--pairs", chosen, "--fusers", "average", *dry),
        "pair-names": Kind(names, "run", "--suite", plain, "--pairs", names, "--fusers", "average", *dry),
        "fused-map": Kind(mapped, "run", "--suite", plain, "--fused-map", f"X={mapped}", "--fusers", "X", *dry),
        "labels-voc": Kind(voc, use=lambda: LabelFile(voc, "voc", known).load((64, 64))),
        "labels-yolo": Kind(yolo, use=lambda: LabelFile(yolo, "yolo", known).load((64, 64))),
        "labels-map": Kind(classes, use=lambda: LabelFile(classes, "map", known).load((64, 64))),
        "predictions": Kind(
            predictions,
            *("labels", "import", root / "labelled", "--data", data, "--predictions", predictions),
            *("--fuser", "average", "--detector", "D"),
        ),
        "predictions-yolo": Kind(
            lines,
            *("labels", "import", root / "labelled", "--data", data, "--predictions", root / "found"),
            *("--fuser", "average", "--detector", "D"),
        ),
        "recipe": Kind(recipe, use=lambda: _recipe(str(recipe))),
        "store": Kind(root / "run/run.sqlite", "tables", root / "run", "--format", "csv"),
    }  # fmt: skip


def weights(root: Path) -> dict[str, Kind]:
    """Checkpoints in both formats."""
    import torch
    from safetensors import safe_open
    from safetensors.torch import save_file

    from tcmoa_bench.checkpoints import load_tensors
    from tcmoa_bench.convert import convert
    from tcmoa_bench.tcmoa.records import shipped_weights

    picture = _picture(root / "a.png", RAMP)
    head = root / "head.safetensors"
    with safe_open(shipped_weights(), "pt") as whole:
        state = {name: whole.get_tensor(name) for name in whole.keys()}  # noqa: SIM118
        save_file(state, head, whole.metadata())
    small = root / "small.safetensors"
    save_file({"a": torch.ones(2, 2), "b": torch.zeros(3)}, small, {"config": '{"depth": 2}'})
    old = root / "old.pth"
    torch.save({"model": {"a": torch.ones(2, 2)}, "epoch": 3}, old)
    fuse = ("fuse", picture, picture, "-o", root / "f.png", "--task", "vif", "--fuser", "tcmoa")
    return {
        "weights-tcmoa": Kind(head, *fuse, "--option", f"checkpoint={head}"),
        "weights-safetensors": Kind(small, use=lambda: load_tensors(small)),
        "weights-pth": Kind(old, use=lambda: load_tensors(old)),
        "weights-convert": Kind(old, use=lambda: convert(old, root / "new.safetensors")),
    }


ROOMS = (images, texts, weights)


def changed(name: str, kind: Kind, number: int, seed: int) -> bytes:
    """The bytes of one mutant of a kind."""
    if name == "weights-tcmoa":  # its head is what is read; its numbers are many
        length = 8 + int.from_bytes(kind.whole[:8], "little")
        start = kind.whole.index(b"__metadata__") if number % 2 else 0
        stop = min(length, start + 700)
        part = mutant(kind.whole[start:stop], (seed, name, number))
        head = (
            kind.whole[8:start] + part + kind.whole[stop:length]
            if start
            else part[8:] + kind.whole[stop:length]
        )
        size = len(head).to_bytes(8, "little") if start or number % 4 else part[:8]
        return size + head + kind.whole[length:]
    return mutant(kind.whole, (seed, name, number))


def _work(room: int, folder: str, seed: int, pipe: Connection) -> None:
    import os
    import warnings

    warnings.simplefilter("ignore")
    os.chdir(folder)
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 2)
    kinds = ROOMS[room](Path(folder))
    while True:
        name, number = pipe.recv()
        kind = kinds[name]
        kind.file.write_bytes(kind.whole if number == WHOLE else changed(name, kind, number, seed))
        started = time.perf_counter()
        code, err = kind.run()
        if number == WHOLE and code:
            code, err = 99, err or f"exit code {code}"
        seconds = time.perf_counter() - started
        pipe.send((code, err, seconds, 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
        kind.file.write_bytes(kind.whole)


class Worker:
    """A process that reads mutants; a new one where the last hung or died."""

    def __init__(self, room: int, seed: int) -> None:
        self.room, self.seed = room, seed
        self.folder = tempfile.TemporaryDirectory()
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, inner = context.Pipe()
        folder = tempfile.mkdtemp(dir=self.folder.name)
        self.process = context.Process(target=_work, args=(self.room, folder, self.seed, inner), daemon=True)
        self.process.start()
        inner.close()
        self.ready = False

    def read(self, name: str, number: int) -> tuple[str, float, int]:
        """What is wrong with how a mutant was read (empty: nothing), the seconds and the process's most bytes."""
        try:
            self.pipe.send((name, number))
            if not self.pipe.poll(SECONDS + (0 if self.ready else 120)):
                self._restart()
                return f"no answer within {SECONDS} s", float(SECONDS), 0
            self.ready = True
            code, err, seconds, peak = self.pipe.recv()
        except (EOFError, OSError):
            self._restart()
            return "the process died", 0.0, 0
        if code not in (0, 1, 2) or "Traceback" in err:
            return f"exit code {code}: {err.strip()}", seconds, peak
        if peak > BYTES:
            self._restart()
            return f"{peak / 1e6:.0f} MB", seconds, peak
        if code == 2 and not err.strip():
            return "exit code 2 without a word", seconds, peak
        return "", seconds, peak

    def _restart(self) -> None:
        self.process.kill()
        self.process.join()
        self._start()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("kinds", nargs="*", help="kinds, or the beginnings of their names")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", nargs=2, metavar=("KIND", "NUMBER"))
    chosen = parser.parse_args()
    total = faults = 0
    for room, make in enumerate(ROOMS):
        with tempfile.TemporaryDirectory() as folder:
            kinds = make(Path(folder))
            if chosen.show and chosen.show[0] in kinds:
                name, number = chosen.show
                sys.stdout.buffer.write(changed(name, kinds[name], int(number), chosen.seed))
                return 0
        names = [n for n in kinds if not chosen.kinds or n.startswith(tuple(chosen.kinds))]
        if not names or chosen.show:
            continue
        worker = Worker(room, chosen.seed)
        for name in names:
            if problem := worker.read(name, WHOLE)[0]:
                raise SystemExit(f"{name}: the whole file is not read: {problem}")
            longest, most, found = 0.0, 0, []
            for number in range(chosen.count):
                problem, seconds, peak = worker.read(name, number)
                longest, most = max(longest, seconds), max(most, peak)
                if problem:
                    found.append((number, problem))
            total, faults = total + chosen.count, faults + len(found)
            print(
                f"{name:20} {chosen.count} mutants, {len(found)} faults, longest {longest:.2f} s, most {most / 1e6:.0f} MB",
                flush=True,
            )
            for number, problem in found[:5]:
                print(f"    {number}: {problem.splitlines()[-1][:160]}")
            if found:
                Path("mutants-found").mkdir(exist_ok=True)
                Path(f"mutants-found/{name}.txt").write_text("\n\n".join(f"{n}: {p}" for n, p in found))
        worker.process.kill()
    print(f"{total} mutants, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
