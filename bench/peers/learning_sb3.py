"""Stable-Baselines3 on an environment: learns with a seed, then plays 100 greedy episodes. Prints one JSON line a seed.

    python bench/peers/learning_sb3.py ppo CartPole-v1 100000 1-10 [defaults|zoo]

`zoo`: the settings of RL Baselines3 Zoo (hyperparams/{ppo,dqn,sac,ppo_lstm}.yml) for the environment, but for the number
of steps. `recurrent-ppo` is sb3-contrib's; CartPolePositions-v1 is CartPole-v1 without velocities.
"""
import json
import sys
import time

import gymnasium
import numpy
import stable_baselines3
import torch
from stable_baselines3 import DQN, PPO, SAC
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import VecNormalize


def linear(initial):
    return lambda remaining: remaining * initial


ZOO = {
    ("ppo", "CartPole-v1"): dict(envs=8, n_steps=32, batch_size=256, gae_lambda=0.8, gamma=0.98, n_epochs=20,
                                 learning_rate=linear(0.001), clip_range=linear(0.2)),
    ("ppo", "Acrobot-v1"): dict(envs=16, normalize=True, n_steps=256, gae_lambda=0.94, gamma=0.99, n_epochs=4),
    ("ppo", "MountainCar-v0"): dict(envs=16, normalize=True, n_steps=16, gae_lambda=0.98, gamma=0.99, n_epochs=4),
    ("ppo", "Pendulum-v1"): dict(envs=4, n_steps=1024, gae_lambda=0.95, gamma=0.9, n_epochs=10,
                                 learning_rate=1e-3, use_sde=True, sde_sample_freq=4),
    ("dqn", "CartPole-v1"): dict(learning_rate=2.3e-3, batch_size=64, buffer_size=100_000, learning_starts=1000,
                                 gamma=0.99, target_update_interval=10, train_freq=256, gradient_steps=128,
                                 exploration_fraction=0.16, exploration_final_eps=0.04,
                                 policy_kwargs=dict(net_arch=[256, 256])),
    ("dqn", "Acrobot-v1"): dict(learning_rate=6.3e-4, batch_size=128, buffer_size=50_000, learning_starts=0,
                                gamma=0.99, target_update_interval=250, train_freq=4, gradient_steps=-1,
                                exploration_fraction=0.12, exploration_final_eps=0.1,
                                policy_kwargs=dict(net_arch=[256, 256])),
    ("dqn", "MountainCar-v0"): dict(learning_rate=4e-3, batch_size=128, buffer_size=10_000, learning_starts=1000,
                                    gamma=0.98, target_update_interval=600, train_freq=16, gradient_steps=8,
                                    exploration_fraction=0.2, exploration_final_eps=0.07,
                                    policy_kwargs=dict(net_arch=[256, 256])),
    ("sac", "Pendulum-v1"): dict(learning_rate=1e-3),
    ("sac", "MountainCarContinuous-v0"): dict(learning_rate=3e-4, buffer_size=50_000, batch_size=512, ent_coef=0.1,
                                              train_freq=32, gradient_steps=32, gamma=0.9999, tau=0.01,
                                              learning_starts=0, use_sde=True,
                                              policy_kwargs=dict(log_std_init=-3.67, net_arch=[64, 64])),
    ("recurrent-ppo", "CartPolePositions-v1"): dict(
        envs=8, normalize=True, n_steps=32, batch_size=256, gae_lambda=0.8, gamma=0.98, n_epochs=20,
        learning_rate=linear(0.001), clip_range=linear(0.2),
        policy_kwargs=dict(ortho_init=False, activation_fn=torch.nn.ReLU, lstm_hidden_size=64,
                           enable_critic_lstm=True, net_arch=dict(pi=[64], vf=[64]))),
}


class Positions(gymnasium.ObservationWrapper):
    def __init__(self, env):
        super().__init__(env)
        low, high = env.observation_space.low[[0, 2]], env.observation_space.high[[0, 2]]
        self.observation_space = gymnasium.spaces.Box(low, high, dtype=numpy.float32)

    def observation(self, observation):
        return observation[[0, 2]]


def made(env_id, **options):
    if env_id != "CartPolePositions-v1":
        return make_vec_env(env_id, **options)
    return make_vec_env("CartPole-v1", wrapper_class=Positions, **options)


def learner(algorithm):
    if algorithm != "recurrent-ppo":
        return "MlpPolicy", {"ppo": PPO, "dqn": DQN, "sac": SAC}[algorithm]
    from sb3_contrib import RecurrentPPO
    return "MlpLstmPolicy", RecurrentPPO


algorithm, env_id, steps, seeds = sys.argv[1:5]
recipe = sys.argv[5] if len(sys.argv) > 5 else "zoo"
settings = dict(ZOO[algorithm, env_id]) if recipe == "zoo" else {}
envs = settings.pop("envs", 1)
normalize = settings.pop("normalize", False)
torch.set_num_threads(1)
first, last = (int(part) for part in (seeds.split("-") * 2)[:2])
for seed in range(first, last + 1):
    env = made(env_id, n_envs=envs, seed=seed)
    if normalize:
        env = VecNormalize(env, gamma=settings.get("gamma", 0.99))
    policy, kind = learner(algorithm)
    model = kind(policy, env, seed=seed, device="cpu", **settings)
    start = time.perf_counter()
    model.learn(int(steps))
    seconds = time.perf_counter() - start
    played = made(env_id, n_envs=1, seed=10_000 + seed)
    if normalize:
        played = VecNormalize(played, training=False, norm_reward=False)
        played.obs_rms = env.obs_rms
    returns, _ = evaluate_policy(model, played, n_eval_episodes=100, deterministic=True, return_episode_rewards=True)
    print(json.dumps(dict(
        peer=f"stable-baselines3 {stable_baselines3.__version__}", torch=torch.__version__,
        gymnasium=gymnasium.__version__, recipe=recipe, algorithm=algorithm, env=env_id, steps=int(steps), seed=seed,
        meanReturn=float(numpy.mean(returns)), stepsPerSecond=round(int(steps) / seconds),
    )), flush=True)
