"""`check_memory`: does a method keep the contract? Run over ours in the tests, and for your own."""

from collections.abc import Callable
from dataclasses import replace

import torch

from .errors import RecallError
from .methods.contract import NOT_ASKED, Method, Setting


def check_memory(make: Callable[[Setting], Method]) -> None:
    """Raises RecallError at the first broken promise.

    Checked on small made-up contexts: scores have one row for each seed and input; classes that do not
    compete have `NOT_ASKED`; what a seed learns does not depend on the seeds beside it; the same twice gives
    the same; asking changes nothing; torch's own generator is left alone; bytes are counted; an empty
    context, inputs of another size, classes that there are not and, in the scenario task, a missing context
    are refused; the first
    context is learned.

    Args:
        make: setting → method.
    """
    setting = Setting(16, 4, "class", ((0, 1), (2, 3)), seeds=(1, 2), hidden=(12, 12), rate=0.02)
    before = torch.get_rng_state()
    method = _learned(make, setting)
    _demand(torch.equal(before, torch.get_rng_state()), "it drew from torch's own generator")
    inputs, _ = _samples((0, 1, 2, 3), 40)
    scores = method.scores(inputs)
    _demand(tuple(scores.shape) == (2, len(inputs), 4), f"scores have shape {tuple(scores.shape)}")
    _demand(torch.equal(scores, method.scores(inputs)), "asking twice gave two answers")
    again = _learned(make, setting).scores(inputs)
    _demand(torch.equal(scores, again), "the same twice gave two methods")
    alone = _learned(make, replace(setting, seeds=(2,))).scores(inputs)
    # sums over a batch of networks are rounded in another order
    _demand(torch.allclose(scores[1], alone[0], atol=1e-2, rtol=1e-2), "seeds are not independent")
    _demand(type(method.kept_bytes) is int and method.kept_bytes >= 0, "kept_bytes is no count")
    first = make(setting)
    _refuses(first.end_of_context, "an empty context")
    _refuses(lambda: first.observe(torch.zeros(3, 15), torch.zeros(3, dtype=torch.long)), "another size")
    _refuses(lambda: first.observe(torch.zeros(3, 16), torch.full((3,), 4)), "a class that there is not")
    _refuses(lambda: first.scores(torch.zeros(3, 15)), "a cue of the wrong size")
    if "task" in make(setting).scenarios:
        told = _learned(make, replace(setting, scenario="task"))
        _refuses(lambda: told.scores(inputs), "a task without its context")
        _demand(bool((told.scores(inputs, 0)[..., 2:] == NOT_ASKED).all()), "other tasks compete")
    one = make(setting)
    inputs, targets = _samples((0, 1), 20)
    for _ in range(30):
        one.observe(inputs, targets)
    one.end_of_context()
    right = float((one.scores(inputs).argmax(-1) == targets).float().mean())
    _demand(right > 0.7, f"of the first context it knows {right:.2f}, little more than chance")
    _demand(bool((one.scores(inputs)[..., 2:] == NOT_ASKED).all()), "classes compete that were never seen")


def _samples(classes: tuple[int, ...], n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures of 4 × 4 of which each class has a bright row, values from 0 to 1."""
    generator = torch.Generator().manual_seed(len(classes))
    targets = torch.tensor(classes).repeat(n // len(classes))
    inputs = 0.2 * torch.rand(len(targets), 4, 4, generator=generator)
    inputs[torch.arange(len(targets)), targets] += 0.8
    return inputs.flatten(1).clamp(max=1), targets


def _learned(make: Callable[[Setting], Method], setting: Setting, batches: int = 30) -> Method:
    method = make(setting)
    for classes in ((0, 1), (2, 3)):
        inputs, targets = _samples((0, 1, 2, 3) if method.all_so_far and 2 in classes else classes, 24)
        for _ in range(batches):
            method.observe(inputs, targets)
        method.end_of_context()
    return method


def _refuses(act: Callable[[], object], what: str) -> None:
    try:
        act()
    except RecallError:
        return
    _demand(False, f"{what} was taken")


def _demand(holds: bool, complaint: str) -> None:
    if not holds:
        raise RecallError(f"check_memory: {complaint}")
