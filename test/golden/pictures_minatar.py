"""Episodes of MinAtar 1.0.15's Breakout and Space Invaders without sticky actions: starts, actions, rewards, ends, and of every
frame the cells of each channel, as the sum of (cell + 1) · weight^channel modulo a prime. Prints the JSON."""

import json

import numpy as np
from minatar.environments import breakout, space_invaders

PRIME = 1_000_003


def digest(picture):
    """The same number for the same picture, [10, 10, channels]."""
    total = 0
    for place in np.flatnonzero(picture):
        total = (total * 31 + int(place) + 1) % PRIME
    return total


def track(env, rng):
    """Mostly where the ball comes down, so that bricks are broken and walls come again."""
    if rng.random() < 0.03:
        return int(rng.integers(3))
    towards = 1 if env.ball_dir in (1, 2) else -1
    aim = env.ball_x if env.ball_y == 8 else env.ball_x + towards * (8 - env.ball_y if env.ball_dir >= 2 else 0)
    aim = -aim - 1 if aim < 0 else 19 - aim if aim > 9 else aim
    return 1 if aim < env.pos else 2 if aim > env.pos else 0


def fire(env, rng):
    """Out of the way of bombs, else below aliens, firing."""
    columns = np.flatnonzero(env.alien_map.sum(axis=0))
    bombs = env.e_bullet_map[6:9].sum(axis=0)
    if bombs[env.pos]:
        free = [move for move, to in ((1, env.pos - 1), (2, env.pos + 1)) if 0 <= to <= 9 and not bombs[to]]
        return free[int(rng.integers(len(free)))] if free else 0
    if env.shot_timer == 0 and (env.pos in columns or rng.random() < 0.1):
        return 3
    aim = columns[np.argmin(np.abs(columns + env.alien_dir - env.pos))] + env.alien_dir
    move = 1 if aim < env.pos else 2 if aim > env.pos else 0
    to = env.pos + (0, -1, 1)[move]
    return move if 0 <= to <= 9 and not bombs[to] else 0


GAMES = {
    "MinBreakout-v0": (breakout.Env, track, [0, 1, 3]),
    "MinSpaceInvaders-v0": (space_invaders.Env, fire, [0, 1, 3, 5]),
}

golden = {}
for name, (make, choose, actions) in GAMES.items():
    env, rng, episodes = make(), np.random.default_rng(1), []
    for seed in range(12):
        env.random = np.random.RandomState(seed)
        env.reset()
        if name == "MinSpaceInvaders-v0" and seed >= 6:
            env.alien_map[:] = 0
            env.alien_map[1, 3] = 1
            env.f_bullet_map[3, 3] = 1
        start = int(name == "MinBreakout-v0" and env.ball_x == 9)
        last = name == "MinSpaceInvaders-v0" and seed >= 6
        taken, rewards, pictures, ended = [], [], [digest(env.state())], False
        while not ended and len(taken) < 1500:
            action = choose(env, rng)
            reward, ended = env.act(actions[action])
            taken.append(action)
            rewards.append(int(reward))
            pictures.append(digest(env.state()))
        episodes.append(
            {"start": start, "last": last, "actions": "".join(map(str, taken)), "rewards": "".join(map(str, rewards)), "pictures": pictures, "ended": bool(ended)}
        )
    golden[name] = episodes
print(json.dumps(golden, separators=(",", ":")))
