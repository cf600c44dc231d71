"""Trajectories of Gymnasium's classic control for test/envs/classic.test.ts.

    pip install gymnasium==1.4.0 numpy==2.4.6
    python classic_gymnasium.py > classic_gymnasium.json     the golden file
    python classic_gymnasium.py --full > FILE        every observation of every trajectory, for the long test

Of each environment 1,000 trajectories: from seeded resets, half with uniformly random actions, half with a random
mixture of those and a rule that reaches the goal. The golden file has `env.unwrapped.state` at the start and every
100 steps, the actions, the length, the flags at the end, the return and the last observation of every trajectory, and
every observation and reward of the first ones.

Why states on the way: a balanced pole and an acrobot amplify a difference in the last bit of a sine some 1e17 times
over 500 steps. That bit depends on the C library and the processor, so Gymnasium doesn't agree with itself there.
"""
import base64
import json
import platform
import sys
import zlib

import gymnasium
import numpy as np

TRAJECTORIES = 1000
DETAILED_STEPS = 3000
ANCHOR_STEPS = 100
# How likely a random action is held for another step: swings need that, and the file gets smaller.
HOLD = {"MountainCarContinuous-v0": 0.9, "Pendulum-v1": 0.5}
# Bytes become actions of continuous environments: action = float32(byte / scale), beyond the bounds now and then.
SCALE = {"MountainCarContinuous-v0": 110, "Pendulum-v1": 60}
# Energy is pumped by pushing along; the pole is caught by moving under it.
RULES = {
    "CartPole-v0": lambda o: int(o[2] + 0.3 * o[3] + 0.03 * o[0] + 0.1 * o[1] > 0),
    "CartPole-v1": lambda o: int(o[2] + 0.3 * o[3] + 0.03 * o[0] + 0.1 * o[1] > 0),
    "MountainCar-v0": lambda o: 2 if o[1] > 0 else 0,
    "MountainCarContinuous-v0": lambda o: 110 if o[1] > 0 else -110,
    "Acrobot-v1": lambda o: 0 if o[4] > 0 else 2,
    "Pendulum-v1": lambda o: 120 if o[2] > 0 else -120,
}


def trajectory(env, name, index, rng):
    observation, _ = env.reset(seed=index)
    state = np.array(env.unwrapped.state, dtype=np.float64)
    rule_share = 0 if index % 2 == 0 else rng.uniform(0.2, 1)
    states, actions, observations, rewards = [state], [], [], []
    while True:
        if actions and rng.random() < HOLD.get(name, 0):
            code = actions[-1]
        elif rng.random() < rule_share:
            code = RULES[name](observation)
        elif name in SCALE:
            code = int(rng.integers(-127, 128))
        else:
            code = int(rng.integers(env.action_space.n))
        action = np.array([code / SCALE[name]], dtype=np.float32) if name in SCALE else code
        observation, reward, terminated, truncated, _ = env.step(action)
        actions.append(code)
        observations.append(observation)
        rewards.append(float(reward))
        if terminated or truncated:
            return states, actions, np.array(observations), rewards, int(terminated) + 2 * int(truncated)
        if len(actions) % ANCHOR_STEPS == 0:
            states.append(np.array(env.unwrapped.state, dtype=np.float64))


def packed(values, dtype):
    data = np.ascontiguousarray(values, dtype=np.dtype(dtype).newbyteorder("<")).tobytes()
    return base64.b64encode(zlib.compress(data, 9)).decode()


def record(name, full):
    env = gymnasium.make(name)
    rng = np.random.default_rng([7, *name.encode()])
    all_of = [trajectory(env, name, index, rng) for index in range(TRAJECTORIES)]
    lengths = [len(actions) for _, actions, _, _, _ in all_of]
    detailed = TRAJECTORIES if full else int(np.searchsorted(np.cumsum(lengths), DETAILED_STEPS)) + 1
    return {
        "trajectories": TRAJECTORIES,
        "anchorSteps": ANCHOR_STEPS,
        "detailed": detailed,
        "scale": SCALE.get(name),
        "states": packed(np.concatenate([states for states, *_ in all_of]), np.float64),
        "lengths": packed(lengths, np.int32),
        "actions": packed(np.concatenate([actions for _, actions, *_ in all_of]), np.int8),
        "ends": packed([end for *_, end in all_of], np.int8),
        "returns": packed([sum(rewards) for *_, rewards, _ in all_of], np.float64),
        "last": packed([observations[-1] for _, _, observations, _, _ in all_of], np.float32),
        "observations": packed(np.concatenate([o for _, _, o, _, _ in all_of[:detailed]]), np.float32),
        "rewards": packed(np.concatenate([r for _, _, _, r, _ in all_of[:detailed]]), np.float64),
    }


def lake(name):
    """Every transition: [state, action, probability, next, reward, terminated]."""
    table = gymnasium.make(name).unwrapped.P
    return [
        [state, action, p, int(after), float(reward), bool(terminated)]
        for state, row in table.items()
        for action, outcomes in row.items()
        for p, after, reward, terminated in outcomes
    ]


full = "--full" in sys.argv
json.dump(
    {
        "versions": {
            "gymnasium": gymnasium.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        "envs": {name: record(name, full) for name in RULES},
        **({} if full else {"lakes": {name: lake(name) for name in ("FrozenLake-v1", "FrozenLake8x8-v1")}}),
    },
    sys.stdout,
)
