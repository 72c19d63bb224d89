"""Speed of Pong in batches, and its agreement with a plain game in scalars.

    python benchmarks/pong.py [--quick]

A step is one tick of one game. Processor time of one core, which other processes disturb less than wall time.
"""

import argparse
import os
import time
from dataclasses import dataclass, field

import numpy as np

from brainwright.world import COLUMNS, HALF_LENGTH, PADDLE_STEP, Pong

MASK = (1 << 64) - 1
GOAL = 500_000
"""Steps per second of 100 games, on a quiet core."""


@dataclass
class ScalarPong:
    """One game in plain Python: the same rules, slow and obvious."""

    seed: int
    column: int = COLUMNS // 2
    direction: int = -1
    height: float = 0.5
    paddle: float = 0.5
    drawn: int = 0
    slope: float = field(init=False)

    def __post_init__(self) -> None:
        self.draw()

    def draw(self) -> None:
        """The next slope: SplitMix64, seeded by its own output, counted from there."""
        start = mixed(self.seed * 0x9E3779B97F4A7C15 & MASK)
        number = mixed(start + self.drawn * 0x9E3779B97F4A7C15 & MASK) >> 11
        self.slope = (2 * number / 2**53 - 1) / COLUMNS
        self.drawn += 1

    def step(self, move: int) -> tuple[bool, bool]:
        """Whether the ball was hit, or missed, in this tick."""
        self.paddle = min(max(self.paddle + move * PADDLE_STEP, HALF_LENGTH), 1 - HALF_LENGTH)
        self.column += self.direction
        self.height += self.slope
        if self.height < 0:
            self.height, self.slope = -self.height, -self.slope
        elif self.height > 1:
            self.height, self.slope = 2 - self.height, -self.slope
        if self.column == COLUMNS:
            self.direction = -1
        if self.column > 0:
            return False, False
        self.direction = 1
        hit = abs(self.height - self.paddle) <= HALF_LENGTH
        if not hit:
            self.column, self.direction, self.height = COLUMNS // 2, -1, 0.5
        self.draw()
        return hit, not hit


def mixed(number: int) -> int:
    """The finaliser of SplitMix64."""
    number = (number ^ (number >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    number = (number ^ (number >> 27)) * 0x94D049BB133111EB & MASK
    return number ^ (number >> 31)


def disagreement(seeds: list[int], n_ticks: int) -> float:
    """Largest difference of any height, slope or paddle from the plain game, infinite where a ball was hit
    in one and missed in the other; moves are random.
    """
    games, plain = Pong(seeds), [ScalarPong(seed) for seed in seeds]
    rng, worst = np.random.default_rng(0), 0.0
    for _ in range(n_ticks):
        moves = rng.integers(-1, 2, len(seeds))
        bounce = games.step(moves)
        told = [game.step(int(move)) for game, move in zip(plain, moves, strict=True)]
        if not np.array_equal(np.array(told).T, np.array([bounce.hit, bounce.missed])):
            return float("inf")
        if not np.array_equal(games.column, [game.column for game in plain]):
            return float("inf")
        for name in ("height", "slope", "paddle"):
            apart = np.abs(getattr(games, name) - [getattr(game, name) for game in plain])
            worst = max(worst, float(apart.max()))
    return worst


def steps_per_s(n_games: int, n_ticks: int) -> float:
    """Steps of all games per second of processor time, under a policy that follows the ball."""
    games = Pong(range(n_games))
    start = time.process_time()
    for _ in range(n_ticks):
        games.step(np.where(games.offset > 0, 1, -1))
    return n_games * n_ticks / (time.process_time() - start)


def main() -> None:
    """Prints the agreement, then a line for each number of games."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the ticks")
    ticks = 500 if parser.parse_args().quick else 5_000
    apart = disagreement(list(range(20)), ticks)
    print(f"largest difference from the plain game, 20 games x {ticks:,} ticks: {apart:g}")
    for n in (1, 100, 4_096):
        speed = steps_per_s(n, ticks)
        goal = f" (goal {GOAL:,}: {'met' if speed >= GOAL else 'missed'})" if n == 100 else ""
        print(f"{n:6,} games: {speed:12,.0f} steps/s{goal}")
    print(f"cores {os.cpu_count()}, load {os.getloadavg()[0]:.1f}")
    if apart > 1e-9:  # sums of a few thousand steps, each exact to 1e-16
        raise SystemExit("the batch disagrees with the plain game")


if __name__ == "__main__":
    main()
