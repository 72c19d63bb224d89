"""The sign of each connection out of a column of its own, beside a column of magnitudes."""

import numpy as np
import pandas as pd

from brainwright.connectome.errors import ConnectomeError

WORDS = {
    **dict.fromkeys(("+", "exc", "excitatory"), 1),
    **dict.fromkeys(("-", "inh", "inhibitory"), -1),
}
"""Ways to write a sign other than as 1 and -1, in lower case."""


def signs_in(column: pd.Series, name: str) -> tuple[np.ndarray | None, str]:
    """It returns (E,) int8 signs, 1 or -1, and a note; None, and why, where some row holds no sign.

    Numbers 1 and -1 are known, "+" and "-", and excitatory and inhibitory in full or as three letters.
    """
    codes, values = pd.factorize(column)
    signs = [_sign_of(value) for value in values]
    strange = next((value for value, sign in zip(values, signs, strict=True) if sign is None), None)
    if strange is None and (codes < 0).any():
        strange = f"{int((codes < 0).sum())} missing"
    if strange is not None:
        return None, f"column {name!r} not read: expected 1 or -1 in every row, got {strange}"
    return np.array(signs, np.int8)[codes], f"signs of the edges out of {name!r}"


def joined_signs(signs: np.ndarray, of_weights: np.ndarray | None, nothing: np.ndarray, name: str):
    """It returns the (E,) signs, which those of the weights, where there are any, may not contradict.

    Args:
        signs: (E,) out of the column.
        of_weights: (E,) of the weights; None where no weight is negative.
        nothing: (E,) True where the weight is 0, and so has no sign.
        name: of the column.

    Raises:
        ConnectomeError: negative weights in rows whose sign is positive, or the other way round.
    """
    if of_weights is not None and (at := np.flatnonzero((signs != of_weights) & ~nothing)).size:
        raise ConnectomeError(
            f"weights have signs that differ from column {name!r} in {at.size} rows, first in row "
            f"{at[0] + 1}: expected magnitudes beside a column of signs; drop or rename that column, or "
            "make the weights positive"
        )
    return signs


def _sign_of(value: object) -> int | None:
    if isinstance(value, (bool, np.bool_)):  # True may mean either
        return None
    text = str(value).strip().lower()
    try:
        number = float(text)
    except ValueError:
        return WORDS.get(text)
    return int(number) if number in (1, -1) else None
