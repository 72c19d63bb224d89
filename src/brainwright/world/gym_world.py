"""Any Gymnasium environment as a world of many bodies. Needs the extra `worlds`."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .contract import Box, Choice, Moment, WorldError, chosen, marked, moved
from .here import gymnasium_for


class GymWorld:
    """A Gymnasium environment for each seed, stepped one after the other.

    Observations are flattened to float32. Spaces of actions: `Discrete` and `Box` of one dimension. What
    Gymnasium calls truncated and terminated at once is terminated.

    Args:
        seeds: one per environment; the first episode of each is that of `reset(seed=seed % 2**32)`.
        env: an id such as "CartPole-v1", or a function that makes an environment.
        options: of `gymnasium.make`.

    Attributes:
        name: its id, or the class of the environment.

    Raises:
        WorldError: Gymnasium is not installed, no such id, a package that the environment needs is missing,
            spaces that are not supported, an environment that cannot begin.
    """

    def __init__(self, seeds: Sequence[int], env: str | Callable[[], Any], **options: Any):
        self._envs = [_made(env, options) for _ in seeds]
        if not self._envs:
            raise WorldError("seeds: expected at least one, got none")
        spaces = gymnasium_for("GymWorld").spaces
        first, act = self._envs[0], self._envs[0].action_space
        self.name = env if isinstance(env, str) else type(first.unwrapped).__name__
        seen = first.observation_space
        if not isinstance(seen, spaces.Box | spaces.Discrete):
            raise WorldError(
                f"{self.name}: expected observations of a Box or Discrete, got {seen}; wrap the environment "
                "in gymnasium.wrappers.FlattenObservation"
            )
        self._one_hot = int(seen.n) if isinstance(seen, spaces.Discrete) else 0
        if self._one_hot:
            self.observations = Box((0.0,) * self._one_hot, (1.0,) * self._one_hot)
        else:
            low, high = seen.low.reshape(-1).tolist(), seen.high.reshape(-1).tolist()
            self.observations = Box(tuple(low), tuple(high))
        if isinstance(act, spaces.Discrete) and not int(act.start):
            self.actions: Box | Choice = Choice(int(act.n))
        elif isinstance(act, spaces.Box) and len(act.shape) == 1:
            self.actions = Box(tuple(act.low.tolist()), tuple(act.high.tolist()))
        else:
            raise WorldError(
                f"{self.name}: expected actions of Discrete(n) or a Box of one dimension, got {act}; a "
                "decoder fits only these, so wrap the environment in gymnasium.wrappers.TransformAction"
            )
        self.n_bodies, self._flat = len(self._envs), not self._one_hot and len(seen.shape) == 1
        self._seen = np.zeros((self.n_bodies, self.observations.size), np.float32)
        for k, seed in enumerate(seeds):
            try:
                self._put(k, self._envs[k].reset(seed=int(seed) % 2**32)[0])
            except Exception as error:  # whatever an environment's author did not foresee
                raise WorldError(
                    f"{self.name}: expected reset(seed=...) to begin an episode, got {type(error).__name__}: "
                    f"{error}"
                ) from error

    def step(self, actions: ArrayLike) -> Moment:
        """See `World`."""
        if isinstance(self.actions, Choice):
            each: Sequence[Any] = chosen(actions, self.n_bodies, self.actions).tolist()
        else:
            each = list(moved(actions, self.n_bodies, self.actions).astype(np.float32))
        self._seen = np.empty_like(self._seen)
        paid, ended, cut = [], [], []
        for body, (env, action) in enumerate(zip(self._envs, each, strict=True)):
            shown, reward, terminated, truncated, _ = env.step(action)
            self._put(body, shown)
            paid.append(reward)
            ended.append(terminated)
            cut.append(truncated and not terminated)
        return Moment(self._seen, np.array(paid, np.float64), np.array(ended, bool), np.array(cut, bool))

    def restart(self, which: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
        """See `World`."""
        self._seen = self._seen.copy()
        for k in marked(which, self.n_bodies).tolist():
            self._put(k, self._envs[k].reset()[0])
        return self._seen

    def observe(self) -> NDArray[np.float32]:
        """See `World`."""
        return self._seen

    def picture(self, body: int = 0) -> NDArray[np.uint8]:
        """What the environment renders; make it with `render_mode="rgb_array"`."""
        return self._envs[body].render()

    def close(self) -> None:
        """Closes every environment."""
        for env in self._envs:
            env.close()

    def _put(self, body: int, seen: Any) -> None:
        if self._flat:
            self._seen[body] = seen
        elif self._one_hot:
            self._seen[body] = 0
            self._seen[body, int(seen)] = 1
        else:
            self._seen[body] = np.reshape(seen, -1)


def _made(env: str | Callable[[], Any], options: dict[str, Any]) -> Any:
    if not isinstance(env, str):
        return env()
    gymnasium = gymnasium_for("GymWorld")
    try:
        return gymnasium.make(env, **options)
    except (gymnasium.error.DependencyNotInstalled, ImportError) as error:
        what = str(error).lower()
        mujoco = "mujoco" in what or "imageio" in what  # which Gymnasium's bodies of MuJoCo need beside it
        words = "pip install 'gymnasium[mujoco]'" if mujoco else str(error)
        raise WorldError(f"{env}: expected a package that is not installed; {words}") from error
    except gymnasium.error.UnregisteredEnv as error:
        raise WorldError(f"{env}: expected an id that Gymnasium knows; {error}") from error
