"""The score of a submission in the layout of the Neural Latents Benchmark, off-line.

Pei et al. 2021, arXiv 2109.04463. Arrays are [trial, bin, unit] under the benchmark's own names; a data set
named with the suffix `_20` has 20 ms bins, without one 5 ms. Its public evaluation has closed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from brainwright.evidence.scores.counts import bits_per_spike
from brainwright.evidence.scores.rates import decoding_r2, psth_r2, timing_correlation

SUBMITTED = ("train_rates_heldin", "train_rates_heldout", "eval_rates_heldin", "eval_rates_heldout")
FORWARD = ("eval_rates_heldin_forward", "eval_rates_heldout_forward")
Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class NLBScore:
    """What a submission is worth; None where the target has nothing to compare with."""

    co_bps: float
    fp_bps: float | None
    psth_r2: float | None
    velocity_r2: float | None
    timing_r: float | None


def score_submission(submission: Arrays, target: Arrays, name: str) -> NLBScore:
    """Scores one data set.

    Args:
        submission: predicted expected counts per bin, `train_rates_heldin` and so on.
        target: `eval_spikes_heldout` and what else there is to compare with.
        name: of the data set; `dmfc_rsg` has a timing score in place of a decoded velocity.

    Raises:
        ValueError: an array is missing, or of another shape than its target.
    """
    for key in SUBMITTED:
        _need(submission, key, "the submission")
    held_out = _need(target, "eval_spikes_heldout", "the target")
    _same(submission["eval_rates_heldout"], held_out, "eval_rates_heldout")
    rates = _both(submission, "eval_rates_heldin", "eval_rates_heldout")
    timed = name.startswith("dmfc")
    bin_ms = 20 if name.endswith("_20") else 5  # as the benchmark names its data sets
    return NLBScore(
        co_bps=bits_per_spike(submission["eval_rates_heldout"], held_out),
        fp_bps=_forward(submission, target),
        psth_r2=_psth(rates, target),
        velocity_r2=None if timed else _velocity(submission, rates, target),
        timing_r=_timing(rates, target, bin_ms) if timed else None,
    )


def _forward(submission: Arrays, target: Arrays) -> float | None:
    if "eval_spikes_heldin_forward" not in target:
        return None
    for key in FORWARD:
        _need(submission, key, "the submission")
    counts = _both(target, "eval_spikes_heldin_forward", "eval_spikes_heldout_forward")
    rates = _both(submission, *FORWARD)
    _same(rates, counts, "the forward rates")
    return bits_per_spike(rates, counts)


def _psth(rates: np.ndarray, target: Arrays) -> float | None:
    if "psth" not in target:
        return None
    conditions = [np.asarray(trials).ravel().astype(int) for trials in target["eval_cond_idx"]]
    shift = target.get("eval_jitter")
    return psth_r2(rates, conditions, target["psth"], None if shift is None else np.ravel(shift))


def _velocity(submission: Arrays, rates: np.ndarray, target: Arrays) -> float | None:
    """It fits one decoder for each decode mask and returns the mean of their scores."""
    if "eval_behavior" not in target:
        return None
    train = _both(submission, "train_rates_heldin", "train_rates_heldout")
    scores = []
    for here, there in zip(_masks(target, "train", train), _masks(target, "eval", rates), strict=True):
        sides = (train[here], target["train_behavior"][here], rates[there], target["eval_behavior"][there])
        scores.append(decoding_r2(*(x.reshape(-1, x.shape[-1]) for x in sides)))
    return float(np.mean(scores))


def _masks(target: Arrays, side: str, rates: np.ndarray) -> list[np.ndarray]:
    """Trials of each decoder, [trial] each; all of them where the file says nothing."""
    mask = np.asarray(target.get(f"{side}_decode_mask", np.ones(len(rates))), bool)
    return list(mask.reshape(len(rates), -1).T)


def _timing(rates: np.ndarray, target: Arrays, bin_ms: int) -> float | None:
    """Behaviour is is_eye, theta, is_short, sample and produced interval (ms); trials end with the go."""
    if "eval_behavior" not in target:
        return None
    behaviour, n_bins = target["eval_behavior"], rates.shape[1]
    start = np.maximum(n_bins - np.round(behaviour[:, 4] / bin_ms).astype(int), 0)
    period = np.stack([start, np.full(len(start), n_bins)], axis=1)
    return timing_correlation(rates, period, behaviour[:, 4], behaviour[:, :3])


def _both(arrays: Arrays, held_in: str, held_out: str) -> np.ndarray:
    return np.concatenate([arrays[held_in], arrays[held_out]], axis=2)


def _need(arrays: Arrays, key: str, where: str) -> np.ndarray:
    if key not in arrays:
        raise ValueError(f"{where}: expected an array {key!r}, got {sorted(arrays)}")
    return arrays[key]


def _same(given: np.ndarray, wanted: np.ndarray, key: str) -> None:
    if given.shape != wanted.shape:
        raise ValueError(f"expected {key} of shape {wanted.shape}, got {given.shape}")
