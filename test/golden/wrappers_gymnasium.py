"""Observations, rewards and inner actions through Gymnasium's wrappers, over two scripted episodes.

    pip install gymnasium==1.4.0 opencv-python-headless numpy
    python test/golden/wrappers_gymnasium.py > test/golden/wrappers_gymnasium.json
"""

import json

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium import wrappers as w

STEPS = 5


class Scripted(gym.Env):
    """What it shows and pays is written down; it ends by itself after STEPS steps."""

    def __init__(self, shape, dtype, low, high, seed):
        rng = np.random.default_rng(seed)
        draw = lambda: rng.integers(low, high + 1, shape) if dtype == np.uint8 else rng.uniform(low, high, shape)
        self.script = [draw().astype(dtype) for _ in range(2 * (STEPS + 1))]
        self.observation_space = spaces.Box(low, high, shape, dtype)
        self.action_space = spaces.Box(np.float32([-2, 0]), np.float32([2, 5]))
        self.at = -1
        self.taken = []

    def reset(self, seed=None, options=None):
        self.at += 1
        self.t = 0
        return self.script[self.at], {}

    def step(self, action):
        self.at += 1
        self.t += 1
        self.taken.append([float(x) for x in action])
        return self.script[self.at], self.t * 0.5 - 1, self.t == STEPS, False, {}


def play(make, shape=(3,), dtype=np.float32, low=-4, high=4, seed=1):
    inner = Scripted(shape, dtype, low, high, seed)
    env = make(inner)
    actions = np.random.default_rng(2).uniform(-1, 1, (2 * STEPS, 2)).astype(np.float32)
    seen, rewards = [], []
    for episode in range(2):
        observation, _ = env.reset()
        seen.append(np.asarray(observation, np.float64).ravel().tolist())
        for t in range(STEPS):
            observation, reward, *_ = env.step(actions[episode * STEPS + t])
            seen.append(np.asarray(observation, np.float64).ravel().tolist())
            rewards.append(float(reward))
    space = env.observation_space
    return {
        "shape": list(space.shape),
        "low": np.asarray(space.low, np.float64).ravel().tolist(),
        "high": np.asarray(space.high, np.float64).ravel().tolist(),
        "inner": {"shape": list(shape), "low": low, "high": high},
        "script": [np.asarray(o, np.float64).ravel().tolist() for o in inner.script],
        "actions": actions.tolist(),
        "taken": inner.taken,
        "seen": seen,
        "rewards": rewards,
    }


def limited(env):
    return w.TimeLimit(env, 8)


picture = {"shape": (6, 9, 3), "dtype": np.uint8, "low": 0, "high": 255}
grey = {"shape": (7, 5), "dtype": np.uint8, "low": 0, "high": 255}
cases = {
    "time-aware": play(lambda env: w.TimeAwareObservation(limited(env))),
    "time-aware, normalized": play(lambda env: w.TimeAwareObservation(limited(env), normalize_time=True)),
    "frame-stack 3": play(lambda env: w.FrameStackObservation(env, 3), shape=(2,)),
    "frame-stack 2 of pictures": play(lambda env: w.FrameStackObservation(env, 2), **grey),
    "transform-observation": play(
        lambda env: w.TransformObservation(env, lambda o: o[:2] * 2, spaces.Box(-8, 8, (2,), np.float32))
    ),
    "transform-reward": play(lambda env: w.TransformReward(env, lambda r: 3 * r + 1)),
    "rescale-action": play(lambda env: w.RescaleAction(env, np.float32(-1), np.float32(1))),
    "grayscale": play(w.GrayscaleObservation, **picture),
    "resize 4x6": play(lambda env: w.ResizeObservation(env, (4, 6)), **picture),
    "resize 3x3": play(lambda env: w.ResizeObservation(env, (3, 3)), **picture),
    "resize grey 5x2": play(lambda env: w.ResizeObservation(env, (5, 2)), **grey),
}
print(json.dumps(cases))
