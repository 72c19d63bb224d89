"""Sign policies: which cells excite, which inhibit, and how much of that is known.

A sign belongs to the presynaptic cell (Dale's law). A policy is an object, called on a connectome; what it
returns says how many cells it could label and what it did with the rest.
"""

import warnings
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from brainwright.connectome.errors import ConnectomeError, shown

# Excluded transmitters get 0.0: they are known, and carry no fast sign in that convention.
# Sources of the tables are those named in `ByTransmitter`.
SHIU = {"ACH": 1.0, "GABA": -1.0, "GLUT": -1.0, "DA": 1.0, "SER": 1.0, "OCT": 1.0}
FLYGM = {
    "ACH": 1.0,
    "GABA": -1.0,
    "GLUT": 1.0,
    "HIS": 1.0,
    "GLY": -1.0,
    "ASP": 1.0,
    "DA": 0.0,
    "SER": 0.0,
    "OCT": 0.0,
}
FLY = {**SHIU, "HIS": -1.0, "TYR": 1.0}
WORM = {"ACH": 1.0, "GLUT": 1.0, "GABA": -1.0, "DA": 0.0, "SER": 0.0, "OCT": 0.0, "TYR": 0.0, "BET": 1.0}
TABLES = {"fly": FLY, "shiu": SHIU, "flygm": FLYGM, "worm": WORM}

SYNONYMS = {
    "ACH": ("ach", "acetylcholine", "cholinergic"),
    "GABA": ("gaba", "gabaergic"),
    "GLUT": ("glut", "glu", "glutamate", "glutamatergic"),
    "DA": ("da", "dopamine"),
    "SER": ("ser", "5ht", "serotonin"),
    "OCT": ("oct", "oa", "octopamine"),
    "HIS": ("his", "ha", "histamine"),
    "TYR": ("tyr", "ta", "tyramine"),
    "BET": ("bet", "betaine"),
    "GLY": ("gly", "glycine"),
    "ASP": ("asp", "aspartate"),
}
CANONICAL = {alias: name for name, aliases in SYNONYMS.items() for alias in aliases}
UNKNOWN = ("", "unknown", "unclear", "none", "nan", "undefined", "tbd")


@dataclass(frozen=True, eq=False)
class Signs:
    """It holds the signs of all cells with a report on where they come from.

    Attributes:
        values: (n_cells,) real signs in [-1, 1].
        policy: what was asked for, in words.
        labelled: (n_cells,) True where the sign rests on a label.
        coverage: `labelled` (share of cells), `unlabelled_synapses` (share of synapses with an unlabelled
            presynaptic cell), `low_confidence` (share of labelled cells with a probability below 0.5; NaN
            without probabilities), and numbers of `excitatory`, `inhibitory` and `zero` cells.
        unknown: what cells without a label got.
    """

    values: np.ndarray
    policy: str
    labelled: np.ndarray
    coverage: dict[str, float]
    unknown: str

    def report(self) -> str:
        """It is one line for a log or a table."""
        c = self.coverage
        return (
            f"{self.policy}: {c['excitatory']:.0f} excitatory, {c['inhibitory']:.0f} inhibitory, "
            f"{c['zero']:.0f} zero; {c['labelled']:.1%} of cells labelled, "
            f"{c['unlabelled_synapses']:.1%} of synapses from unlabelled cells (these: {self.unknown})"
        )


def _signs(connectome, values, policy, labelled, unknown, confidence=None) -> Signs:
    edges = connectome.edges_of("chemical") if connectome.kinds != ("electrical",) else connectome.edges
    total = edges.count.sum(dtype=float)
    lost = edges.count[~labelled[edges.pre]].sum(dtype=float)
    low = np.nan if confidence is None else float((confidence[labelled] < 0.5).mean())
    coverage = {
        "labelled": float(labelled.mean()),
        "unlabelled_synapses": lost / total if total else 0.0,
        "low_confidence": low,
        "excitatory": float((values > 0).sum()),
        "inhibitory": float((values < 0).sum()),
        "zero": float((values == 0).sum()),
    }
    values = np.asarray(values, float)
    values.flags.writeable = False
    return Signs(values, policy, labelled, coverage, unknown)


def _fill(
    values: np.ndarray, labelled: np.ndarray, unknown: float | None, policy: str
) -> tuple[np.ndarray, str]:
    if unknown is not None and not -1 <= unknown <= 1:
        raise ConnectomeError(f"expected unknown within [-1, 1], got {unknown}")
    n = int((~labelled).sum())
    if n and unknown is None:
        warnings.warn(
            f"{policy}: {n} of {labelled.size} cells have no label and get sign 0: pass unknown= to choose",
            stacklevel=3,
        )
    return np.where(labelled, values, unknown or 0.0), f"{n} cells get {unknown or 0.0:g}"


def transmitters(connectome) -> pd.Series:
    """It returns the (n_cells,) transmitters under one spelling ("ACH", "GABA", "GLUT", ...), missing where
    unknown.

    Raises:
        ConnectomeError: no `transmitter` column.
    """
    if "transmitter" not in connectome.cells:
        raise ConnectomeError("the cells have no 'transmitter' column: choose a policy that needs none")
    raw = connectome.cells["transmitter"]
    plain = raw.astype(object).where(raw.notna(), "").astype(str).str.strip().str.lower().str.replace("-", "")
    known = plain.map(CANONICAL)
    return known.where(known.notna(), plain.str.upper().where(~plain.isin(UNKNOWN)))


@dataclass(frozen=True)
class ByTransmitter:
    """A cell's sign is that of its transmitter.

    Args:
        table: "fly" (GABA, glutamate and histamine negative), "shiu" (Shiu et al. 2024, Nature 634: the same
            without histamine), "flygm" (Jin et al. 2026, arXiv 2602.17997: glutamate and histamine positive,
            modulators left out), "worm" (GABA negative; modulators 0), or a mapping transmitter → sign.
        overrides: transmitter → sign, on top of the table.
        unknown: sign of cells without a label, or whose transmitter the table lacks; 0 with a warning where
            None.
    """

    table: str | dict = "fly"
    overrides: dict = field(default_factory=dict)
    unknown: float | None = None

    def __call__(self, connectome) -> Signs:
        """It returns the signs of these cells. Raises `ConnectomeError` without a transmitter column, or for
        overrides that name no known transmitter.
        """
        name, table = _table(self.table, self.overrides)
        transmitter = transmitters(connectome)
        idle = {_spelled(key) for key in self.overrides} - set(SYNONYMS) - set(transmitter.dropna())
        if idle:
            raise ConnectomeError(f"no cell has the transmitter {shown(sorted(idle))} named in overrides")
        values = transmitter.map(table).to_numpy(float)
        labelled = ~np.isnan(values)
        policy = f"by transmitter ({name})"
        values, unknown = _fill(values, labelled, self.unknown, policy)
        return _signs(connectome, values, policy, labelled, unknown)


def _spelled(key) -> str:
    """It returns a transmitter's name as `transmitters` spells it."""
    plain = str(key).strip().lower().replace("-", "")
    return CANONICAL.get(plain, plain.upper())


def _table(table, overrides) -> tuple[str, dict[str, float]]:
    if isinstance(table, str):
        if table not in TABLES:
            raise ConnectomeError(f"no sign table {table!r}: there are {shown(list(TABLES))}")
        name, table = table, TABLES[table]
    else:
        name = "own table"
    spelled = {_spelled(key): value for key, value in table.items()}
    spelled |= {_spelled(key): value for key, value in overrides.items()}
    if any(not -1 <= value <= 1 for value in spelled.values()):
        raise ConnectomeError(f"expected signs within [-1, 1], got {spelled}")
    return name + (" with overrides" if overrides else ""), spelled


@dataclass(frozen=True)
class FromProbabilities:
    """A cell's sign follows from the probabilities of its transmitters, as predicted from images (Eckstein et
    al. 2024, Cell 187).

    Args:
        mode: "expected" (sum over transmitters of probability times sign, real in [-1, 1]), "sampled" (one
            transmitter drawn for each cell), or "argmax" (the likeliest).
        columns: transmitter → cell column of its probability; FlyWire's `ach_avg` and so on by default.
        table, overrides, unknown: as in `ByTransmitter`.
        seed: of the draw.
    """

    mode: str = "expected"
    columns: dict = field(default_factory=lambda: {name: f"{name.lower()}_avg" for name in SHIU})
    table: str | dict = "fly"
    overrides: dict = field(default_factory=dict)
    unknown: float | None = None
    seed: int = 0

    def __call__(self, connectome) -> Signs:
        """It returns the signs of these cells. Raises `ConnectomeError` where probability columns are missing
        or no probabilities.
        """
        name, table = _table(self.table, self.overrides)
        probability = self._probabilities(connectome)
        sign = np.array([table.get(transmitter, np.nan) for transmitter in self.columns])
        if np.isnan(sign).any():
            raise ConnectomeError(
                f"table {name!r} lacks some of {shown(list(self.columns), 20)}: pass overrides="
            )
        total = probability.sum(axis=1)
        labelled = total > 0
        share = probability / np.where(labelled, total, 1.0)[:, None]
        policy = f"{self.mode} transmitter probabilities ({name})" + f", seed {self.seed}" * (
            self.mode == "sampled"
        )
        values, unknown = _fill(self._choose(share, sign), labelled, self.unknown, policy)
        return _signs(connectome, values, policy, labelled, unknown, probability.max(axis=1))

    def _probabilities(self, connectome) -> np.ndarray:
        missing = [column for column in self.columns.values() if column not in connectome.cells]
        if missing:
            raise ConnectomeError(
                f"the cells lack the probability columns {shown(missing, 20)}: pass columns="
            )
        values = np.nan_to_num(connectome.cells[list(self.columns.values())].to_numpy(float))
        if (values < 0).any() or (values.sum(axis=1) > 1.2).any():  # room for rounding
            raise ConnectomeError("expected probabilities >= 0 that sum to about 1 for each cell")
        return values

    def _choose(self, share: np.ndarray, sign: np.ndarray) -> np.ndarray:
        if self.mode == "expected":
            return share @ sign
        if self.mode == "argmax":
            return sign[share.argmax(axis=1)]
        if self.mode == "sampled":
            drawn = np.random.default_rng(self.seed).random(len(share))
            return sign[np.minimum((np.cumsum(share, axis=1) < drawn[:, None]).sum(axis=1), sign.size - 1)]
        raise ConnectomeError(f'expected mode "expected", "sampled" or "argmax", got {self.mode!r}')


@dataclass(frozen=True)
class ByClass:
    """A cell's sign is that of its type or class: what is left where no transmitter was measured.

    Args:
        rules: value of the column → sign, for instance `{"KC": 1, "LN": -1}`.
        column: name of the cell column.
        overrides: cell id → sign, for named cells such as the two APL.
        unknown: sign of all other cells; 0 with a warning where None.
    """

    rules: dict
    column: str = "type"
    overrides: dict = field(default_factory=dict)
    unknown: float | None = None

    def __call__(self, connectome) -> Signs:
        """It returns the signs of these cells. Raises `ConnectomeError` without that column, or for unknown
        ids.
        """
        if self.column not in connectome.cells:
            raise ConnectomeError(f"the cells have no column {self.column!r}")
        values = connectome.cells[self.column].astype(object).map(self.rules).to_numpy(float).copy()
        if self.overrides:
            values[connectome.locate(list(self.overrides))] = list(self.overrides.values())
        if (np.abs(values) > 1).any():
            raise ConnectomeError(f"expected signs within [-1, 1], got {values[np.abs(values) > 1][0]:g}")
        labelled = ~np.isnan(values)
        policy = f"by {self.column}"
        values, unknown = _fill(values, labelled, self.unknown, policy)
        return _signs(connectome, values, policy, labelled, unknown)


@dataclass(frozen=True)
class Sampled:
    """A share of the cells, drawn at random, inhibits: for diagrams without any label. Run it over several
    seeds.

    Args:
        inhibitory: share of inhibitory cells; 0.298 is that of GABA and glutamate among labelled FlyWire
            cells.
        seed: of the draw.
    """

    inhibitory: float = 0.298
    seed: int = 0

    def __call__(self, connectome) -> Signs:
        """It returns the signs of these cells, exactly round(share × n) of them -1. Raises `ConnectomeError`
        for a bad share.
        """
        if not 0 <= self.inhibitory <= 1:
            raise ConnectomeError(f"expected a share within [0, 1], got {self.inhibitory}")
        values = np.ones(connectome.n_cells)
        chosen = np.random.default_rng(self.seed).permutation(connectome.n_cells)
        values[chosen[: round(self.inhibitory * connectome.n_cells)]] = -1.0
        policy = f"sampled, {self.inhibitory:.1%} inhibitory, seed {self.seed}"
        return _signs(connectome, values, policy, np.zeros(connectome.n_cells, bool), "drawn at random")


@dataclass(frozen=True)
class Unsigned:
    """Every cell is +1."""

    def __call__(self, connectome) -> Signs:
        """It returns the signs of these cells."""
        none = np.zeros(connectome.n_cells, bool)
        return _signs(connectome, np.ones(connectome.n_cells), "unsigned", none, "+1")


@dataclass(frozen=True)
class Given:
    """The signs are those that came with the data: the cell column `sign`, else edge signs that obey Dale's
    law.

    Args:
        unknown: sign of cells without one (no outgoing edges, or missing); 0 with a warning where None.
    """

    unknown: float | None = None

    def __call__(self, connectome) -> Signs:
        """It returns the signs of these cells. Raises `ConnectomeError` without signs, or where edge signs
        break Dale's law.
        """
        values = self._values(connectome)
        labelled = ~np.isnan(values)
        values, unknown = _fill(values, labelled, self.unknown, "given")
        return _signs(connectome, values, "given", labelled, unknown)

    @staticmethod
    def _values(connectome) -> np.ndarray:
        if connectome.is_signed:
            broken = dale_violations(connectome)
            if broken.size:
                raise ConnectomeError(
                    f"{broken.size} cells have outgoing edges of both signs "
                    f"({shown(connectome.ids[broken])}), so "
                    'no sign per cell fits: use weights(signs="given") for the signs of single edges'
                )
            values = np.full(connectome.n_cells, np.nan)
            values[connectome.edges.pre] = connectome.edges.sign
            return values
        if "sign" in connectome.cells:
            return connectome.cells["sign"].to_numpy(float)
        raise ConnectomeError("this connectome carries no signs: choose another policy")


def dale_violations(wiring) -> np.ndarray:
    """It returns the positions of presynaptic cells with outgoing weights of both signs.

    Args:
        wiring: a `Connectome` (its edge signs), or a post × pre matrix of weights.
    """
    if hasattr(wiring, "edges"):
        if wiring.edges.sign is None:
            return np.empty(0, np.int64)
        pre, weight, n = wiring.edges.pre, wiring.edges.sign, wiring.n_cells
    else:
        from scipy import sparse

        entries = sparse.coo_array(wiring)
        pre, weight, n = entries.coords[1], entries.data, entries.shape[1]
    positive = np.bincount(pre[weight > 0], minlength=n) > 0
    negative = np.bincount(pre[weight < 0], minlength=n) > 0
    return np.flatnonzero(positive & negative)
