"""One environment of layergym's as a `gymnasium.Env`."""

from __future__ import annotations

from typing import Any, Sequence

import gymnasium
import numpy as np

from ._frames import Cursor
from ._remote import UNSET, Outcome, Remote, Steps, asked_options


class LayergymEnv(gymnasium.Env):
    """
    `LayergymEnv("CartPole-v1")`, or `gymnasium.make("layergym/CartPole-v1")`. Options are layergym's, in snake_case, as
    `budget_steps=60` of "layergym/FineTune-v0".

    timeout: seconds that a step, a reset or a picture may take (None: as long as it takes); make_timeout: that making
    it may. plugins: modules that layergym loads first. address, token: of a `layergym serve` that runs already, as
    "unix:/path" or "tcp:host:port"; without, this process starts one of its own.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array", "ansi"]}

    def __init__(
        self,
        id: str,
        *,
        render_mode: str | None = None,
        render_modes: Sequence[str] = ("rgb_array", "ansi"),
        max_episode_steps: Any = UNSET,
        plugins: Sequence[str] = (),
        address: str | None = None,
        token: str | None = None,
        timeout: float | None = 60.0,
        make_timeout: float | None = 600.0,
        **options: Any,
    ) -> None:
        self.render_mode = render_mode
        asked = asked_options(id, options, max_episode_steps, render_mode, render_modes)
        means = {"plugins": plugins, "address": address, "token": token}
        self._remote = Remote(id, asked, timeout=timeout, make_timeout=make_timeout, **means)
        self._steps = Steps(self._remote) if Steps.fit(self._remote) else None
        self.observation_space = self._remote.observations.space
        self.action_space = self._remote.actions.space
        modes = list(render_modes) if self._remote.renders else []
        self.metadata = {"render_modes": modes, "render_fps": self._remote.spec.get("renderFps", 30)}
        self._seeded = False
        self._masks: np.ndarray | None = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        if seed is None and not self._seeded:
            # As Gymnasium: an environment that nobody seeded begins anywhere.
            seed = int(self.np_random.integers(2**31))
        self._seeded = True
        outcome = self._remote.reset(seed, options)
        return self._remote.observations.first(outcome.observations), self._info(outcome)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        if self._steps is not None:
            answer = self._steps.step(int(action))
            if not isinstance(answer, Cursor):
                return (*answer, {})
            outcome = self._remote._outcome(answer)
        else:
            outcome = self._remote.step(self._remote.actions.batch([action]))
        observation = self._remote.observations.first(outcome.observations)
        terminated, truncated = bool(outcome.terminated[0]), bool(outcome.truncated[0])
        return observation, float(outcome.rewards[0]), terminated, truncated, self._info(outcome)

    def render(self) -> Any:
        return None if self.render_mode is None else self._remote.render()

    def action_masks(self) -> np.ndarray:
        """Which actions are allowed now, as sb3-contrib's MaskablePPO asks: bool [n]; all where there are no masks."""
        if self._masks is not None:
            return self._masks.astype(bool)
        return np.ones(getattr(self.action_space, "n", 0), bool)

    def close(self) -> None:
        self._remote.close()

    def _info(self, outcome: Outcome) -> dict[str, Any]:
        info: dict[str, Any] = outcome.infos[0] if outcome.infos else {}
        if outcome.masks is not None:
            self._masks = outcome.masks[0]
            info["action_mask"] = self._masks
        return info
