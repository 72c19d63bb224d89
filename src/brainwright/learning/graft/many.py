"""Learning rules for many small networks at once: host and graft are taught by the same few lines, the one by
the error of its outputs, the other by the signal that was handed in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.network.cells import NONLINEARITIES
from brainwright.network.graft.many import SLOPES, Many, Moment

Signal = Float[Tensor, "net sample cell"]
Again = Callable[[Mapping[str, Tensor]], Float[Tensor, "net sample"]]
"""Noise by population → the loss of every sample with it, beyond that without; of a mean over samples."""

RULES = ("BP", "FA", "DFA", "KP", "PC", "NP", "Hebb")
"""Backpropagation, feedback alignment, direct feedback, Kolen-Pollack, predictive coding, node perturbation
and Oja's rule: those of `learning.rules`.
"""
FLOORS = ("edge", "constant", "frozen")
"""Not rules but what they must exceed: only the synapses onto the outputs learn, only the outputs' biases, or
nothing does.
"""
DECAY = 0.1
"""Of Kolen-Pollack, per unit of learning rate: both partners forget 1e-3 a step at a rate of .01."""


@dataclass(frozen=True)
class Options:
    """What the rules do with.

    Attributes:
        sigma: of node perturbation's noise, in units of current; that of the trial, at which one estimate per
            sample is enough to learn by and cells stay nearly linear.
        relaxation, steps, nudge: of predictive coding: rate and number of steps, and the factor of the loss
            in the energy, without which a narrow network is torn off its answer.
    """

    sigma: float = 0.1
    relaxation: float = 0.1
    steps: int = 20
    nudge: float = 0.1


@dataclass
class Taught:
    """Signals at currents by population, one per step, and what each synapse multiplies them with; gradients
    are signal × sent, to descend.
    """

    signals: dict[str, list[Signal]]
    sent: list[dict[str, Tensor]]


@dataclass
class Feedback:
    """What a rule keeps between updates."""

    by_joint: list[Tensor] = field(default_factory=list)
    """[net, post, pre] of each joint; of Kolen-Pollack they learn."""
    direct: dict[str, Float[Tensor, "net output cell"]] = field(default_factory=dict)

    def repeated(self, times: int) -> "Feedback":
        """That of all networks, so many times one after another."""
        direct = {name: weight.repeat(times, 1, 1) for name, weight in self.direct.items()}
        return Feedback([weight.repeat(times, 1, 1) for weight in self.by_joint], direct)


def prepare(rule: str, many: Many, generator: torch.Generator, draws: int | None = None) -> Feedback:
    """Feedback weights: normal, as large as each joint's own; direct ones with variance 1 / outputs.

    Args:
        rule: of `RULES` or `FLOORS`.
        many: the networks.
        generator: of all that is random.
        draws: networks with draws of their own, which all further ones repeat: arms that share seeds.
    """
    draws = draws or many.n
    kept = Feedback()

    def normal(*shape: int) -> Tensor:
        drawn = torch.randn(draws, *shape, generator=generator).to(many.values)
        return drawn.repeat(many.n // draws, 1, 1)

    if rule in ("FA", "KP"):
        for joint, weight in zip(many.joints, many.weights, strict=True):
            size = weight.square().mean((1, 2), keepdim=True).sqrt()
            kept.by_joint.append(normal(*weight.shape[1:]) * size * (1 if joint.mask is None else joint.mask))
    if rule == "DFA":
        outputs = many.kinds[many.output].n
        for name in many.hidden:
            kept.direct[name] = normal(outputs, many.kinds[name].n) / outputs**0.5
    return kept


def taught(
    rule: str,
    many: Many,
    kept: Feedback,
    moments: list[Moment],
    error: Sequence[Signal],
    again: Again | None = None,
    options: Options | None = None,
    generator: torch.Generator | None = None,
    draws: int | None = None,
    linear: bool = False,
) -> Taught:
    """What a rule makes of the error at the outputs.

    Args:
        rule: of `RULES` or `FLOORS`.
        many: the networks.
        kept: of `prepare`.
        moments: of `many.run`, at whose inputs it learns.
        error: [net, sample, output] of each step: gradient of a mean over samples.
        again: for node perturbation.
        options: of the rules.
        generator, draws: of noise; see `prepare`.
        linear: the loss is error × output, as of a signal that is handed in; else half the squared error,
            whose gradient moves with the outputs (it matters to predictive coding alone).
    """
    options = options or Options()
    sent = [moment.sent for moment in moments]
    if rule in ("BP", "FA", "KP", "edge", "constant"):
        feedback = many.weights if rule in ("BP", "edge", "constant") else kept.by_joint
        only = (many.output,) if rule in ("edge", "constant") else None
        return Taught(backward(many, moments, error, feedback, only=only), sent)
    if rule == "DFA":
        return Taught(backward(many, moments, error, many.weights, direct=kept.direct), sent)
    if rule == "NP":
        assert again is not None
        assert generator is not None
        noise = drawn_noise(many, moments, options, generator, draws)
        return perturbed(many, moments, error, noise, again(noise), options)
    if rule == "PC":
        return relaxed(many, moments, error, options, linear)
    return Taught({}, sent)  # frozen; Oja's rule makes its own products


def backward(
    many: Many,
    moments: list[Moment],
    error: Sequence[Signal],
    feedback: Sequence[Tensor],
    *,
    direct: Mapping[str, Tensor] | None = None,
    only: Sequence[str] | None = None,
) -> dict[str, list[Signal]]:
    """Signals at currents, from the outputs back over these weights and through time; with `direct`, each
    hidden population gets the error of its step over weights of its own, and keeps its own memory alone.

    Args:
        many, moments, error: see `taught`.
        feedback: [net, post, pre] of each joint.
        direct: population → [net, output, cell].
        only: populations at which to stop; None for all.
    """
    names = [name for name in list(many.kinds)[1:] if only is None or name in only]
    signals: dict[str, list[Signal]] = {name: [] for name in names}
    later: dict[str, Signal] = {}
    later_states: dict[str, Signal] = {}
    for moment, wrong in zip(reversed(moments), reversed(error), strict=True):
        now: dict[str, Signal] = {}
        states: dict[str, Signal] = {}
        for name in reversed(names):
            kind = many.kinds[name]
            arrived = wrong if name == many.output else torch.zeros((), dtype=wrong.dtype)
            if direct is not None and name in direct:
                arrived = wrong @ direct[name]
            elif direct is None:
                for joint, weight in zip(many.joints, feedback, strict=True):
                    above = later if joint.delay else now
                    if joint.pre == name and joint.post in above:
                        arrived = arrived + many.back(joint, weight, above[joint.post])
            old = later_states[name] * kind.keep if name in later_states else 0.0
            slope = SLOPES[kind.phi]
            if kind.form == "rate":
                answer = NONLINEARITIES[kind.phi](moment.current[name])
                states[name] = arrived + old
                current = (1 - kind.keep) * states[name] * slope(moment.current[name], answer)
            else:
                states[name] = arrived * slope(moment.state[name], moment.sent[name]) + old
                current = states[name] if not kind.keep else (1 - kind.keep) * states[name]
            now[name] = current.expand_as(moment.current[name])
            signals[name].insert(0, now[name])
        later, later_states = now, states
    return signals


def relaxed(
    many: Many, moments: list[Moment], error: Sequence[Signal], options: Options, linear: bool = False
) -> Taught:
    """Predictive coding: F = 1/2 sum |x - m|² + β L, relaxed from the networks' own answer.

    Cells without memory in one step; currents from outside the networks are held. Signals are divided by β.
    """
    (moment,), (wrong,) = moments, error
    samples, beta = wrong.shape[1], options.nudge
    x = {name: moment.state[name] for name in many.hidden}
    outside = {name: moment.current[name] - arriving(many, name, moment.sent) for name in x}
    answer = moment.sent[many.output]
    push: dict[str, Tensor] = {}
    sent: dict[str, Tensor] = {}
    for step in range(options.steps + 1):
        sent = {many.input: moment.sent[many.input]}
        slopes: dict[str, Tensor] = {}
        for name in many.hidden:
            kind = many.kinds[name]
            sent[name] = NONLINEARITIES[kind.phi](x[name])
            slopes[name] = SLOPES[kind.phi](x[name], sent[name])
        push = {}
        for name in list(many.kinds)[1:]:
            predicted = arriving(many, name, sent)
            if name in outside:
                predicted = predicted + outside[name]
            if name == many.output:
                moved = 0.0 if linear else predicted - answer
                push[name] = -beta * (samples * wrong + moved)
            else:
                push[name] = x[name] - predicted
        if step == options.steps:
            break
        fallen = dict(x)
        for name in many.hidden:
            above = torch.zeros((), dtype=wrong.dtype)
            for joint, weight in zip(many.joints, many.weights, strict=True):
                if joint.pre == name:
                    above = above + many.back(joint, weight, push[joint.post])
            fallen[name] = x[name] - options.relaxation * (push[name] - slopes[name] * above)
        x = fallen
    signals = {name: [-value / (samples * beta)] for name, value in push.items()}
    return Taught(signals, [{**moment.sent, **sent}])


def arriving(many: Many, name: str, sent: Mapping[str, Tensor]) -> Signal:
    """The current at a population from within the networks, its bias included, of what all send."""
    current = many.biases[name][:, None]
    for joint, weight in zip(many.joints, many.weights, strict=True):
        if joint.post == name:
            current = current + many.forward(joint, weight, sent[joint.pre])
    return current


def drawn_noise(
    many: Many,
    moments: list[Moment],
    options: Options,
    generator: torch.Generator,
    draws: int | None = None,
) -> dict[str, Float[Tensor, "net sample time cell"]]:
    """Normal noise for every hidden population; see `prepare` for `draws`."""
    draws = draws or many.n
    samples, steps = moments[0].sent[many.input].shape[1], len(moments)
    noise = {}
    for name in many.hidden:
        pushed = torch.randn(draws, samples, steps, many.kinds[name].n, generator=generator).to(many.values)
        noise[name] = (options.sigma * pushed).repeat(many.n // draws, 1, 1, 1)
    return noise


def perturbed(
    many: Many,
    moments: list[Moment],
    error: Sequence[Signal],
    noise: Mapping[str, Tensor],
    change: Float[Tensor, "net sample"],
    options: Options,
) -> Taught:
    """Node perturbation: (L_ξ - L) ξ / σ² at each cell that had noise; the outputs learn from their error."""
    third = change[..., None] / (options.sigma**2 * change.shape[1])
    steps = range(len(moments))
    signals = {name: [third * pushed[:, :, t] for t in steps] for name, pushed in noise.items()}
    return Taught({**signals, many.output: list(error)}, [moment.sent for moment in moments])


def gradients(many: Many, told: Taught) -> Float[Tensor, "net value"]:
    """Signals × what is sent, summed over samples and steps; 0 where there is no signal."""
    flat = torch.zeros_like(many.values)
    weights, biases = many.parts(flat)
    for joint, weight in zip(many.joints, weights, strict=True):
        for t, signal in enumerate(told.signals.get(joint.post, [])):
            if t >= joint.delay:
                weight += many.outer(joint, signal, told.sent[t - joint.delay][joint.pre])
    for name, bias in biases.items():
        for signal in told.signals.get(name, []):
            bias += signal.sum(1)
    return flat


def oja(many: Many, moments: list[Moment], names: Sequence[str]) -> Float[Tensor, "net value"]:
    """Oja's rule onto these populations, as a gradient to descend: -(y x - y² w), a mean over samples; biases
    stay.
    """
    flat = torch.zeros_like(many.values)
    weights, _ = many.parts(flat)
    samples = moments[0].sent[many.input].shape[1]
    for k, joint in enumerate(many.joints):
        for t, moment in enumerate(moments):
            if joint.post not in names:
                continue
            post = moment.sent[joint.post]
            own = post if joint.post_pool is None else post[..., joint.post_pool]
            weights[k] += own.square().sum(1)[..., None] * many.weights[k] / samples
            if t >= joint.delay:
                weights[k] -= many.outer(joint, post, moments[t - joint.delay].sent[joint.pre]) / samples
    return flat


class Stepper:
    """Adam (Kingma & Ba 2015) with a rate for each network, in place; and what Kolen-Pollack's partners need.

    Args:
        many: the networks that it steps.
        rates: [net], or one for all.
    """

    def __init__(self, many: Many, rates: float | Float[Tensor, " net"]):
        self.many = many
        self.rates = torch.as_tensor(rates, dtype=many.values.dtype).expand(many.n)[:, None].clone()
        self.mean = torch.zeros_like(many.values)
        self.square = torch.zeros_like(many.values)
        self.count = 0

    def step(
        self, gradient: Float[Tensor, "net value"], scale: float = 1.0,
        partners: Sequence[tuple[slice, Feedback]] = (),
    ) -> None:  # fmt: skip
        """One step down.

        Args:
            gradient: of every value.
            scale: of the rates, for a schedule.
            partners: (networks, feedback) that take the very steps of the weights; both forget (`DECAY`).
        """
        # constants of Kingma & Ba; 1e-8 is far below any gradient that matters
        first, second, tiny = 0.9, 0.999, 1e-8
        self.count += 1
        self.mean.lerp_(gradient, 1 - first)
        self.square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
        size = self.square.sqrt().div_((1 - second**self.count) ** 0.5).add_(tiny)
        change = (self.mean / size).mul_(self.rates * (-scale / (1 - first**self.count)))
        for nets, kept in partners:
            weights, _ = self.many.some(nets).parts(change[nets])
            forget = 1 - DECAY * scale * self.rates[nets][..., None]
            for own, partner, moved in zip(self.many.some(nets).weights, kept.by_joint, weights, strict=True):
                partner.mul_(forget).add_(moved)
                own.mul_(forget)
        self.many.values.add_(change)
