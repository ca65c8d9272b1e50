"""The TC-MoA network (Zhu et al., CVPR 2024, arXiv 2403.12494), with the official names and shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from tcmoa_bench.tcmoa.adapters import BiMixtureOfAdapters, FusionLayer, PromptControl, Steer
from tcmoa_bench.tcmoa.config import IMAGENET_MEAN, IMAGENET_STD, TCMoAConfig
from tcmoa_bench.tcmoa.gains import Gains
from tcmoa_bench.tcmoa.layers import (
    NORM_EPS,
    PatchEmbed,
    WindowBlock,
    resize_position,
    sincos_position,
    unpatchify,
)
from tcmoa_bench.tcmoa.windows import RelativePosition, rolled_window_mask

ENCODING_STD = 0.02


@dataclass(frozen=True)
class Prompts:
    """Prompts of both streams, one `(B, N, 1)` tensor in (0, 1) for each TC-MoA (steered ones may leave it).

    Attributes:
        encoder_x: First stream (visible, over-exposed, far), encoder.
        encoder_t: Second stream, encoder.
        decoder_x: First stream, decoder.
        decoder_t: Second stream, decoder.
        grid: Token grid `(H, W)`, N = H * W.
        gains: The gains that made the picture, steered: the last prompts of a network with that head.
    """

    encoder_x: tuple[Tensor, ...]
    encoder_t: tuple[Tensor, ...]
    decoder_x: tuple[Tensor, ...]
    decoder_t: tuple[Tensor, ...]
    grid: tuple[int, int]
    gains: Gains | None = None


@dataclass(frozen=True)
class Output:
    """What a forward pass gives.

    Attributes:
        fused: Fused images `(B, 3, H, W)`, in [0, 1].
        prompts: Prompts of every TC-MoA.
        balance: Load-balancing loss summed over the TC-MoA layers (a scalar).
        raw: The decoder's whole prediction as an image, in normalised values (the gains head's as predicted); twice
            the size with up-sampling. Only where asked for.
        encoded: Encoder outputs of both streams, each `(B, N, C)`. Only where asked for.
    """

    fused: Tensor
    prompts: Prompts
    balance: Tensor
    raw: Tensor | None = None
    encoded: tuple[Tensor, Tensor] | None = None


@dataclass(frozen=True)
class Stack:
    """The encoder's or the decoder's layers, which the official names scatter over the network.

    Attributes:
        blocks: Transformer blocks.
        positions: Relative positions, one for two blocks.
        places: Blocks that a TC-MoA follows.
        adapters: Mixtures of adapters, one for each place.
        fusion: Fusion layers, one for each place.
        shares: Share of the fused tokens in what each place hands on, `(places,)`.
        first: Number of the first TC-MoA, counted through encoder and decoder.
        renormalise: Give blended tokens their streams' mean and deviation.
        only_x_from: Block before which stream t is dropped (the number of blocks: after the last); None keeps it.
    """

    blocks: nn.ModuleList
    positions: nn.ModuleList
    places: Sequence[int]
    adapters: nn.ModuleList
    fusion: nn.ModuleList
    shares: nn.Parameter
    first: int = 0
    renormalise: bool = False
    only_x_from: int | None = None


class TCMoA(nn.Module):
    """Fuses two images with a shared transformer whose streams meet in task-customised mixtures of adapters.

    Args:
        config: Size and options.
    """

    pixel_mean: Tensor
    pixel_std: Tensor

    def __init__(self, config: TCMoAConfig) -> None:
        super().__init__()
        self.config = config
        c, d = config.embed_dim, config.decoder_embed_dim
        rows = 1 + config.pos_grid**2
        self.cls_token = nn.Parameter(torch.zeros(1, 1, c))
        self.pos_embed = nn.Parameter(torch.zeros(1, rows, c), requires_grad=False)
        self.decoder_pos_embed = nn.Parameter(torch.zeros(1, rows, d), requires_grad=False)
        self.Alpha_encoder = nn.Parameter(torch.full((len(config.moa_blocks(config.depth)),), 0.5))
        self.Alpha_decoder = nn.Parameter(torch.full((len(config.moa_blocks(config.decoder_depth)),), 0.5))

        self.patch_embed = PatchEmbed(config.patch_size, c)
        self.blocks, self.en_relative_position, self.blocks_MoA, self.FusionLayer = _layers(
            config, c, config.depth, config.num_heads
        )
        self.norm = nn.LayerNorm(c, eps=NORM_EPS)

        self.decoder_embed = nn.Linear(c, d)
        self.decoder_blocks, self.de_relative_position, self.decoder_blocks_MoA, self.de_FusionLayer = (
            _layers(config, d, config.decoder_depth, config.decoder_num_heads)
        )
        self.decoder_norm = nn.LayerNorm(d, eps=NORM_EPS)
        self.decoder_pred = nn.Linear(d, config.patch_size**2 * 3)

        self.register_buffer("pixel_mean", torch.tensor(IMAGENET_MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("pixel_std", torch.tensor(IMAGENET_STD).view(3, 1, 1), persistent=False)
        #: Windows computed at once without gradients; None computes all at once.
        self.window_batch: int | None = None
        #: Recompute blocks in the backward pass instead of keeping their activations.
        self.checkpointing = False
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Initialise as the official code does; source encodings from their own seed."""
        config = self.config
        with torch.no_grad():
            self.pos_embed.copy_(sincos_position(config.embed_dim, config.pos_grid))
            self.decoder_pos_embed.copy_(sincos_position(config.decoder_embed_dim, config.pos_grid))
            weight = self.patch_embed.proj.weight
            nn.init.xavier_uniform_(weight.view(weight.shape[0], -1))
            nn.init.normal_(self.cls_token, std=0.02)
            for module in self.modules():
                if isinstance(module, nn.Linear):
                    nn.init.xavier_uniform_(module.weight)
                    if module.bias is not None:
                        nn.init.zeros_(module.bias)
            generator = torch.Generator().manual_seed(config.encoding_seed)
            for module in self.modules():
                if isinstance(module, BiMixtureOfAdapters):
                    module.modal_shifts.normal_(0, ENCODING_STD, generator=generator)
            if config.head == "gains":
                self._start_as_average()

    def _start_as_average(self) -> None:
        # The untrained network gives the mean of its sources, and learns from there.
        nn.init.trunc_normal_(self.decoder_pred.weight, std=0.002)
        self.decoder_pred.bias.view(-1, 3).copy_(torch.tensor([0.5, 0.5, 0.0]))

    @property
    def encoder(self) -> Stack:
        """The encoder."""
        return Stack(
            self.blocks,
            self.en_relative_position,
            self.config.moa_blocks(self.config.depth),
            self.blocks_MoA,
            self.FusionLayer,
            self.Alpha_encoder,
        )

    @property
    def decoder(self) -> Stack:
        """The decoder, which goes on with stream x alone where nothing reads stream t any more."""
        depth = self.config.decoder_depth
        places = self.config.moa_blocks(depth)
        unread = places[-1] + 1 if places else 0
        return Stack(
            self.decoder_blocks,
            self.de_relative_position,
            places,
            self.decoder_blocks_MoA,
            self.de_FusionLayer,
            self.Alpha_decoder,
            first=len(self.blocks_MoA),
            renormalise=self.config.decoder_renorm,
            only_x_from=unread if self.config.drop_dead_stream else depth,
        )

    @property
    def moa_layers(self) -> int:
        """Number of TC-MoA layers, encoder and decoder."""
        return len(self.blocks_MoA) + len(self.decoder_blocks_MoA)

    def normalise(self, images: Tensor) -> Tensor:
        """Images `(B, 3, H, W)` in [0, 1] to the network's input."""
        return (images - self.pixel_mean) / self.pixel_std

    def _unnormalise(self, images: Tensor) -> Tensor:
        return images.float() * self.pixel_std + self.pixel_mean

    def recover(self, normalised: Tensor) -> Tensor:
        """Network-scale values back to images, clipped to [0, 1]."""
        return ((normalised * self.pixel_std + self.pixel_mean) * 255).clamp(0, 255) / 255

    def forward(
        self,
        x: Tensor,
        t: Tensor,
        router: Tensor | int = 0,
        control: PromptControl | None = None,
        *,
        seen: tuple[Tensor, Tensor] | None = None,
        want_raw: bool = False,
        want_encoded: bool = False,
    ) -> Output:
        """Fuse a batch.

        Args:
            x: First sources (visible, over-exposed, far), `(B, 3, H, W)`, normalised (`normalise`). Sides are
                multiples of `config.multiple`.
            t: Second sources, same shape.
            router: Task index, or weights `(tasks,)` that mix the routers and source encodings.
            control: Steers the prompts; None leaves them.
            seen: What the network looks at in place of the sources, to say what becomes of them (head `gains`).
            want_raw: Also return the decoder's whole prediction.
            want_encoded: Also return the encoder's outputs.

        Raises:
            ValueError: Shapes differ, or sides are no multiple of `config.multiple`.
        """
        self._check(x, t)
        control = control or PromptControl()
        levels = control.levels(self.moa_layers, self.config.head == "gains")
        steers = [partial(control.apply, alpha=alpha, beta=beta) for alpha, beta in levels]
        seen = seen or (x, t)
        if self.config.upsample:
            tokens = torch.cat([self._embed(self._enlarge(image)) for image in seen])
        else:
            tokens = self._embed(torch.cat(seen))
        if self.config.absolute_position:
            tokens = tokens + self._position(self.pos_embed, tokens)
        grid = (tokens.shape[1], tokens.shape[2])
        tokens, encoder_prompts, balance = self._run(self.encoder, tokens, router, steers)
        tokens = self.norm(tokens)
        encoded = tuple(tokens.flatten(1, 2).chunk(2)) if want_encoded else None

        tokens = self.decoder_embed(tokens)
        if self.config.absolute_position:
            tokens = tokens + self._position(self.decoder_pos_embed, tokens)
        tokens, decoder_prompts, decoder_balance = self._run(self.decoder, tokens, router, steers)
        tokens = self.decoder_norm(tokens)

        fused, gains, raw = self._predict(tokens, (x, t), seen, router, levels[-1], want_raw)
        prompts = Prompts(*encoder_prompts, *decoder_prompts, grid, gains)
        return Output(fused, prompts, balance + decoder_balance, raw, encoded)

    def _check(self, x: Tensor, t: Tensor) -> None:
        if x.shape != t.shape:
            raise ValueError(f"sources differ in shape: {tuple(x.shape)} and {tuple(t.shape)}")
        multiple = self.config.multiple
        if x.ndim != 4 or x.shape[-2] % multiple or x.shape[-1] % multiple:
            raise ValueError(f"sources of shape {tuple(x.shape)}: sides must be multiples of {multiple}")

    @staticmethod
    def _enlarge(images: Tensor) -> Tensor:
        return F.interpolate(images, scale_factor=2, mode="bilinear", align_corners=False)

    def _embed(self, images: Tensor) -> Tensor:
        return self.patch_embed(images)

    def _position(self, embedding: Tensor, tokens: Tensor) -> Tensor:
        grid = (tokens.shape[1], tokens.shape[2])
        return resize_position(embedding, grid, self.config.transposed_position)

    def _run(
        self, stack: Stack, tokens: Tensor, router: Tensor | int, steers: Sequence[Steer]
    ) -> tuple[Tensor, tuple[tuple[Tensor, ...], tuple[Tensor, ...]], Tensor]:
        """Run a stack's blocks and TC-MoA layers.

        Args:
            stack: Encoder or decoder.
            tokens: Both streams `(2B, H, W, C)`, the first B of them x.
            router: See `forward`.
            steers: What steers each TC-MoA of the network.

        Returns:
            Tokens (of both streams, or of x alone), prompts of x and t, load-balancing loss.
        """
        config = self.config
        grid = (tokens.shape[1], tokens.shape[2])
        size, half = config.window_size, config.window_size // 2
        mask = rolled_window_mask(grid, size, half).to(tokens) if config.shift_mask else None
        prompts_x: list[Tensor] = []
        prompts_t: list[Tensor] = []
        balance = tokens.new_zeros(())
        bias = None
        for i, block in enumerate(stack.blocks):
            if i == stack.only_x_from:
                tokens = tokens.chunk(2)[0]
            if i % 2 == 0:
                bias = stack.positions[i // 2]()
            shift = half if i % 2 else 0
            step = partial(
                block.on_grid, size=size, shift=shift, mask=mask if shift else None, chunk=self.window_batch
            )
            if self.checkpointing and self.training:
                tokens = checkpoint(step, tokens, bias, use_reentrant=False)
            else:
                tokens = step(tokens, bias)
            if i in stack.places:
                tokens, prompt_x, prompt_t, loss = self._meet(
                    stack, stack.places.index(i), tokens, router, steers
                )
                balance = balance + loss
                prompts_x.append(prompt_x)
                prompts_t.append(prompt_t)
        if stack.only_x_from == len(stack.blocks):
            tokens = tokens.chunk(2)[0]
        return tokens, (tuple(prompts_x), tuple(prompts_t)), balance

    def _meet(
        self, stack: Stack, k: int, tokens: Tensor, router: Tensor | int, steers: Sequence[Steer]
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The streams after the stack's TC-MoA `k` `(2B, H, W, C)`, prompts of x and t, load-balancing loss."""
        grid = (tokens.shape[1], tokens.shape[2])
        streams = tokens.flatten(1, 2)
        x, t = streams.chunk(2)
        with torch.autocast(tokens.device.type, enabled=False):
            adapted_x, adapted_t, prompt_x, prompt_t, loss = stack.adapters[k](
                x.float(), t.float(), router, steers[stack.first + k]
            )
            fused = stack.fusion[k](adapted_x + adapted_t, grid)
        share = stack.shares[k]
        blended = share * torch.cat([fused, fused]) + (1 - share) * streams
        if stack.renormalise:
            blended = _renormalise(blended, streams)
        return blended.view(-1, *grid, blended.shape[-1]), prompt_x, prompt_t, loss

    def choice(self, router: Tensor | int) -> Tensor | float:
        """How much of the router is of tasks whose picture is a choice, 0 to 1."""
        if isinstance(router, int):
            return float(router in self.config.choice_tasks)
        return router[list(self.config.choice_tasks)].sum() / router.sum()

    def _predict(
        self,
        tokens: Tensor,
        sources: tuple[Tensor, Tensor],
        seen: tuple[Tensor, Tensor],
        router: Tensor | int,
        level: tuple[float, float],
        want_raw: bool,
    ) -> tuple[Tensor, Gains | None, Tensor | None]:
        patch = self.config.patch_size
        if self.config.head == "gains":
            raw = unpatchify(self.decoder_pred(tokens), patch).float()
            gains = Gains(*raw.split(1, 1))
            if self.config.gain_sigma:
                first, second = map(self._unnormalise, seen)
                gains = gains.smoothed(first, second, self.config.gain_sigma)
            if self.config.choice_tasks:
                gains = gains.chosen(self.choice(router))
            gains = gains.steered(*level)
            return gains.picture(*map(self._unnormalise, sources)), gains, raw if want_raw else None
        if self.config.upsample and not want_raw:
            # Only every second row and column of the prediction is used: the rest need not be computed.
            rows = self.decoder_pred.weight.view(patch, patch, 3, -1)[::2, ::2].flatten(0, 2)
            bias = self.decoder_pred.bias.view(patch, patch, 3)[::2, ::2].flatten()
            used = unpatchify(F.linear(tokens, rows, bias), patch // 2).float()
            return self.recover(used), None, None
        raw = unpatchify(self.decoder_pred(tokens), patch).float()
        fused = self.recover(raw[..., ::2, ::2] if self.config.upsample else raw)
        return fused, None, raw if want_raw else None


def _renormalise(tokens: Tensor, reference: Tensor) -> Tensor:
    """Give each sample of `tokens` `(B, N, C)` the mean and deviation (over N and C) of the reference's."""
    mean, std = tokens.mean((1, 2), keepdim=True), tokens.std((1, 2), keepdim=True)
    old_mean, old_std = reference.mean((1, 2), keepdim=True), reference.std((1, 2), keepdim=True)
    return (tokens - mean) * (old_std / (std + 1e-12)) + old_mean


def _layers(
    config: TCMoAConfig, width: int, depth: int, heads: int
) -> tuple[nn.ModuleList, nn.ModuleList, nn.ModuleList, nn.ModuleList]:
    """Blocks, relative positions (one for two blocks), mixtures of adapters, fusion layers of one stack."""
    places: Sequence[int] = config.moa_blocks(depth)
    return (
        nn.ModuleList(WindowBlock(width, heads, config.mlp_ratio) for _ in range(depth)),
        nn.ModuleList(RelativePosition(config.window_size, heads) for _ in range((depth + 1) // 2)),
        nn.ModuleList(BiMixtureOfAdapters(width, config) for _ in places),
        nn.ModuleList(FusionLayer(width, width // config.adapter_ratio) for _ in places),
    )
