"""What Gymnasium knows by name after `import layergym`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Sequence

import gymnasium

from .env import LayergymEnv
from .vector import LayergymVectorEnv

NAMESPACE = "layergym"


def register(
    id: str,
    *,
    plugins: Sequence[str] = (),
    max_episode_steps: int | None = None,
    render_modes: Sequence[str] = ("rgb_array", "ansi"),
    **facts: Any,
) -> str:
    """
    Makes one of layergym's environments, a plugin's for instance, known to Gymnasium: `register("Corridor-v0",
    plugins=["./corridor.ts"])`. Returns the name to make it by, "layergym/Corridor-v0".
    """
    name = id if "/" in id else f"{NAMESPACE}/{id}"
    kwargs: dict[str, Any] = {"of": id, "render_modes": tuple(render_modes)}
    if plugins:
        kwargs["plugins"] = list(plugins)
    gymnasium.register(
        id=name,
        entry_point=make,
        vector_entry_point=make_vec,
        max_episode_steps=max_episode_steps,
        kwargs=kwargs,
        **facts,
    )
    return name


def make(of: str, **options: Any) -> LayergymEnv:
    """Without a time limit: Gymnasium's own wrapper is around it, so that `max_episode_steps` of `make` counts."""
    return LayergymEnv(of, **{"max_episode_steps": None, **options})


make.metadata = LayergymEnv.metadata  # type: ignore[attr-defined]


def make_vec(of: str, num_envs: int = 1, **options: Any) -> LayergymVectorEnv:
    return LayergymVectorEnv(of, num_envs, **options)


def register_shipped() -> None:
    """Everything that ships with layergym, by the list that its tests hold to what it has."""
    listed = json.loads((Path(__file__).parent / "environments.json").read_text())
    for entry in listed:
        if f"{NAMESPACE}/{entry['id'].removeprefix(NAMESPACE + '/')}" not in gymnasium.registry:
            register(
                entry["id"],
                max_episode_steps=entry.get("maxEpisodeSteps"),
                reward_threshold=entry.get("rewardThreshold"),
                nondeterministic=entry.get("nondeterministic", False),
                render_modes=entry["renderModes"],
            )
