"""Learning to act: any `Network` in any `World`, one file per method, one verb `learn`."""

from .cloning import Cloning, Demonstrations, demonstrate
from .errors import LearnError
from .evaluate import evaluate
from .evolution import Evolution
from .methods import Learned, learn
from .policy import Policy, memoryless
from .ppo import PPO
from .rollout import Rollout, Runner

__all__ = [
    "PPO",
    "Cloning",
    "Demonstrations",
    "Evolution",
    "LearnError",
    "Learned",
    "Policy",
    "Rollout",
    "Runner",
    "demonstrate",
    "evaluate",
    "learn",
    "memoryless",
]
