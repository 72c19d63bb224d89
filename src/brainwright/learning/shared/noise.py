"""Rules learn from noise, which is checked here."""


def check_noise(sigma: float, estimates: int) -> None:
    """The function raises ValueError for noise that cannot teach."""
    if not 0 < sigma < float("inf"):
        raise ValueError(f"expected a finite sigma above 0, got {sigma}")
    if estimates < 1:
        raise ValueError(f"expected at least one estimate, got {estimates}")
