"""TC-MoA as a fuser: options from text, weights from files, pairs to pictures."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tcmoa_bench.checkpoints import file_sha256, is_published, weights_folders
from tcmoa_bench.images import safe_name
from tcmoa_bench.registry import unknown
from tcmoa_bench.tcmoa.adapters import PromptControl
from tcmoa_bench.tcmoa.checkpoint import load_model
from tcmoa_bench.tcmoa.pipeline import FuseOptions, Pipeline, parse_router
from tcmoa_bench.tcmoa.prompts import prompt_maps, write_prompt_maps
from tcmoa_bench.tcmoa.records import (
    EXTRA_OPTIONS,
    OFFICIAL_FILES,
    OFFICIAL_ORIGIN,
    TINY_WEIGHTS,
    shipped_weights,
)
from tcmoa_bench.types import (
    ALONE,
    BenchError,
    Computed,
    FuserError,
    FuserOptions,
    FuserRecord,
    Image,
    Pair,
    Unavailable,
)

_NUMBERS = ("phases", "tile", "overlap", "tile_batch", "window_batch")
_WORDS = ("mode", "fit", "save", "colour", "precision")


class TCMoAFuser(Computed):
    """A TC-MoA with its options, behind the `Fuser` protocol.

    Args:
        record: Facts about the fuser.
        pipeline: Network and options.
        prompts: Folder for the prompt maps of a pair given by itself, and of folders `DATASET/PAIR` for a run's; or None.
    """

    def __init__(self, record: FuserRecord, pipeline: Pipeline, prompts: Path | None = None) -> None:
        self.record = record
        self.pipeline = pipeline
        self.prompts = prompts
        self.network = pipeline.model
        #: Whether the last picture was made in tiles, because memory ran out.
        self.in_tiles = False

    def watch(self, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        """Put `wrap` around the network's forward pass, for good; see `tcmoa_bench.types.Networked`."""
        self.pipeline.network = wrap(self.pipeline.network)

    def fuse(self, a: Image, b: Image, pair: Pair) -> Image:
        """Fuse one pair (`Fuser.fuse`, `Pipeline.fuse`); writes prompt maps where they were asked for."""
        fusion = self.pipeline.fuse(a, b, pair.task)
        self.in_tiles = fusion.in_tiles
        if self.prompts is not None:
            if fusion.prompts is None:
                raise FuserError(
                    f"{self.record.name}: prompt maps need the picture fused at once, use mode=whole"
                )
            folder = self.prompts
            if (
                pair.dataset != ALONE
            ):  # of a run: a folder for each pair, where `figure` and the report look for it
                folder = folder / safe_name(pair.dataset) / safe_name(pair.name)
            statistics = write_prompt_maps(prompt_maps(fusion.prompts, pair.task), folder, fusion.fitted)
            (folder / "statistics.json").write_text(json.dumps(statistics, indent=2) + "\n", encoding="utf-8")
        return fusion.image


def build_tiny(record: FuserRecord, options: FuserOptions) -> TCMoAFuser:
    """The shipped network, or the one that the user named.

    Raises:
        Unavailable: The weights are not there.
        BenchError: An option or the weights file cannot be used; the text says which and why.
    """
    path = _named(options) or shipped_weights()
    if path == shipped_weights() and not path.is_file():
        raise Unavailable(
            "the shipped weights tcmoa-tiny.safetensors are not installed; reinstall, or make them "
            "with `tcmoa-bench train tiny` and name them with --option checkpoint=FILE"
        )
    if path == shipped_weights() and not is_published(TINY_WEIGHTS, path):
        raise BenchError(
            f"the shipped weights {path} are not those that were published (SHA-256 {file_sha256(path)}); reinstall, or "
            "name your own with --option checkpoint=FILE"
        )
    return open_fuser(record, path, options)


def build_official(record: FuserRecord, options: FuserOptions) -> TCMoAFuser:
    """A network of the paper's size from the file that the user named, or from a weights folder by its usual name.

    Raises:
        Unavailable: There is no such file.
        BenchError: As `build_tiny`.
    """
    if (named := _named(options)) is not None:
        return open_fuser(record, named, options)
    folders = weights_folders(options.weights)
    for path in (folder / name for folder in folders for name in OFFICIAL_FILES[record.name]):
        if path.is_file():
            return open_fuser(record, path, options)
    raise Unavailable(
        f"{record.name} needs a checkpoint: {' or '.join(OFFICIAL_FILES[record.name])} in "
        f"{', '.join(map(str, folders))}, or --option checkpoint=FILE. Its origin is {OFFICIAL_ORIGIN}"
    )


def _named(options: FuserOptions) -> Path | None:
    """The weights file that the user named: by option `checkpoint`, or by `--weights` where that is a file."""
    if "checkpoint" in options.extra:
        return Path(options.extra["checkpoint"])
    return options.weights if options.weights is not None and options.weights.is_file() else None


def open_fuser(record: FuserRecord, path: Path, options: FuserOptions) -> TCMoAFuser:
    """A fuser from any TC-MoA weights file; its record carries the file's SHA-256 as fingerprint."""
    foreign = sorted(set(options.extra) - set(EXTRA_OPTIONS))
    if foreign:
        raise unknown("option", foreign[0], EXTRA_OPTIONS)
    model = load_model(path)
    # A network of our own is trained on the pictures' own pixels; the official one saw resized pictures.
    fit = "pad" if model.config.head == "gains" else "resize"
    overlap = model.config.patch_size * model.config.window_size if fit == "pad" else FuseOptions.overlap
    try:
        if "decoder_renorm" in options.extra:
            model.config = replace(model.config, decoder_renorm=_yes(options.extra, "decoder_renorm"))
        defaults = {"fit": fit, "overlap": min(overlap, FuseOptions.overlap)}
        settings = fuse_options(options.extra, defaults)
        settings.control.levels(model.moa_layers, model.config.head == "gains")
        pipeline = Pipeline(model, settings, options.device)
    except ValueError as error:
        raise FuserError(f"{record.name}: {error}") from error
    prompts = Path(options.extra["prompts"]) if "prompts" in options.extra else None
    return TCMoAFuser(replace(record, fingerprint=file_sha256(path)), pipeline, prompts)


def fuse_options(extra: Mapping[str, str], defaults: Mapping[str, Any] | None = None) -> FuseOptions:
    """Pipeline options from text.

    Args:
        extra: Names of `EXTRA_OPTIONS` and their text; names that are no pipeline option are left alone.
        defaults: Values where the text is silent.

    Raises:
        ValueError: A value cannot be read.
    """
    values: dict[str, Any] = dict(defaults or {})
    values |= {name: _whole_number(name, extra[name]) for name in _NUMBERS if name in extra}
    values |= {name: extra[name] for name in _WORDS if name in extra}
    if "compile" in extra:
        values["compile"] = _yes(extra, "compile")
    if "router" in extra:
        values["router"] = parse_router(extra["router"])
    control = PromptControl(
        parse_levels("alpha", extra.get("alpha", "1")), parse_levels("beta", extra.get("beta", "0"))
    )
    return FuseOptions(**values, control=control)


def _yes(extra: Mapping[str, str], name: str) -> bool:
    if extra[name] not in ("true", "false"):
        raise ValueError(f"{name} takes true or false, not {extra[name]!r}")
    return extra[name] == "true"


def _whole_number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{name} takes a whole number, not {text!r}") from None


def parse_levels(name: str, text: str) -> float | tuple[float, ...]:
    """`1.5`, or `1,1,2` (`PromptControl`); ValueError, with the option's name, where it is neither."""
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ValueError(
            f"{name} takes a number, or several with commas between them, not {text!r}"
        ) from None
    return numbers[0] if len(numbers) == 1 else numbers
