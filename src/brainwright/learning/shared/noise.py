"""Noise that rules learn from."""

from brainwright.network import NetworkError


def check_noise(sigma: float, estimates: int) -> None:
    """Raises `NetworkError` for noise that cannot teach."""
    if not 0 < sigma < float("inf"):
        raise NetworkError(f"expected a finite sigma above 0, got {sigma}")
    if estimates < 1:
        raise NetworkError(f"expected at least one estimate, got {estimates}")
