"""Worlds: environments that a brain or a piece of tissue acts in. NumPy alone; a Gymnasium environment of
each lies in a file of its own (`world.pong_env`), which needs the extra `worlds`.
"""

from brainwright.world.marks import marks
from brainwright.world.pong import COLUMNS, HALF_LENGTH, PADDLE_STEP, Bounce, Pong

__all__ = ["COLUMNS", "HALF_LENGTH", "PADDLE_STEP", "Bounce", "Pong", "marks"]
