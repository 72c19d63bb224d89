"""Learning to act: any `Network` in any `World`, one file per method, one verb `learn`."""

from .body import Body, embody
from .brains import Brains, Stack, Wirings
from .by_rule import ByRule, PolicyGradient
from .cloning import Cloning, Demonstrations, demonstrate
from .dagger import DAgger
from .errors import Interrupted, LearnError
from .evaluate import evaluate
from .evolution import Evolution
from .keep import Keep
from .methods import Learned, learn
from .policy import Policy, memoryless
from .ppo import PPO
from .recorded import recorded
from .rollout import Rollout, Runner
from .scaled import ReturnScale
from .through import BPTT
from .together import learn_together

__all__ = [
    "BPTT",
    "PPO",
    "Body",
    "Brains",
    "ByRule",
    "Cloning",
    "DAgger",
    "Demonstrations",
    "Evolution",
    "Interrupted",
    "Keep",
    "LearnError",
    "Learned",
    "Policy",
    "PolicyGradient",
    "ReturnScale",
    "Rollout",
    "Runner",
    "Stack",
    "Wirings",
    "demonstrate",
    "embody",
    "evaluate",
    "learn",
    "learn_together",
    "memoryless",
    "recorded",
]
