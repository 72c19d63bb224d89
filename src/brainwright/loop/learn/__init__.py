"""Learning to act: any `Network` in any `World`, one file per method, one verb `learn`."""

from .body import Body, embody
from .cloning import Cloning, Demonstrations, demonstrate
from .errors import Interrupted, LearnError
from .evaluate import evaluate
from .evolution import Evolution
from .methods import Learned, learn
from .policy import Policy, memoryless
from .ppo import PPO
from .rollout import Rollout, Runner
from .through import BPTT

__all__ = [
    "BPTT",
    "PPO",
    "Body",
    "Cloning",
    "Demonstrations",
    "Evolution",
    "Interrupted",
    "LearnError",
    "Learned",
    "Policy",
    "Rollout",
    "Runner",
    "demonstrate",
    "embody",
    "evaluate",
    "learn",
    "memoryless",
]
