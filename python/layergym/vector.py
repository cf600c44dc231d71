"""Environments of layergym's that step together, as a `gymnasium.vector.VectorEnv`: one frame a step for all."""

from __future__ import annotations

from typing import Any, Sequence

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from ._remote import UNSET, Outcome, Remote, asked_options

MODES = {
    AutoresetMode.NEXT_STEP: "next-step",
    AutoresetMode.SAME_STEP: "same-step",
    AutoresetMode.DISABLED: "disabled",
}


class LayergymVectorEnv(gymnasium.vector.VectorEnv):
    """`LayergymVectorEnv("CartPole-v1", 64)`, or `gymnasium.make_vec("layergym/CartPole-v1", 64)`; options as `LayergymEnv`."""

    def __init__(
        self,
        id: str,
        num_envs: int = 1,
        *,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
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
        mode = autoreset_mode if isinstance(autoreset_mode, AutoresetMode) else AutoresetMode(autoreset_mode)
        self.num_envs = num_envs
        self.render_mode = render_mode
        self.metadata = {"render_modes": list(render_modes), "autoreset_mode": mode}
        asked = asked_options(id, options, max_episode_steps, render_mode, render_modes)
        means = {"plugins": plugins, "address": address, "token": token}
        self._remote = Remote(
            id,
            asked,
            size=num_envs,
            autoreset=MODES[mode],
            timeout=timeout,
            make_timeout=make_timeout,
            **means,
        )
        self._mode = mode
        self.single_observation_space = self._remote.observations.space
        self.single_action_space = self._remote.actions.space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._seeded = False

    def reset(
        self,
        *,
        seed: int | list[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed if isinstance(seed, int) else None)
        if seed is None and not self._seeded:
            seed = int(self.np_random.integers(2**30))
        self._seeded = True
        own = dict(options or {})
        mask = own.pop("reset_mask", None)
        chosen = None if mask is None else [int(each) for each in mask]
        outcome = self._remote.reset(seed, own or None, chosen)
        return outcome.observations, self._infos(outcome)

    def step(self, actions: Any) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        outcome = self._remote.step(actions)
        return outcome.observations, outcome.rewards, outcome.terminated, outcome.truncated, self._infos(outcome)

    def render(self) -> tuple[Any, ...] | None:
        if self.render_mode is None:
            return None
        return tuple(self._remote.render(i) for i in range(self.num_envs))

    def close_extras(self, **_: Any) -> None:
        self._remote.close()

    def _infos(self, outcome: Outcome) -> dict[str, Any]:
        infos: dict[str, Any] = {}
        if outcome.masks is not None:
            infos["action_mask"] = outcome.masks
        if outcome.infos is None and not outcome.final:
            return infos
        for i, info in enumerate(outcome.infos or []):
            final = info.pop("finalInfo", None)
            if info:
                infos = self._add_info(infos, info, i)
            if final is not None:
                infos = self._add_info(infos, {"final_info": final}, i)
        codec = self._remote.observations
        for k, i in enumerate(outcome.final):
            infos = self._add_info(infos, {"final_obs": codec.at(outcome.final_observations, k)}, i)
        return infos
