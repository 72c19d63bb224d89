"""Split, permuted and own contexts."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from brainwright.datasets.tasks import Task
from brainwright.untrusted import refused_as

from ..errors import RecallError
from .contract import Scenario, Setting
from .course import Samples

MOST = 1_000
"""Contexts of a folder: more are a mistake."""


def split(
    task: Task, n_contexts: int = 5, scenario: Scenario = "class", **setting
) -> tuple[Setting, list[Samples]]:
    """Classes of a task in groups of equal size, in their order: Split MNIST is `split(mnist(), 5)`.

    Args:
        task: with its classes.
        n_contexts: groups; a divisor of the number of classes.
        scenario: see `Setting`; for "domain" a class is its place in its group.
        setting: further fields of `Setting`.

    Raises:
        RecallError: classes that cannot be shared out.
    """
    n_classes = len(task.classes)
    if n_contexts < 1 or n_classes % n_contexts:
        raise RecallError(f"expected a divisor of {n_classes} classes, got {n_contexts} contexts")
    each = n_classes // n_contexts
    groups = tuple(tuple(range(k * each, (k + 1) * each)) for k in range(n_contexts))
    contexts = []
    for group in groups:
        parts = []
        for inputs, targets in (
            (task.train_inputs, task.train_targets),
            (task.test_inputs, task.test_targets),
        ):
            own = np.isin(targets, group)
            named = targets[own] - (group[0] if scenario == "domain" else 0)
            parts += [torch.tensor(inputs[own]), torch.tensor(named)]
        contexts.append(Samples(*parts))
    n_named = each if scenario == "domain" else n_classes
    about = Setting(task.train_inputs.shape[1], n_named, scenario, groups, **setting)
    return about, contexts


def permuted(
    task: Task, n_contexts: int = 10, *, seed: int = 0, frame: int = 0, **setting
) -> tuple[Setting, list[Samples]]:
    """The same classes in every context, each with its own order of the inputs.

    Args:
        frame: rows and columns of dark pixels that are put around every picture first. Contexts then share
            fewer of the pixels that are ever lit, so that less is forgotten: with it permuted MNIST is that
            of van de Ven & Tolias 2019, whose pictures are 32 x 32.

    Raises:
        RecallError: a frame around inputs that are no square pictures.
    """
    rng = np.random.default_rng(seed)
    dark = float(task.train_inputs.min())
    inputs, asked = (_framed(own, frame, dark) for own in (task.train_inputs, task.test_inputs))
    train, test = torch.tensor(task.train_targets), torch.tensor(task.test_targets)
    orders = [rng.permutation(inputs.shape[1]) for _ in range(n_contexts)]
    contexts = [Samples(torch.tensor(inputs[:, o]), train, torch.tensor(asked[:, o]), test) for o in orders]
    return Setting(inputs.shape[1], len(task.classes), "domain", permuted=True, **setting), contexts


def _framed(inputs: Float[np.ndarray, "sample feature"], frame: int, dark: float) -> np.ndarray:
    if not frame:
        return inputs
    side = math.isqrt(inputs.shape[1])
    if side**2 != inputs.shape[1]:
        raise RecallError(f"a frame: expected square pictures, got {inputs.shape[1]} features")
    around = ((0, 0), (frame, frame), (frame, frame))
    pictures = np.pad(inputs.reshape(-1, side, side), around, constant_values=dark)
    return pictures.reshape(len(inputs), -1)


def of_folder(folder: Path, scenario: Scenario = "class", **setting) -> tuple[Setting, list[Samples]]:
    """A user's contexts: one NPZ a context, in the order of their names, each with `inputs` [sample, feature]
    and `targets` [sample] (classes from 0). Where `test_inputs` and `test_targets` are missing every fifth
    sample is held out. Features are scaled to 0 .. 1 by the range of the first context.

    Raises:
        RecallError: no such files, other arrays, contexts of another size.
    """
    files = sorted(Path(folder).glob("*.npz"))
    if not 1 <= len(files) <= MOST:
        raise RecallError(f"{folder}: expected 1 to {MOST} NPZ files, one a context, got {len(files)}")
    parts = [_read(file) for file in files]
    widths = {part[0].shape[1] for part in parts}
    if len(widths) != 1:
        raise RecallError(f"{folder}: expected contexts of equal features, got {sorted(widths)}")
    return of_arrays(parts, scenario, **setting)


def of_arrays(
    parts: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]],
    scenario: Scenario = "class",
    **setting,
) -> tuple[Setting, list[Samples]]:
    """Contexts of arrays: inputs [sample, feature] and classes to learn from, and those to ask about.

    Features are scaled to 0 .. 1 by the range of the first context. Raises RecallError.
    """
    if not parts:
        raise RecallError("expected at least one context")
    low, high = float(parts[0][0].min()), float(parts[0][0].max())
    scale = 1 / max(high - low, 1e-12)
    contexts = [
        Samples(
            torch.tensor((train - low) * scale, dtype=torch.float32).clamp(0, 1),
            torch.tensor(named),
            torch.tensor((test - low) * scale, dtype=torch.float32).clamp(0, 1),
            torch.tensor(asked),
        )
        for train, named, test, asked in parts
    ]
    groups = tuple(tuple(own.targets.unique().tolist()) for own in contexts)
    n_classes = 1 + max(max(group) for group in groups)
    n_inputs = contexts[0].inputs.shape[1]
    return Setting(n_inputs, n_classes, scenario, groups, **setting), contexts


def _read(file: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    wanted = refused_as(RecallError, file.name, "an NPZ file with inputs and targets")
    with wanted, np.load(file, allow_pickle=False) as arrays:
        held = {name: arrays[name] for name in arrays.files}
    if not {"inputs", "targets"} <= set(held):
        raise RecallError(f"{file.name}: expected inputs and targets, got {', '.join(held) or 'nothing'}")
    inputs, targets = np.asarray(held["inputs"], np.float32), np.asarray(held["targets"])
    whole = targets.ndim == 1 and np.equal(np.mod(targets, 1), 0).all() and (targets >= 0).all()
    if inputs.ndim != 2 or len(inputs) != len(targets) or not whole or not np.isfinite(inputs).all():
        raise RecallError(
            f"{file.name}: expected finite inputs [sample, feature] and a class from 0 for each, got "
            f"{inputs.shape} and {targets.shape}"
        )
    targets = targets.astype(np.int64)
    if "test_inputs" in held and "test_targets" in held:
        asked = np.asarray(held["test_inputs"], np.float32), np.asarray(held["test_targets"], np.int64)
        return inputs, targets, *asked
    held_out = np.arange(len(inputs)) % 5 == 4
    return inputs[~held_out], targets[~held_out], inputs[held_out], targets[held_out]
