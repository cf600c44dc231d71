"""Writes this folder's logs with Stable-Baselines3 2.9, as its users have them, and with TensorBoard's writer under CleanRL's names; expected.json holds what pandas, numpy and TensorBoard read of them.

python -m pip install stable-baselines3 tensorboard pandas && python test/golden/imports/make.py
"""
import json
import os
import pathlib
import shutil

import numpy as np
import pandas as pd
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import EvalCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.logger import configure
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.tensorboard import SummaryWriter

HERE = pathlib.Path(__file__).parent
expected = {}


def scalars(folder, tag):
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0}).Reload()
    return [[event.step, event.value] for event in events.Scalars(tag)]


for name in ("sb3", "board", "cleanrl"):
    shutil.rmtree(HERE / name, ignore_errors=True)
for seed in (1, 2):
    # As RL Baselines3 Zoo lays its logs out: ALGORITHM/ENVIRONMENT_NUMBER.
    folder = HERE / "sb3" / "ppo" / f"CartPole-v1_{seed}"
    folder.mkdir(parents=True)
    envs = make_vec_env("CartPole-v1", n_envs=2, seed=seed, monitor_dir=str(folder))
    judge = make_vec_env("CartPole-v1", seed=seed + 100)
    callback = EvalCallback(judge, log_path=str(folder), eval_freq=128, n_eval_episodes=3, verbose=0)
    model = PPO("MlpPolicy", envs, n_steps=64, batch_size=64, n_epochs=1, seed=seed, verbose=0)
    board = HERE / "board" / f"PPO_{seed}"
    model.set_logger(configure(str(board), ["tensorboard"]))
    model.learn(512, callback=callback)
    envs.close()
    episodes = pd.concat(pd.read_csv(path, skiprows=1) for path in sorted(folder.glob("*.monitor.csv")))
    evaluations = np.load(folder / "evaluations.npz")
    expected[f"sb3/ppo/CartPole-v1_{seed}"] = {
        "returns": sorted(episodes["r"].tolist()),
        "lengths": int(episodes["l"].sum()),
        "evaluations": [[int(t), r.tolist()] for t, r in zip(evaluations["timesteps"], evaluations["results"])],
    }
    expected[f"board/PPO_{seed}"] = {
        "training": scalars(board, "rollout/ep_rew_mean"),
        "evaluations": scalars(board, "eval/mean_reward"),
    }
    # As CleanRL's scripts write: a folder ENVIRONMENT__SCRIPT__SEED__TIME, an episode a point.
    run = HERE / "cleanrl" / f"CartPole-v1__dqn__{seed}__170000000{seed}"
    writer = SummaryWriter(str(run))
    step = 0
    for length in np.random.default_rng(seed).integers(10, 60, 14):
        step += int(length)
        writer.add_scalar("charts/episodic_return", float(length), step)
        writer.add_scalar("charts/episodic_length", int(length), step)
    writer.close()
    expected[f"cleanrl/{run.name}"] = {"training": scalars(run, "charts/episodic_return")}
for path in HERE.rglob("events.out.tfevents.*"):
    # Without the machine's name.
    os.rename(path, path.with_name("events.out.tfevents.1700000000.host"))
(HERE / "expected.json").write_text(json.dumps(expected) + "\n")
