"""Returns and processor time of PPO: layers, or a worm's wiring. Stable-Baselines3's stand beside them, in
turn, with the same settings, steps and one thread, where it is installed. Needs
`pip install 'brainwright[worlds]'`.

    python benchmarks/learning_to_act.py [--env CartPole-v1] [--worm] [--seeds 49100 49101 49102] [--steps N]

Time is that of making the bodies and learning, without imports and without the episodes that are asked after.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before NumPy is imported, whose products have threads of their own

import argparse
import importlib.util
import time
from types import SimpleNamespace

import torch

from brainwright.connectome import Connectome, signs
from brainwright.loop import bodies
from brainwright.loop.learn import PPO, Brains, Wirings, evaluate, learn, learn_together
from brainwright.loop.learn.evaluate import made
from brainwright.loop.learn.policy import sizes
from brainwright.network import layered

SETTINGS = {
    "CartPole-v1": (PPO(), 60_000),
    "Acrobot-v1": (PPO(horizon=128, epochs=4, discount=0.99, decay=0.94), 200_000),
    "InvertedPendulum-v5": (PPO(bodies=4, horizon=512, epochs=10, discount=0.99, decay=0.95), 60_000),
    "HalfCheetah-v5": (
        PPO(horizon=256, epochs=10, batch=64, rate=3e-4, discount=0.99, decay=0.95, scaled=True),
        1_000_000,
    ),
}
"""Environment → settings and steps; those of the first solve it fast, the others are near CleanRL's."""
WORMS, WORM_STEPS = PPO(horizon=128, epochs=4, rate=3e-3, discount=0.99, decay=0.95, scaled=True), 20_000
"""As in the recipe `bodies`; two worms of seeds below 1,000 came to 500 in 16,000 steps."""


def worms(env: str, seeds: list[int], steps: int) -> None:
    """302 cells, chemical synapses whose strengths are learned, with their signs: every sensory cell feels,
    every motor cell acts, three steps from rest for each action. All seeds are one tensor.
    """
    wiring = Connectome.load("celegans/cook2019").of_kind("chemical")
    wiring = wiring.signed(signs.ByTransmitter("worm", unknown=1.0))
    begin, make = time.process_time(), made(env)
    core = Wirings([bodies.wired(wiring, make, seed) for seed in seeds], bodies.arms.STEPS)
    brains = Brains(core, make([0]), seeds)
    learn_together(brains, make, method=WORMS, steps=steps, series=seeds, seed=seeds[0])
    spent = time.process_time() - begin
    means = bodies.lived(brains, make, 100, 50_000 + seeds[0]).returns.mean(0)
    pace = f"{spent:.0f} s, {len(seeds) * steps / spent:,.0f} steps/s"
    print(f"worms, seeds {seeds}: returns {', '.join(f'{mean:.1f}' for mean in means)}, {pace}", flush=True)


def ours(env: str, seed: int, steps: int) -> tuple[float, float]:
    """Mean return of 100 fresh episodes, and seconds of processor time to learn."""
    begin, how = time.process_time(), SETTINGS[env][0]
    size, needed = sizes(made(env)([0]))
    network = layered([size, 64, 64, needed], "tanh", seed=seed)
    learned = learn(network, env, method=how, steps=steps, seed=seed)
    spent = time.process_time() - begin
    return float(evaluate(learned, env, episodes=100, seed=50_000 + seed).mean()), spent


def theirs(env: str, seed: int, steps: int) -> tuple[float, float]:
    """The same by Stable-Baselines3, with the same settings. Ours divides what it sees by its spread always,
    this one where rewards are scaled as well.
    """
    from stable_baselines3 import PPO as Other
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.vec_env import VecNormalize

    begin, how = time.process_time(), SETTINGS[env][0]
    options = {"n_steps": how.horizon, "batch_size": how.batch, "n_epochs": how.epochs}
    options |= {"gamma": how.discount, "gae_lambda": how.decay, "seed": seed, "device": "cpu"}
    worlds = make_vec_env(env, n_envs=how.bodies, seed=seed)
    seen = VecNormalize(worlds, gamma=how.discount) if how.scaled else None
    model = Other("MlpPolicy", seen or worlds, learning_rate=lambda left: how.rate * left, **options)
    model.learn(steps)
    spent = time.process_time() - begin

    def predict(observation, *given):
        return model.predict(observation if seen is None else seen.normalize_obs(observation), *given)

    asked = SimpleNamespace(predict=predict)
    return float(evaluate(asked, env, episodes=100, seed=50_000 + seed).mean()), spent


def main() -> None:
    """Prints a line for each seed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--env", choices=SETTINGS, default="CartPole-v1")
    parser.add_argument("--worm", action="store_true")
    parser.add_argument("--seeds", type=int, nargs="+", default=[49_100, 49_101, 49_102])
    parser.add_argument("--steps", type=int)
    given = parser.parse_args()
    steps = given.steps or SETTINGS[given.env][1]
    torch.set_num_threads(1)
    made(given.env)([0])  # so that nobody's time is that of imports
    if given.worm:
        worms(given.env, given.seeds, given.steps or WORM_STEPS)
        return
    kinds = {"layers": ours}
    if importlib.util.find_spec("stable_baselines3") is not None:
        importlib.import_module("stable_baselines3")
        kinds["Stable-Baselines3"] = theirs
    for seed in given.seeds:
        for name, run in kinds.items():
            mean, spent = run(given.env, seed, steps)
            pace = f"{spent:.1f} s, {steps / spent:,.0f} steps/s"
            print(f"{given.env}, {name}, seed {seed}: return {mean:.1f}, {pace}", flush=True)


if __name__ == "__main__":
    main()
