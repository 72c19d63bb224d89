"""Returns and processor time of PPO: layers, or a worm's wiring. Stable-Baselines3's stand beside them, with
the same settings, where it is installed. Needs `pip install 'brainwright[worlds]'`.

    python benchmarks/learning_to_act.py [--env CartPole-v1] [--worm] [--seeds 44000 44001 44002] [--steps N]
"""

import argparse
import importlib.util
import time

import torch

from brainwright.connectome import Connectome, signs
from brainwright.loop.learn import PPO, Body, Policy, embody, evaluate, learn
from brainwright.loop.learn.evaluate import made
from brainwright.loop.learn.policy import sizes
from brainwright.network import layered

SETTINGS = {
    "CartPole-v1": (PPO(), 60_000),
    "Acrobot-v1": (PPO(horizon=128, epochs=4, discount=0.99, decay=0.94), 200_000),
    "InvertedPendulum-v5": (PPO(bodies=4, horizon=512, epochs=10, discount=0.99, decay=0.95), 60_000),
}
"""Environment → settings and steps; those of the first solve it fast, the others are near CleanRL's."""


def worm(env: str, seed: int) -> Policy:
    """302 cells, chemical synapses whose strengths are learned, with their signs: every sensory cell feels,
    every motor cell acts, four steps from rest for each action.
    """
    wiring = Connectome.load("celegans/cook2019").of_kind("chemical")
    wiring = wiring.signed(signs.ByTransmitter("worm", unknown=1.0))
    return embody(wiring, env, Body("sensory", "output", steps=4, memory=False), seed=seed)


def ours(env: str, seed: int, steps: int, wired: bool) -> tuple[float, float]:
    """Mean return of 100 fresh episodes, and seconds of processor time to learn."""
    begin, how = time.process_time(), SETTINGS[env][0]
    size, needed = sizes(made(env)([0]))
    network = worm(env, seed) if wired else layered([size, 64, 64, needed], "tanh", seed=seed)
    learned = learn(network, env, method=how, steps=steps, seed=seed)
    spent = time.process_time() - begin
    return float(evaluate(learned, env, episodes=100, seed=50_000 + seed).mean()), spent


def theirs(env: str, seed: int, steps: int) -> tuple[float, float]:
    """The same by Stable-Baselines3, with the same settings."""
    from stable_baselines3 import PPO as Other
    from stable_baselines3.common.env_util import make_vec_env

    begin, how = time.process_time(), SETTINGS[env][0]
    options = {"n_steps": how.horizon, "batch_size": how.batch, "n_epochs": how.epochs}
    options |= {"gamma": how.discount, "gae_lambda": how.decay, "seed": seed, "device": "cpu"}
    worlds = make_vec_env(env, n_envs=how.bodies, seed=seed)
    model = Other("MlpPolicy", worlds, learning_rate=lambda left: how.rate * left, **options)
    model.learn(steps)
    spent = time.process_time() - begin
    return float(evaluate(model, env, episodes=100, seed=50_000 + seed).mean()), spent


def main() -> None:
    """Prints a line for each seed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--env", choices=SETTINGS, default="CartPole-v1")
    parser.add_argument("--worm", action="store_true")
    parser.add_argument("--seeds", type=int, nargs="+", default=[44_000, 44_001, 44_002])
    parser.add_argument("--steps", type=int)
    given = parser.parse_args()
    steps = given.steps or SETTINGS[given.env][1]
    torch.set_num_threads(1)
    beside = importlib.util.find_spec("stable_baselines3") is not None
    for seed in given.seeds:
        mean, spent = ours(given.env, seed, steps, given.worm)
        name = "worm" if given.worm else "layers"
        pace = f"{spent:.0f} s, {steps / spent:,.0f} steps/s"
        print(f"{name}, seed {seed}: return {mean:.1f}, {pace}", flush=True)
        if beside and not given.worm:
            mean, spent = theirs(given.env, seed, steps)
            pace = f"{spent:.0f} s, {steps / spent:,.0f} steps/s"
            print(f"Stable-Baselines3, seed {seed}: return {mean:.1f}, {pace}", flush=True)


if __name__ == "__main__":
    main()
