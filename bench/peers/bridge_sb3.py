"""Stable-Baselines3, unmodified, on layergym's CartPole-v1 through the bridge, with RL Baselines3 Zoo's settings.

    pip install ./python stable-baselines3
    python bench/peers/bridge_sb3.py
"""

import time

import gymnasium
import layergym  # noqa: F401  registers the environments
import torch
from stable_baselines3 import DQN, PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy

ENV = "layergym/CartPole-v1"
torch.set_num_threads(1)


def learn(model, steps):
    """Prints the mean and deviation of 20 greedy returns, and seconds."""
    start = time.time()
    model.learn(steps)
    mean, deviation = evaluate_policy(model, gymnasium.make(ENV), 20)
    print(f"{type(model).__name__}: {mean:.1f} ± {deviation:.1f} after {steps} steps, {time.time() - start:.0f} s", flush=True)


learn(
    PPO(
        "MlpPolicy", make_vec_env(ENV, n_envs=8, seed=1), n_steps=32, batch_size=256, gae_lambda=0.8, gamma=0.98, n_epochs=20,
        ent_coef=0.0, learning_rate=1e-3, clip_range=0.2, seed=1, device="cpu",
    ),
    100_000,
)
learn(
    DQN(
        "MlpPolicy", gymnasium.make(ENV), learning_rate=2.3e-3, batch_size=64, buffer_size=100_000, learning_starts=1000,
        gamma=0.99, target_update_interval=10, train_freq=256, gradient_steps=128, exploration_fraction=0.16,
        exploration_final_eps=0.04, policy_kwargs={"net_arch": [256, 256]}, seed=1, device="cpu",
    ),
    50_000,
)
