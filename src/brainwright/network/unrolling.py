"""Many steps: `unroll` (with checkpoints for long ones) and `settle` (without input, until nothing moves)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from .errors import NetworkError
from .fused import plain, unrolled
from .fused_dense import dense, unrolled_dense
from .network import Network, State
from .projection import Product

INJECTIONS = ("every", "first")
RECORDS = ("output", "readout", "voltage")


@dataclass(frozen=True)
class Trajectory:
    """A trajectory is what came of an unroll."""

    outputs: Float[Tensor, "batch time outputs"]
    state: State
    """The state is that after the last step."""
    recorded: dict[str, Float[Tensor, "batch time ..."]]
    """Output of the populations that were asked for, or whatever of them `record_as` named."""

    @property
    def last(self) -> Float[Tensor, "batch outputs"]:
        """The output is that of the last step."""
        return self.outputs[:, -1]


def unroll(
    network: Network,
    inputs: Float[Tensor, "batch ..."],
    *,
    steps: int | None = None,
    inject: str = "every",
    hold: int = 1,
    state: State | None = None,
    record: Sequence[str] = (),
    record_as: str = "output",
    checkpoint_every: int | None = None,
    detach_every: int | None = None,
    products: Sequence[Product] | None = None,
) -> Trajectory:
    """Advance a network.

    Args:
        network: any.
        inputs: [batch, inputs], held; or [batch, time, inputs], one for each step.
        steps: number of steps; needed unless `inputs` has time, and 1 by default for a network whose output
            feels its input within one step.
        inject: held inputs only: "every" step, or at the "first" alone.
        hold: inputs with time only: each is held for so many steps.
        state: where to start; at rest by default.
        record: populations of which to keep something.
        checkpoint_every: keep only every so many states for the gradient and compute the rest again: memory
            falls from `steps` to about `steps / every + every` states, for one more forward pass.
        record_as: what to keep of them: "output", "readout" or "voltage".
        detach_every: after so many steps the gradient's path into the past is cut (truncated backpropagation
            through time).
        products: one per projection, in place of `network.products()`: how a learning rule changes the
            paths of errors.

    Raises:
        NetworkError: shapes that do not fit, or too few steps for the input to reach the output (it says how
            many it takes).
    """
    drives = drives_of(network, inputs, steps, inject, hold)
    if record_as not in RECORDS:
        raise NetworkError(f"expected record_as of {RECORDS}, got {record_as!r}")
    for name in record:
        network.cells(name)
    if state is None:
        _enough(network, len(drives))
        whole = products is None and checkpoint_every is None and detach_every is None
        joined = dense(network, record) if whole and record_as != "voltage" and inputs.ndim == 3 else None
        if joined is not None:
            outputs, state, seen = unrolled_dense(network, joined, inputs, hold, record, record_as)
            return Trajectory(outputs, state, seen)
        parts = plain(network, inputs, record) if whole and record_as == "output" else None
        if parts is not None:
            outputs, state, seen = unrolled(network, parts, drives, record)
            return Trajectory(outputs, state, seen)
        state = network.rest(inputs.shape[0])
    products = network.products() if products is None else products
    cut = len(drives) if detach_every is None else detach_every
    size = len(drives) if checkpoint_every is None else checkpoint_every
    if min(size, cut) < 1:
        raise NetworkError(f"expected checkpoint_every and detach_every >= 1, got {size} and {cut}")
    outputs: list[Tensor] = []
    kept: list[list[Tensor]] = [[] for _ in record]
    for begin in range(0, len(drives), size):
        parts = list(enumerate(drives))[begin : begin + size]
        segment = _segment(network, parts, products, record, record_as, cut)
        if checkpoint_every is None:
            state, shown, seen = segment(state)
        else:
            state, shown, seen = checkpoint(segment, state, use_reentrant=False)
        outputs += shown
        for series, more in zip(kept, seen, strict=True):
            series += more
    recorded = {name: torch.stack(series, dim=1) for name, series in zip(record, kept, strict=True)}
    return Trajectory(torch.stack(outputs, dim=1), state, recorded)


def settle(
    network: Network,
    batch: int,
    *,
    steps: int = 1000,
    tolerance: float = 1e-6,
    drive: Float[Tensor, "batch inputs"] | None = None,
) -> tuple[State, float]:
    """It makes a steady-state pre-roll, without gradient: steps until no output of any population moves by
    more.

    Args:
        network: any; one with spikes never settles.
        batch: number of samples.
        steps: at most; 1 s of a network with steps of 1 ms, which is many time constants of cells.
        tolerance: largest absolute change within one step that counts as none; float32 around 1 resolves
            1e-7.
        drive: held throughout; none by default.

    Returns:
        the state, and the largest change in the last step.
    """
    state, moved = network.rest(batch), float("inf")
    with torch.no_grad():
        products = network.products()
        for _ in range(steps):
            before = state
            state = network.step(before, drive, products)
            moved = max(
                float(
                    (network.cells(name).output(state[name]) - network.cells(name).output(before[name]))
                    .abs()
                    .max()
                )
                for name in network.populations
                if network.cells(name).n
            )
            if moved <= tolerance:
                break
    return state, moved


def _segment(
    network: Network,
    drives: list[tuple[int, Tensor | None]],
    products: Sequence[Product],
    record: Sequence[str],
    record_as: str,
    cut: int,
) -> Callable[[State], tuple[State, list[Tensor], list[list[Tensor]]]]:
    def run(state: State) -> tuple[State, list[Tensor], list[list[Tensor]]]:
        shown, seen = [], [[] for _ in record]
        for t, drive in drives:
            state = detached(state) if t and t % cut == 0 else state
            state = network.step(state, drive, products)
            shown.append(network.read(state))
            for series, name in zip(seen, record, strict=True):
                series.append(getattr(network.cells(name), record_as)(state[name]))
        return state, shown, seen

    return run


def detached(state: State) -> State:
    """The state is the same, without its past."""

    def cut(part: Any) -> Any:
        return part.detach() if isinstance(part, Tensor) else tuple(cut(inner) for inner in part)

    return {
        name: type(cells_state)(*(cut(part) for part in cells_state)) for name, cells_state in state.items()
    }


def drives_of(
    network: Network, inputs: Tensor, steps: int | None, inject: str, hold: int = 1
) -> list[Tensor | None]:
    """It returns the input of each step. Raises `NetworkError` for shapes that do not fit; see `unroll`."""
    if inputs.ndim not in (2, 3) or inputs.shape[-1] != network.n_inputs:
        raise NetworkError(
            f"expected inputs of shape (batch, {network.n_inputs}) or (batch, time, {network.n_inputs}), "
            f"got {tuple(inputs.shape)}"
        )
    if inject not in INJECTIONS:
        raise NetworkError(f"expected inject to be one of {INJECTIONS}, got {inject!r}")
    if hold < 1 or (hold > 1 and inputs.ndim == 2):
        raise NetworkError(f"expected hold >= 1, and 1 for inputs without time, got {hold}")
    if inputs.ndim == 3:
        if steps not in (None, hold * inputs.shape[1]) or inject != "every" or not inputs.shape[1]:
            raise NetworkError("inputs with time say themselves how many steps and what is injected when")
        return [drive for drive in inputs.unbind(1) for _ in range(hold)]
    steps = _steps(network, steps)
    return [inputs if t == 0 or inject == "every" else None for t in range(steps)]


def _steps(network: Network, steps: int | None) -> int:
    if steps is None:
        if network.fewest_steps != 1:
            raise NetworkError(
                f"expected steps=: this network needs {network.fewest_steps} for its input to reach its "
                "output, and more for loops to matter"
            )
        return 1
    if steps < 1:
        raise NetworkError(f"expected at least one step, got {steps}")
    return steps


def _enough(network: Network, steps: int) -> None:
    """It raises `NetworkError` where the output cannot feel the input within so many steps."""
    needed = network.fewest_steps
    if needed is None:
        raise NetworkError("no path leads from the input to the output: choose other pools")
    if steps < needed:
        raise NetworkError(
            f"too few steps: the shortest path from input to output takes {needed}, got {steps}; "
            "the output would not depend on the input"
        )
