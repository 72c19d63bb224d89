"""Which cells a user means: ids, a type, a class, a pool, or a name, with the nearest matches on a miss."""

import difflib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from brainwright.connectome import ConnectomeError

NAMED_BY = ("type", "name", "class", "sub_class", "sub_class_of", "pool", "hemilineage")

Cells = int | str | Sequence[int] | Sequence[str] | np.ndarray


class CellChooser:
    """Looks up cells of one connectome.

    Args:
        cells: one row per cell, with `id` and any of the columns `NAMED_BY`.
        groups: further names -> ids.
    """

    def __init__(self, cells: pd.DataFrame, groups: Mapping[str, Sequence] | None = None) -> None:
        self._position = pd.Index(cells["id"])
        self._columns = {column: cells[column] for column in NAMED_BY if column in cells}
        self._groups = dict(groups or {})

    def __call__(self, which: Cells) -> np.ndarray:
        """It returns the positions of the cells that `which` names, int32, sorted, none twice.

        Args:
            which: an id, a type or other name (all cells that bear it), or a list of these.

        Raises:
            ConnectomeError: an id or a name that no cell bears; the message has the nearest ones.
            ValueError: an empty list.
        """
        if isinstance(which, str | int | np.integer):
            return self._one(which)
        listed = list(which)
        if not listed:
            raise ValueError("expected at least one cell, got an empty list")
        if all(isinstance(cell, int | np.integer) for cell in listed):
            return np.unique(self._ids(listed))
        return np.unique(np.concatenate([self._one(cell) for cell in listed]))

    def _one(self, which: str | int | np.integer) -> np.ndarray:
        if not isinstance(which, str):
            return self._ids([which])
        if which in self._groups:
            return np.unique(self._ids(list(self._groups[which])))
        for values in self._columns.values():
            positions = np.flatnonzero((values == which).to_numpy(bool, na_value=False))
            if positions.size:
                return positions.astype(np.int32)
        if which in self._position:
            return np.unique(np.asarray(self._position.get_indexer_for([which]), np.int32))
        if which.lstrip("-").isdigit() and int(which) in self._position:
            return self._ids([int(which)])
        raise ConnectomeError(
            f"no cell, type, class, pool or group is called {which!r}; {self._nearest(which)}"
        )

    def _ids(self, ids: list) -> np.ndarray:
        position = self._position.get_indexer(pd.Index(ids))
        if (position < 0).any():
            missing = ids[int(np.flatnonzero(position < 0)[0])]
            others = int((position < 0).sum()) - 1
            more = f" (and {others} more)" if others else ""
            raise ConnectomeError(f"no cell has the id {missing!r}{more}; {self._nearest(str(missing))}")
        return position.astype(np.int32)

    def _nearest(self, wanted: str) -> str:
        names = {str(name) for values in self._columns.values() for name in values.dropna().unique()}
        names |= set(self._groups)
        folded = {name.lower(): name for name in sorted(names)}
        # three suggestions fit into a line; .6 is the library's own measure of "close"
        near = [folded[name] for name in difflib.get_close_matches(wanted.lower(), folded, n=3, cutoff=0.6)]
        near += [name for name in sorted(names) if wanted and name.lower().startswith(wanted.lower())][:3]
        if not near and wanted.lstrip("-").isdigit() and pd.api.types.is_integer_dtype(self._position):
            at = np.argsort(np.abs(self._position.to_numpy() - int(wanted)), kind="stable")[:3]
            near = [str(cell) for cell in self._position[at]]
        elif not near:
            # texts are compared one by one, which takes time: 200,000 ids are more than a fly has
            near = difflib.get_close_matches(wanted, [str(cell) for cell in self._position[:200_000]], n=3)
        return f"nearest: {', '.join(dict.fromkeys(near))}" if near else "nothing is near to it"
