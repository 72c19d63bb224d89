"""Returns and processor time of PPO on CartPole: layers, or a worm's wiring. Stable-Baselines3's stand
beside them where it is installed. Needs `pip install 'brainwright[worlds]'`.

    python benchmarks/learning_to_act.py [--worm] [--seeds 40000 40001 40002] [--steps 60000]
"""

import argparse
import importlib.util
import time

import torch

from brainwright.connectome import Connectome, signs
from brainwright.loop.learn import PPO, evaluate, learn
from brainwright.network import Network, Rate, SpectralRadius, compile, layered

ENV = "CartPole-v1"


def worm(seed: int) -> Network:
    """302 cells, chemical synapses whose strengths are learned, with their signs."""
    wiring = Connectome.load("celegans/cook2019").of_kind("chemical")
    wiring = wiring.signed(signs.ByTransmitter("worm", unknown=1.0))
    options = {"dynamics": Rate("tanh"), "scaling": SpectralRadius(0.9), "train": "edge"}
    return compile(wiring, n_inputs=4, n_outputs=2, seed=seed, **options)


def ours(seed: int, steps: int, wired: bool) -> tuple[float, float]:
    """Mean return of 100 fresh episodes, and seconds of processor time to learn."""
    begin = time.process_time()
    network = worm(seed) if wired else layered([4, 64, 64, 2], "tanh", seed=seed)
    how = PPO(bodies=32, epochs=10, rate=3e-3) if wired else PPO()
    learned = learn(network, ENV, method=how, steps=steps, seed=seed)
    spent = time.process_time() - begin
    return float(evaluate(learned, ENV, episodes=100, seed=50_000 + seed).mean()), spent


def theirs(seed: int, steps: int) -> tuple[float, float]:
    """The same by Stable-Baselines3, with the same settings."""
    from stable_baselines3 import PPO as Other
    from stable_baselines3.common.env_util import make_vec_env

    begin = time.process_time()
    env = make_vec_env(ENV, n_envs=8, seed=seed)
    options = {"n_steps": 32, "batch_size": 256, "n_epochs": 20, "gamma": 0.98, "gae_lambda": 0.8}
    model = Other(
        "MlpPolicy", env, learning_rate=lambda left: 1e-3 * left, seed=seed, device="cpu", **options
    )
    model.learn(steps)
    spent = time.process_time() - begin
    return float(evaluate(model, ENV, episodes=100, seed=50_000 + seed).mean()), spent


def main() -> None:
    """Prints a line for each seed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worm", action="store_true")
    parser.add_argument("--seeds", type=int, nargs="+", default=[40_000, 40_001, 40_002])
    parser.add_argument("--steps", type=int, default=60_000)
    given = parser.parse_args()
    torch.set_num_threads(1)
    beside = importlib.util.find_spec("stable_baselines3") is not None
    for seed in given.seeds:
        mean, spent = ours(seed, given.steps, given.worm)
        name = "worm" if given.worm else "layers"
        pace = f"{spent:.0f} s, {given.steps / spent:,.0f} steps/s"
        print(f"{name}, seed {seed}: return {mean:.1f}, {pace}", flush=True)
        if beside and not given.worm:
            mean, spent = theirs(seed, given.steps)
            print(f"Stable-Baselines3, seed {seed}: return {mean:.1f}, {spent:.0f} s", flush=True)


if __name__ == "__main__":
    main()
