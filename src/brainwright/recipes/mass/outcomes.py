"""From batches to what is compared: gains, recovered shares, the diagonal of the matrix, what cosines say."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from brainwright.evidence import pairing
from brainwright.evidence.effects import mean_interval
from brainwright.experiment import Outcomes
from brainwright.experiment.trials import Trials
from brainwright.loop.grafts.beside import RHOS, Scores
from brainwright.loop.grafts.predictor import told
from brainwright.runs import Units

GAIN, SHARE, COSINE, FIRST = "gain, R2", "recovered share", "cosine", "cosine before"
EARLY, NARROW, LATE, RECOVERY = "early", "early narrow", "late", "recovery"
THINKING, WORM = "recurrent", "worm"
LASTING, CULTURES, FORETOLD = "removal and drift", "cultures", "foretold"
NATIVE = "native, same ports"
MATRICES = ((EARLY, ""), (NARROW, ""), (LATE, ""), (LATE, "plastic "), (THINKING, ""), (WORM, ""))
"""Studies of host rule and graft rule, and which columns of them."""
OWN, OTHER, BAR = "own rule inside", "another rule inside", "own rule inside, less the margin"
MARGIN = 0.028
"""Largest advantage of the host's own rule that counts as none: a tenth of the mean gain on the diagonal,
.284 on seeds 0 to 3.
"""
POOLED = ("edge", "frozen", "none", "BP inside", "exact", "shuffled", "permuted", "Hebb inside")
"""Columns as means over the rows that are not void."""
CUT = 0.5
"""Cosine before learning from which a graft is expected to help a frozen host: chosen on hosts of
backpropagation, seeds 5,000 to 5,003.
"""
PREDICTED = ("BP", "permuted", "wrong sites", *(f"rho {rho:g}" for rho in RHOS))
"""Grafts of backpropagation whose signals may or may not point down the gradient."""


def columns_of(scores: Scores, base: str = "none") -> dict[str, dict[str, np.ndarray]]:
    """Gain over a base, R2 and cosines of every arm."""
    over = scores[base][0]
    return {
        name: {GAIN: r2 - over, "R2": r2, COSINE: cosine, FIRST: first}
        for name, (r2, cosine, first) in scores.items()
    }


def void(native: Mapping[str, np.ndarray]) -> list[str]:
    """Hosts of these rules gain nothing by native cells at the same ports, so that a graft cannot help them
    either: rows that say nothing. From gains by rule.
    """
    return [rule for rule, gain in native.items() if len(gain) < 2 or mean_interval(gain).low <= 0]


def said(rules: Sequence[str], empty: Sequence[str]) -> list[str]:
    """Rules that are compared; where fewer than two say anything all are, and a check fails."""
    kept = [rule for rule in rules if rule not in empty]
    return kept if len(kept) > 1 else list(rules)


def of_matrix(rules: Sequence[str], units: Units) -> Trials:
    """Every cell, and means over the rows that are not void."""
    rows = {rule: columns_of(units.load(rule)) for rule in rules}
    arms = {f"{rule}: {name}": row for rule in rules for name, row in rows[rule].items()}
    native = {rule: row[NATIVE][GAIN] for rule, row in rows.items() if NATIVE in row}
    return Trials.of(arms | pooled(rows, said(rules, void(native))))


def pooled(rows: Mapping[str, Any], kept: Sequence[str], word: str = "") -> dict[str, dict[str, np.ndarray]]:
    """The diagonal, the rest, and what stands beside them; `word` says which columns."""
    read = pairing(np.array([[rows[row][word + name][GAIN] for name in kept] for row in kept]))
    arms = {word + OWN: {GAIN: read.diagonal}, word + OTHER: {GAIN: read.diagonal - read.excess}}
    arms[word + BAR] = {GAIN: read.diagonal - MARGIN}
    for name in POOLED:
        column = word + name.removesuffix(" inside")
        if column in rows[kept[0]]:
            arms[word + name] = {GAIN: np.mean([rows[rule][column][GAIN] for rule in kept], 0)}
    return arms


def of_few(rules: Sequence[str], units: Units) -> Trials:
    """Gains over one base, where there is one host rule."""
    scores = units.load(rules[0])
    base = "none" if "none" in scores else next(iter(scores))
    return Trials.of(columns_of(scores, base))


def of_recovery(
    rules: Sequence[str], units: Units, base: str = "compensated", whole: str = "teacher"
) -> Trials:
    """Shares of what the whole has over the base, such as the teacher over the mean-compensated lesion; the
    range is a mean over networks, so that one with next to none does not decide.
    """
    arms = {}
    for rule in rules:
        rows = columns_of(units.load(rule), base)
        span = rows[whole][GAIN].mean()
        arms |= {f"{rule}: {name}": row | {SHARE: row[GAIN] / span} for name, row in rows.items()}
    return Trials.of(arms)


def of_late(rules: Sequence[str], units: Units) -> Trials:
    """Gains over the same host with zero write and the same training, and means over all rows."""
    rows = {}
    for rule in rules:
        scores = units.load(rule)
        bases = {name: columns_of(scores, name) for name in scores if name.endswith("none")}
        rows[rule] = {name: bases[base_of(name)][name] for name in scores}
    arms = {f"{rule}: {name}": row for rule in rules for name, row in rows[rule].items()}
    return Trials.of(arms | pooled(rows, rules) | pooled(rows, rules, "plastic "))


def base_of(name: str) -> str:
    """The host with zero write in the state and at the ports of an arm of `beside.late`."""
    return ("all ports, " * name.startswith("all ports, ")) + ("plastic " * ("plastic " in name)) + "none"


# ---- what the result holds beside arms and comparisons ---------------------------------------------------


def summary(outcomes: Outcomes) -> dict[str, Any]:
    """Of each matrix shares of the variance, rank of the pairing, void rows; the cosine as a predictor."""
    found: dict[str, Any] = {}
    for study, word in MATRICES:
        if OWN in outcomes.get(study, Trials({})).arms:
            found[f"{study} {word}".strip()] = matrix(outcomes[study], word)
    return found | {"predictor": predicted(outcomes)}


def matrix(trials: Trials, word: str) -> dict[str, Any]:
    """What one matrix says."""
    rules = [arm.split(":")[0] for arm in trials.arms if arm.endswith(": none")]
    arms = {rule: f"{rule}: {NATIVE}" for rule in rules}
    empty = void({rule: trials.values(arm, GAIN)[0] for rule, arm in arms.items() if arm in trials.arms})
    kept = said(rules, empty)
    cells = [[trials.values(f"{row}: {word}{name}", GAIN)[0] for name in kept] for row in kept]
    read = pairing(np.array(cells))
    parts = {key: getattr(read, key) for key in ("rows", "columns", "interaction", "rank")}
    return {"rules": kept, "void": empty, "diagonal": float(read.diagonal.mean()), **parts}


def cases(outcomes: Outcomes) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Every graft of backpropagation on a frozen host → cosine before learning, and what it then gained over
    the host with zero write; by study and arm.
    """
    found = {}
    for study in (RECOVERY, LATE, FORETOLD):
        for arm in outcomes.get(study, Trials({})).arms:
            rule, _, name = arm.partition(": ")
            word = "all ports, " if name.startswith("all ports, ") else ""
            if name.removeprefix(word) in PREDICTED:
                r2, base = (outcomes[study].values(key, "R2")[0] for key in (arm, f"{rule}: {word}none"))
                found[f"{study}, {arm}"] = (outcomes[study].values(arm, FIRST)[0], r2 - base)
    return found


def predicted(outcomes: Outcomes) -> dict[str, Any]:
    """How well the cosine tells grafts that help a frozen host from grafts that harm it: over all cases, and
    over those of hosts of other rules than that on which `CUT` was chosen.
    """
    found = cases(outcomes)
    return {
        "all": told(found, CUT),
        "other hosts": told({name: case for name, case in found.items() if ", BP: " not in name}, CUT),
        "cases": {name: [float(c.mean()), float(g.mean())] for name, (c, g) in found.items()},
    }
