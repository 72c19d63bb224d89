"""Cells that were taken for parts of others."""

import numpy as np
import pandas as pd

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.perturb.edits import Synapses, moved, rebuilt, synapses_of


def merge_neurons(connectome: Connectome, dose: float, seed: int = 0) -> Connectome:
    """Merges pairs of cells that touch: each pair is joined by a synapse, the only contact that a wiring
    shows. The cell with fewer synapses is swallowed; its synapses are those of the other, and have its sign,
    as where a transmitter is predicted for a whole segment. No cell takes part twice.

    A merge is the rarer and the graver error of automatic segmentation (Dorkenwald et al. 2024, Nature
    634:124, FlyWire). Kept, and asserted: Dale's law; synapses are neither lost nor made, but for those
    between the two cells, which a reconstruction cannot show. round(dose n) synapses are at a wrong cell or
    lost that way; of the last pair only as many go as the dose still wants.

    Args:
        connectome: with whole counts.
        dose: share of the synapses that is at a wrong cell or lost.
        seed: equal seeds give equal errors.

    Returns:
        Connectome with the same cells; the cell column `merged_into` is the id of the cell that swallowed it,
        and of the others their own. A swallowed cell has no synapses.

    Raises:
        ConnectomeError: as `delete_synapses`, or a dose for which there are not enough pairs.
    """
    synapses, k = synapses_of(connectome, dose)
    rng, n = np.random.default_rng(seed), connectome.n_cells
    size = np.bincount(synapses.pre, minlength=n) + np.bincount(synapses.post, minlength=n)
    pairs = touching_pairs(rng, synapses, n)
    larger = size[pairs[:, 0]] >= size[pairs[:, 1]]
    holder = np.where(larger, *pairs.T)
    swallowed = np.where(larger, *pairs.T[::-1])
    rank, target = np.full(n, n), np.arange(n, dtype=np.int32)
    rank[swallowed], target[swallowed] = np.arange(len(pairs)), holder
    goes = np.zeros(n, bool)
    goes[swallowed] = True
    pre, post = moved(synapses, k, rank, target, (goes[synapses.pre], goes[synapses.post]))
    sent = np.zeros(n, np.int8)
    sent[synapses.pre] = synapses.sign
    sign = np.where(sent[pre] != 0, sent[pre], synapses.sign)  # of the cell that sends it now
    lost = (pre == post) & (synapses.pre != synapses.post)
    left = Synapses(pre, post, synapses.kind, sign).take(~lost)
    silent = np.bincount(np.concatenate([left.pre, left.post]), minlength=n) == 0
    into = np.where(goes & silent, target, np.arange(n))
    total = pre.size
    note = (
        f"{int((into != np.arange(n)).sum())} of {n} cells merged into others, {k} of {total} synapses at "
        f"another cell, {int(lost.sum())} of them lost between the two, seed {seed}"
    )
    cells = connectome.cells.assign(merged_into=connectome.ids[into])
    if "sign" in cells:
        cells = cells.assign(sign=signs_of_senders(cells["sign"], left, holder, swallowed))
    return rebuilt(connectome, left, total - int(lost.sum()), note, cells)


def touching_pairs(rng: np.random.Generator, synapses: Synapses, n: int) -> np.ndarray:
    """It returns disjoint pairs of cells that a synapse joins, int32 [pair, 2], in random order: pairs in
    random order, each taken whose cells are both free.
    """
    key = np.minimum(synapses.pre, synapses.post) * np.int64(n)
    key += np.maximum(synapses.pre, synapses.post)
    key.sort()
    key = key[np.concatenate([[True], key[1:] != key[:-1]])[: key.size]]
    ends = np.stack(np.divmod(key, n), axis=1).astype(np.int32)
    ends = ends[ends[:, 0] != ends[:, 1]]
    turn = rng.permutation(len(ends))
    chosen, free = [], np.ones(n, bool)
    while len(ends):  # pairs that come first at both their ends: taken at once, as one by one they would be
        earliest = np.full(n, np.iinfo(np.int64).max)
        for end in ends.T:
            np.minimum.at(earliest, end, turn)
        taken = (turn[:, None] == earliest[ends]).all(axis=1)
        chosen.append((turn[taken], ends[taken]))
        free[ends[taken]] = False
        still = free[ends].all(axis=1)
        ends, turn = ends[still], turn[still]
    if not chosen:
        return np.empty((0, 2), np.int32)
    order = np.argsort(np.concatenate([turns for turns, _ in chosen]))
    return np.concatenate([pairs for _, pairs in chosen])[order]


def signs_of_senders(sign: pd.Series, left: Synapses, holder: np.ndarray, swallowed: np.ndarray) -> pd.Series:
    """It returns the signs of cells, float [cell] with NaN where unknown: a cell that sent nothing before,
    and has no sign, takes that of the cell whose synapses it sends now.
    """
    sends = np.bincount(left.pre, minlength=len(sign)) > 0
    unknown = sign.isna().to_numpy()[holder] & sends[holder]
    if not unknown.any():
        return sign
    known = sign.copy()
    known.iloc[holder[unknown]] = sign.to_numpy()[swallowed[unknown]]
    return known
