"""Whether times can be seconds. Files hold sample numbers and milliseconds under the name of seconds, and a
reader that believes them makes an hour of a second.
"""

from collections.abc import Sequence

import numpy as np

ENOUGH = 10  # fewer whole numbers may be chance, or a short example
WHOLE = 1e-6  # samples that were divided and multiplied again
LONGEST_S = 40 * 86_400.0  # longer than any culture or animal was recorded in one file
LONG_S, QUIET_HZ = 4 * 3600.0, 0.1  # no preparation stays below one spike in 10 s on its busiest unit for 4 h
REFRACTORY, EXPECTED = 1.0, 5.0  # milliseconds; Poisson: exp(-5) = 0.7 % that none is shorter by chance
SAY = "give tick_s, how many seconds one step of these times is (1/rate, 0.001; 1.0 where these are seconds)"


def why_no_seconds(trains: Sequence[np.ndarray]) -> str | None:
    """Why these spike times [event], rising in each train, are no seconds; None where they may be.

    Told by: whole numbers alone (samples, or whole milliseconds); hours without a busy unit, or no interval
    as short as a second where many must be (milliseconds); more than 40 days.
    """
    times = np.concatenate([np.zeros(0), *trains])
    if len(times) < 2:
        return None
    span = float(times.max() - times.min())
    if span > LONGEST_S:
        return f"an interval of {span:.4g} is no time in seconds: are these milliseconds or ticks? {SAY}"
    if len(times) < ENOUGH:
        return None
    if all_whole(times):
        return (
            f"all {len(times)} times are whole numbers up to {times.max():.0f}: sample numbers or "
            f"milliseconds rather than seconds; {SAY}"
        )
    busiest_hz = max(map(len, trains)) / max(span, 1e-9)
    if span > LONG_S and busiest_hz < QUIET_HZ:
        return (
            f"{span / 3600:.3g} hours with {busiest_hz:.2g} spikes/s on the busiest unit: milliseconds "
            f"rather than seconds; {SAY}"
        )
    shortest = min((float(np.diff(t).min()) for t in trains if len(t) > 1), default=0.0)
    expected = sum((len(t) - 1) * -np.expm1(-REFRACTORY * len(t) / span) for t in trains if len(t) > 1)
    if span > 1000 * REFRACTORY and shortest >= REFRACTORY and expected > EXPECTED:
        return (
            f"no interval between spikes is below {shortest:.3g}, where about {expected:.0f} below 1 s were "
            f"expected: milliseconds rather than seconds; {SAY}"
        )
    return None


def all_whole(times: np.ndarray) -> bool:
    """Whether every time is a whole number, and not all of them 0."""
    return bool(times.size and times.any() and (np.abs(times - np.rint(times)) < WHOLE).all())
