"""A frontal workspace: modules that move by a common sign which only one of them is shown."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

POSITIONS, CELLS, SPACE, MODULES, EDGES = 6, 32, 32, 4, 384
"""Places on every module's ring; cells of a module and of the workspace; modules; edges between them, 3 % of
those that there could be. With 256 random ones .70 were right after 200 updates on tuning seeds 0 and 1.
"""
STEPS = 4
"""Of the network for each patch: cell → workspace → cell → answer takes three."""
CODE, NOISE, SIGN = 12, 0.3, 2.0
"""Values of a patch, deviation of its noise, and how strongly the sign is shown."""
ARMS = ("none", "read only", "broadcast", "random edges")
"""Nothing between modules; a workspace that reads and does not answer; one that broadcasts; as many edges as
both its ways have, from module to module.
"""


@dataclass(frozen=True)
class Task:
    """Every module's code moves by +1 or -1 on its ring, all by the same sign, drawn anew at each patch and
    shown in one module's stream alone: the others are right in half of the cases by themselves.

    Attributes:
        drawn: whether the module that is shown the sign is drawn for each episode; else it is the first.
        length: patches of an episode.
        hidden: whether another module, drawn for each episode, is shown nothing from the middle on: where it
            is must be filled in by where it was and how the others move.
    """

    drawn: bool = False
    length: int = 8
    hidden: bool = False

    def episodes(
        self, n: int, codes: Float[Tensor, "brain module place value"], generator: torch.Generator
    ) -> tuple[
        Tensor,
        Int[Tensor, "brain episode patch module"],
        Int[Tensor, "brain episode"],
        Float[Tensor, "brain episode patch module"],
    ]:
        """(patches [brain, episode, patch, module, value], places, module that is shown the sign, 1 where a
        module is shown nothing).
        """
        brains, modules, places, _ = codes.shape
        shape = (brains, n, self.length)
        sign = torch.randint(2, shape, generator=generator) * 2 - 1
        start = torch.randint(places, (brains, n, 1, modules), generator=generator)
        # the sign that is shown with a patch moves everything to the next one
        moved = torch.cat([torch.zeros(brains, n, 1, dtype=torch.long), sign[:, :, :-1].cumsum(2)], 2)
        place = (start + moved[..., None]) % places
        source = torch.randint(modules, (brains, n), generator=generator)
        source = source if self.drawn else torch.zeros_like(source)
        own = torch.arange(modules)
        b = torch.arange(brains)[:, None, None, None]
        values = codes[b, own, place] + NOISE * torch.randn(*place.shape, CODE, generator=generator)
        told = (own == source[..., None]).float()[:, :, None] * sign[..., None]
        blank = torch.zeros(place.shape)
        if self.hidden:
            other = (source + torch.randint(1, modules, (brains, n), generator=generator)) % modules
            blank[:, :, self.length // 2 :] = (own == other[..., None]).float()[:, :, None]
        shown = torch.cat([values * (1 - blank[..., None]), SIGN * told[..., None]], -1)
        return shown, place, source, blank

    def wanted(
        self, brains: "Workspace", place: Int[Tensor, "brain episode patch module"], patches: Tensor
    ) -> Tensor:
        """What is to be predicted: embeddings of patches, and where they may be hidden, of clean codes."""
        if not self.hidden:
            return brains.embedded(patches)
        rows = torch.arange(len(place))[:, None, None, None]
        codes = brains.codes[rows, torch.arange(place.shape[3]), place]
        return brains.embedded(torch.cat([codes, torch.zeros_like(codes[..., :1])], -1))


class Workspace(nn.Module):
    """Blocks of rate cells, one for each module, and a block that is the workspace. Each module embeds its
    patch by a map that is drawn and stays, and predicts its own next embedding; the workspace predicts those
    of all. Messages between blocks carry no gradient: every cell's weights learn by the loss of its own
    block; or they carry it, as the control.

    Args:
        arm: of `ARMS`.
        seeds: one for each brain.
        across: whether errors cross between blocks.
    """

    edges: Tensor
    embed: Tensor
    codes: Tensor
    owner: Tensor

    def __init__(self, arm: str, seeds: Sequence[int], across: bool = False):
        super().__init__()
        self.across = across
        if arm not in ARMS:
            raise ValueError(f"expected an arm of {', '.join(ARMS)}, got {arm!r}")
        n = MODULES * CELLS + SPACE
        owner = torch.arange(n) // CELLS  # the workspace is the last
        within = owner[:, None] == owner
        weights, masks, embeds, codes, drives = [], [], [], [], []
        for seed in seeds:
            g = torch.Generator().manual_seed(seed)
            mask = within | _between(arm, owner, g)
            drawn = torch.randn(n, n, generator=g) * 0.9 / CELLS**0.5
            weights.append(drawn * mask)
            masks.append(mask.float())
            codes.append(torch.randn(MODULES, POSITIONS, CODE, generator=g))
            embeds.append(torch.randn(MODULES, CODE + 1, CODE, generator=g) / CODE**0.5)
            drives.append(torch.randn(MODULES, CODE + 1, CELLS, generator=g) / CODE**0.5)
        self.register_buffer("edges", torch.stack(masks))
        self.register_buffer("within", within.float())
        self.register_buffer("owner", owner)
        self.register_buffer("embed", torch.stack(embeds))
        self.register_buffer("codes", torch.stack(codes))
        self.recurrent = nn.Parameter(torch.stack(weights))
        self.drive = nn.Parameter(torch.stack(drives))
        self.bias = nn.Parameter(torch.zeros(len(seeds), n))
        self.answer = nn.Parameter(torch.zeros(len(seeds), MODULES, CODE, CELLS))
        self.summary = nn.Parameter(torch.zeros(len(seeds), MODULES, CODE, SPACE))

    within: Tensor

    def forward(self, patches: Float[Tensor, "brain episode patch module value"]) -> tuple[Tensor, Tensor]:
        """Predictions of the next embedding, by modules and by the workspace, [brain, episode, patch, module,
        z].
        """
        given = torch.einsum("bepmv,bmvc->bepmc", patches, self.drive).flatten(3)
        given = torch.cat([given, given.new_zeros(*given.shape[:3], SPACE)], -1) + self.bias[:, None, None]
        inner = (self.recurrent * self.edges * self.within).mT
        outer = (self.recurrent * self.edges * (1 - self.within)).mT
        state = torch.zeros_like(given[:, :, 0])
        shown = []
        for patch in given.unbind(2):
            for _ in range(STEPS):
                message = state if self.across else state.detach()
                total = torch.baddbmm(patch, state, inner) + message @ outer
                state = torch.lerp(state, total.tanh(), 0.5)
            shown.append(state)
        states = torch.stack(shown, 2)
        own = states[..., : MODULES * CELLS].unflatten(-1, (MODULES, CELLS))
        made = torch.einsum("bepmc,bmzc->bepmz", own, self.answer)
        space = torch.einsum("bepc,bmzc->bepmz", states[..., MODULES * CELLS :], self.summary)
        return made, space

    def embedded(self, patches: Tensor) -> Tensor:
        """Of every patch, without the sign, which is no part of the position."""
        plain = torch.cat([patches[..., :CODE], torch.zeros_like(patches[..., CODE:])], -1)
        return torch.einsum("bepmv,bmvz->bepmz", plain, self.embed)


def _between(arm: str, owner: Tensor, generator: torch.Generator) -> Tensor:
    """Which cells of different blocks are joined, [post, pre]: half of the edges read, half broadcast."""
    n = len(owner)
    edges = torch.zeros(n, n, dtype=torch.bool)
    space = owner == MODULES
    reads = space[:, None] & ~space[None]
    answers = ~space[:, None] & space[None]
    direct = (owner[:, None] != owner[None]) & ~space[:, None] & ~space[None]
    for kind, count in {
        "none": (),
        "read only": ((reads, EDGES // 2),),
        "broadcast": ((reads, EDGES // 2), (answers, EDGES // 2)),
        "random edges": ((direct, EDGES),),
    }[arm]:
        places = kind.nonzero()
        chosen = places[torch.randperm(len(places), generator=generator)[:count]]
        edges[chosen[:, 0], chosen[:, 1]] = True
    return edges


def moved_together(
    arm: str,
    seeds: Sequence[int],
    task: Task,
    updates: int = 400,
    batch: int = 32,
    rate: float = 3e-3,
    *,
    across: bool = False,
) -> dict[str, Tensor]:
    """Share of right next places, one value for each brain, in the modules that are not shown the sign
    ("others"), in the one that is ("source"), and where one is hidden in that one ("hidden"), which then
    counts as no other: the place whose code lies nearest to the prediction.
    """
    brains = Workspace(arm, seeds, across)
    generator = torch.Generator().manual_seed(int(seeds[0]))
    stepper = torch.optim.Adam(brains.parameters(), lr=rate)
    for k in range(updates):
        for group in stepper.param_groups:
            group["lr"] = rate * min(1.0, (k + 1) / 20) * (1 - 0.95 * k / updates)
        patches, place, _, _ = task.episodes(batch, brains.codes, generator)
        wanted = task.wanted(brains, place, patches)[:, :, 1:]
        loss = torch.zeros(())
        for made in brains(patches):
            like = torch.cosine_similarity(made[:, :, :-1], wanted, dim=-1)
            loss = loss - like.mean((1, 2, 3)).sum()
        stepper.zero_grad()
        loss.backward()
        stepper.step()
    return judged(brains, task, generator)


@torch.no_grad()
def judged(
    brains: Workspace, task: Task, generator: torch.Generator, episodes: int = 200
) -> dict[str, Tensor]:
    """See `moved_together`; on fresh episodes, from the third patch on."""
    patches, place, source, blank = task.episodes(episodes, brains.codes, generator)
    made = brains(patches)[0][:, :, 2:-1]
    codes = torch.cat([brains.codes, torch.zeros_like(brains.codes[..., :1])], -1)
    named = torch.einsum("bmpv,bmvz->bmpz", codes, brains.embed)
    units = named / named.norm(dim=-1, keepdim=True)
    right = (torch.einsum("betmz,bmpz->betmp", made, units).argmax(-1) == place[:, :, 3:]).float()
    of_source = (torch.arange(MODULES) == source[..., None])[:, :, None].expand(right.shape).float()
    of_hidden = blank.amax(2, keepdim=True).expand(right.shape)
    asked = {"others": (1 - of_source) * (1 - of_hidden), "source": of_source}
    if task.hidden:  # the last patch that it was shown tells where it is, so that these begin after it
        asked["hidden"] = blank[:, :, 2:-1]
    return {name: (right * which).sum((1, 2, 3)) / which.sum((1, 2, 3)) for name, which in asked.items()}
