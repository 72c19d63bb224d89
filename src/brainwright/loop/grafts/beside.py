"""Grafts with every control: one batch of hosts with all arms beside them → the scores of each network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from brainwright.learning.graft.many import RULES, Feedback
from brainwright.learning.graft.many import Options as RuleOptions
from brainwright.network.graft import Many, Ports

from .arms import Arm, Setting, Task
from .closed import altered
from .lesion import Lesioned, lesioned
from .many import augment_many, teach_many
from .score import r2
from .task import EXTRA, LAYERS, Waves, grafts_of, hosts_of, ports_of

Scores = dict[str, np.ndarray]
"""Arm → [score, network]: R2 on fresh samples; cosine of the signal with the gradient at the written units, a
mean over the run, and before the first update.
"""
TEST = 2_048
"""Samples of a test: R2 is then known to about .01 in one network."""
FEW, SITES, ALL = ports_of(6), ports_of(6, last=True), ports_of(LAYERS["hidden1"])
"""6 of the 64 cells of each layer; as many others; all."""
WRITES = Ports(FEW.read, FEW.reads, SITES.write, SITES.writes)
"""The right cells are read and others written."""
DIRECT = Ports("hidden1", range(6), "output", range(8))
HOST_RATES = {"BP": 0.01, "FA": 0.003, "DFA": 0.01, "KP": 0.03, "PC": 0.01, "NP": 0.01, "Hebb": 0.003}
"""The best of .003, .01, .03 for hosts alone, seeds 0 to 3 (Hebb, which learns nothing here: untuned)."""
RATES = {"PC": 0.003, "edge": 0.03}
RATE = 0.01
"""Of every graft whose column has no other: for each column the best of .003, .01, .03, a mean over hosts
of BP, FA, DFA, KP and NP, seeds 0 to 3.
"""
PC_STEPS = 12
"""Steps of relaxation in a host of predictive coding: with 20 it is as good and twice as slow."""
RHOS = (0.0, 0.25, 0.5, 0.75, 0.9, 1.0)
STALE = (0.98, 0.9, 0.7)
"""Correlation of what is read with the present; 10 ms of a signal with a correlation time of 100 ms: .905."""
NOISE = (0.1, 0.3)
PORTS = (2, 4, 6, 16, 64)
CONTROLS = ("none", "constant", "frozen", "permuted", "shuffled", "wrong sites")
"""What must not do the work of the missing cells."""
BESIDE = ("BP", "FA", "edge", "frozen", "none", "shuffled", "permuted")
"""Columns that are also asked of a lesioned host that goes on learning."""


@dataclass(frozen=True)
class Scale:
    """How much is done.

    Attributes:
        seeds: one network and one task each.
        updates, late: batches for what grows up together, and for what comes later.
    """

    seeds: tuple[int, ...]
    updates: int
    late: int

    def fresh(self) -> tuple[Waves, torch.Tensor, torch.Tensor]:
        """The tasks, and a test that none of their later batches repeats."""
        waves = Waves(self.seeds)
        return waves, *waves.batch(TEST)


def setting(rule: str, updates: int, ports: Ports = FEW, missing: Many | None = None) -> Setting:
    """What all arms of a batch share."""
    options = RuleOptions(steps=PC_STEPS) if rule == "PC" else RuleOptions()
    rate = HOST_RATES[rule]
    return Setting(ports, rule, updates, host_rate=rate, options=options, missing=missing)


def columns(plastic: bool, prefix: str = "") -> dict[str, Arm]:
    """Every rule inside, the floors, and signals that are not the host's own, which a graft of
    backpropagation follows.
    """
    inside = {
        name: Arm(name, plastic=plastic, rate=RATES.get(name, RATE))
        for name in (*RULES, "edge", "frozen", "none")
    }
    told = {name: Arm("BP", name, plastic=plastic, rate=RATE) for name in ("shuffled", "permuted", "exact")}
    return {prefix + name: arm for name, arm in (inside | told).items()}


def tried(
    hosts: Many,
    grafts: Many,
    arms: Mapping[str, Arm],
    task: Task,
    how: Setting,
    x,
    y,
    feedback: Feedback | None = None,
) -> tuple[Scores, Many]:
    """All arms learn and are scored; also the hosts."""  # fmt: skip
    done = augment_many(hosts, grafts, arms, task, how, feedback)
    wide = x.repeat(len(arms), *[1] * (x.ndim - 1))
    heard = altered(done.hosts, arms, how.ports, wide, torch.Generator().manual_seed(how.seed))
    score = r2(done.hosts, x, y, done.grafts, how.ports, heard).reshape(len(arms), -1)
    rows = torch.stack([score, done.cosine, done.cosines[0]], 1)
    return {name: row.numpy() for name, row in zip(arms, rows, strict=True)}, done.hosts


def plain(score: torch.Tensor) -> np.ndarray:
    """A score of networks without grafts."""
    return torch.stack([score, *[torch.zeros_like(score)] * 2]).numpy()


def early(scale: Scale, rule: str, cells: Sequence[int]) -> Scores:
    """Host and graft learn together from the start: one row of the matrix."""
    waves, x, y = scale.fresh()
    arms, how, n = columns(True), setting(rule, scale.updates), len(scale.seeds)
    found, hosts = tried(hosts_of(scale.seeds), grafts_of(scale.seeds, FEW, cells), arms, waves, how, x, y)
    first = list(arms).index("BP") * n
    found["BP, removed"] = plain(r2(hosts.some(slice(first, first + n)), x, y))
    for name, ports in {"native, same ports": FEW, "native, all ports": ALL}.items():
        waves, x, y = scale.fresh()
        whole, _ = teach_many(hosts_of(scale.seeds, ports, (cells[0], cells[-1])), waves, how)
        found[name] = plain(r2(whole, x, y))
    return found


def recovery(scale: Scale, rule: str) -> Scores:
    """Grafts in place of native cells, which used few ports and were deleted; hosts are frozen, or learn."""
    waves, x, y = scale.fresh()
    whole, left, found = lost(scale, rule, FEW, waves, x, y)

    def grafted(start: str, ports: Ports, arms: Mapping[str, Arm], missing: Many | None = None) -> Scores:
        how, grafts = setting(rule, scale.late, ports, missing), grafts_of(scale.seeds, ports)
        return tried(getattr(left, start), grafts, arms, waves, how, x, y, left.feedback)[0]

    plastic, one = columns(True, "plastic "), {"BP": Arm("BP")}
    arms = columns(False) | {name: plastic[name] for name in plastic if name.split()[1] in BESIDE}
    arms |= {"constant": Arm("constant", rate=RATES["edge"]), **mixed()}
    arms |= {f"noise {noise:g}": Arm("BP", noise=noise) for noise in NOISE}
    arms |= {f"stale {stale:g}": Arm("BP", stale=stale) for stale in STALE}
    found |= grafted("lesion", FEW, arms | {"mimicry": Arm("BP", "mimicry")}, whole)
    found["wrong sites"] = grafted("lesion", SITES, one)["BP"]
    found["direct to output"] = grafted("lesion", DIRECT, one)["BP"]
    found |= {f"ports {n}": grafted("lesion", ports_of(n), one)["BP"] for n in PORTS[:-1]}
    kept = {name: arms[name] for name in ("BP", "edge", *CONTROLS[:-1])}
    after = grafted("compensated", FEW, kept) | {"wrong sites": grafted("compensated", SITES, one)["BP"]}
    found |= {f"from the mean, {name}": row for name, row in after.items()}
    for start, word in {"lesion": "", "compensated": "from the mean, "}.items():
        found[f"{word}wrong write sites"] = grafted(start, WRITES, one)["BP"]
    return found


def dense(scale: Scale, rule: str) -> Scores:
    """The same where the missing cells used all units of both layers, with grafts of few ports and of all."""
    waves, x, y = scale.fresh()
    _, left, found = lost(scale, rule, ALL, waves, x, y)
    for n in PORTS:
        how, grafts = setting(rule, scale.late, ports_of(n)), grafts_of(scale.seeds, ports_of(n))
        arms = {f"{name}, ports {n}": Arm("BP", name) for name in ("own", "shuffled")}
        found |= tried(left.lesion, grafts, arms, waves, how, x, y, left.feedback)[0]
    return found


def lost(scale: Scale, rule: str, used: Ports, waves: Waves, x, y) -> tuple[Many, Lesioned, Scores]:
    """Networks with extra cells learn, and lose these."""
    whole, own = teach_many(hosts_of(scale.seeds, used), waves, setting(rule, scale.updates))
    left = lesioned(whole, own, used, EXTRA, waves.batch(TEST)[0])
    parts = {"teacher": whole, "lesion": left.lesion, "compensated": left.compensated}
    return whole, left, {name: plain(r2(many, x, y)) for name, many in parts.items()}


def mixed() -> dict[str, Arm]:
    """The alignment curve: assumed feedback of which a share is the host's own weights; and its negative."""
    arms = {}
    for plastic in (False, True):
        word = "plastic " * plastic
        arms |= {f"{word}rho {rho:g}": Arm("BP", "mixed", rho, RATE, plastic) for rho in RHOS}
        arms[f"{word}flipped"] = Arm("BP", "flipped", plastic=plastic)
    return arms


def late(scale: Scale, rule: str) -> Scores:
    """Grafts beside hosts that have learned, frozen or learning on, at few ports and at all."""
    waves, x, y = scale.fresh()
    hosts, own = teach_many(hosts_of(scale.seeds), waves, setting(rule, scale.updates))
    found, columns_of = {"host": plain(r2(hosts, x, y))}, columns(False) | columns(True, "plastic ")
    curve = mixed() if rule == "BP" else {}
    one, few = {"BP": Arm("BP")}, ("BP", "exact", "frozen", "none", "plastic BP", "plastic none")
    for word, ports in {"": FEW, "all ports, ": ALL}.items():
        arms = columns_of if ports is FEW else {name: columns_of[name] for name in few}
        how, grafts = setting(rule, scale.late, ports), grafts_of(scale.seeds, ports)
        scores = tried(hosts, grafts, arms | curve, waves, how, x, y, own)[0]
        scores["untaught host"] = tried(hosts_of(scale.seeds), grafts, one, waves, how, x, y)[0]["BP"]
        found |= {word + name: row for name, row in scores.items()}
    how, grafts = setting(rule, scale.late, DIRECT), grafts_of(scale.seeds, DIRECT)
    return found | {"direct to output": tried(hosts, grafts, one, waves, how, x, y, own)[0]["BP"]}


def foretold(scale: Scale, rule: str) -> Scores:
    """Grafts of backpropagation on frozen hosts that have learned, under signals that point down the gradient
    more or less: cases for a predictor, and little else.
    """
    waves, x, y = scale.fresh()
    hosts, own = teach_many(hosts_of(scale.seeds), waves, setting(rule, scale.updates))
    arms = {"BP": Arm("BP"), "permuted": Arm("BP", "permuted", rate=RATE)}
    arms |= {f"rho {rho:g}": Arm("BP", "mixed", rho, RATE) for rho in RHOS[2:4]}
    found = {}
    for word, ports in {"": FEW, "all ports, ": ALL}.items():
        how, grafts = setting(rule, scale.late, ports), grafts_of(scale.seeds, ports)
        scores = tried(hosts, grafts, arms, waves, how, x, y, own)[0]
        found |= {word + name: row for name, row in scores.items()} | {word + "none": plain(r2(hosts, x, y))}
    return found
