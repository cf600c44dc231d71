"""Transition tables, start distributions and masks of Gymnasium 1.4's toy text, and hands of Blackjack with the cards drawn.
Prints the JSON."""

import json

import numpy as np
from gymnasium.envs.toy_text.blackjack import BlackjackEnv
from gymnasium.envs.toy_text.cliffwalking import CliffWalkingEnv
from gymnasium.envs.toy_text.taxi import TaxiEnv


def table(env):
    """[probability, next, reward, terminated] of each outcome, by state and action, probabilities to 12 places."""
    return [
        [[[round(p, 12), int(s), int(r), int(t)] for p, s, r, t in env.P[state][a]] for a in range(env.action_space.n)]
        for state in range(int(env.observation_space.n))
    ]


class Deck:
    """Stands in for Gymnasium's generator: the cards that it gives are kept."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.cards = []

    def choice(self, values):
        drawn = self.rng.choice(values)
        if not isinstance(values[0], str):
            self.cards.append(int(drawn))
        return drawn


def hands(count, **options):
    played = []
    chooser = np.random.default_rng(1)
    for seed in range(count):
        env = BlackjackEnv(**options)
        deck = Deck(seed)
        env._np_random = deck
        observation, _ = env.reset()
        steps, ended = [], False
        while not ended:
            action = int(chooser.random() < 0.45)
            seen, reward, ended, _, _ = env.step(action)
            steps.append([action, [int(x) for x in seen], float(reward), int(ended)])
        played.append({"cards": deck.cards, "first": [int(x) for x in observation], "steps": steps})
    return played


TAXI = TaxiEnv()
print(
    json.dumps(
        {
            "tables": {
                "CliffWalking-v1": table(CliffWalkingEnv()),
                "CliffWalkingSlippery-v1": table(CliffWalkingEnv(is_slippery=True)),
                "Taxi-v4": table(TAXI),
                "Taxi-v4 rainy": table(TaxiEnv(is_rainy=True)),
            },
            "taxiStart": np.flatnonzero(TAXI.initial_state_distrib).tolist(),
            "taxiMasks": ["".join(str(int(x)) for x in TAXI.action_mask(s)) for s in range(500)],
            "blackjack": {
                "sab": hands(60, sab=True),
                "natural": hands(60, natural=True),
                "plain": hands(60),
            },
        },
        separators=(",", ":"),
    )
)
