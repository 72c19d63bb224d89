"""Whether a recording is of the stretch of time that was read."""

from brainwright.signal import Recording

from .pace import JUMP_S

_SLACK_S = 1e-6  # rounding of times


def misread(
    recording: Recording,
    shape: tuple[int, int],
    *,
    before_s: float,
    duration_s: float,
    now_s: float,
    follows_s: float | None,
) -> str:
    """It tells what about a recording is not as it was asked for, empty where nothing is.

    Args:
        shape: dishes and channels of the tissue.
        before_s: the tissue's clock before the read.
        duration_s: that was asked for.
        now_s: the tissue's clock after the read.
        follows_s: end of the piece before it in one read; None for the first.
    """
    if not -_SLACK_S <= now_s - before_s - duration_s <= JUMP_S or recording.start_s < before_s - _SLACK_S:
        return (
            f"the tissue's clock jumped: it stood at {before_s:.4f} s, a read of {duration_s:g} s began at "
            f"{recording.start_s:.4f} s and ended at {now_s:.4f} s"
        )
    if abs(recording.duration_s - duration_s) > _SLACK_S or recording.stop_s > now_s + _SLACK_S:
        return (
            f"the tissue was read for {duration_s:g} s up to {now_s:.4f} s and gave a recording of "
            f"{recording.start_s:.4f} to {recording.stop_s:.4f} s"
        )
    held = (recording.n_dishes, recording.n_channels)
    if held != shape:
        return f"the tissue of (dishes, channels) {shape} gave a recording of {held}"
    if follows_s is not None and abs(recording.start_s - follows_s) > _SLACK_S:
        return f"the tissue left a gap from {follows_s:.4f} to {recording.start_s:.4f} s within one read"
    return ""
