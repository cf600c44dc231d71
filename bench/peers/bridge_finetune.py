"""Stable-Baselines3's PPO, unmodified, on layergym/FineTune-v0 through the bridge: learns, then samples one more episode.
Prints one JSON line: the episode's seed, actions and rewards, and what learning came to.

    pip install ./python stable-baselines3
    python bench/peers/bridge_finetune.py '{"model": "models/mnist_cnn", "data": "clips", "budget_steps": 60}' STEPS
"""
import json
import sys
import time

import gymnasium
import layergym  # noqa: F401  registers the environments
import numpy
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.monitor import Monitor

SEED = 3
options, steps = json.loads(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(1)
env = Monitor(gymnasium.make("layergym/FineTune-v0", **options))
model = PPO("MultiInputPolicy" if isinstance(env.observation_space, gymnasium.spaces.Dict) else "MlpPolicy", env,
            n_steps=16, batch_size=16, seed=1, device="cpu")
start = time.perf_counter()
model.learn(steps)
seconds = time.perf_counter() - start
learned = env.get_episode_rewards()
observation, _ = env.reset(seed=SEED)
actions, rewards, over = [], [], False
while not over:
    action, _ = model.predict(observation, deterministic=False)
    observation, reward, terminated, truncated, _ = env.step(action)
    actions.append(numpy.asarray(action).tolist())
    rewards.append(float(reward))
    over = terminated or truncated
env.close()
print(json.dumps(dict(seed=SEED, actions=actions, rewards=rewards, returns=learned, seconds=seconds)))
