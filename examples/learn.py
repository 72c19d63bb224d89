"""A worm's wiring, or any network, learns to act in a world: a reward, a policy, an evaluation."""

from functools import partial

from brainwright.connectome import Connectome
from brainwright.loop.learn import PPO, Learned, Policy, evaluate, learn
from brainwright.network import FanIn, Network, Rate, compile, layered
from brainwright.world import Rooms

PLAN = ("#####", "#...#", "#...#", "#...#", "#####")


def networks(inputs: int, actions: int) -> dict[str, Network]:
    """An ordinary net, and the wiring of a worm of which every synapse may change its strength."""
    worm = Connectome.load("celegans/varshney2011")
    options = {"signs": "unsigned", "scaling": FanIn(), "dynamics": Rate("tanh"), "train": "edge"}
    return {
        "layers": layered([inputs, 32, actions], "tanh"),
        "worm": compile(worm, n_inputs=inputs, n_outputs=actions, **options),
    }


def main(steps: int = 20_000, episodes: int = 100) -> None:
    """Prints what each network earns before and after."""
    rooms = partial(Rooms, plan=PLAN, limit=20)  # or "CartPole-v1", with pip install 'brainwright[worlds]'
    world = rooms([0])
    for name, network in networks(world.observations.size, world.actions.n).items():
        untaught = Policy(network, world)
        before = evaluate(untaught, rooms, episodes=episodes, seed=900).mean()
        learned: Learned = learn(network, rooms, method=PPO(rate=3e-3, epochs=5), steps=steps)
        after = evaluate(learned, rooms, episodes=episodes, seed=900).mean()
        action, _ = learned.predict(world.observe(), deterministic=True)  # as Stable-Baselines3 has it
        print(f"{name}: return {before:.2f} before, {after:.2f} after {steps:,} steps; acts {action}")


if __name__ == "__main__":
    main()
