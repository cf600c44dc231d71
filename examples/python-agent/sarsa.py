"""SARSA(lambda) with linear values and accumulating traces (Sutton and Barto 2018, section 12.7), in Python."""

from typing import Any, Sequence

import numpy as np
from gymnasium import Space, spaces

from layergym import Agent, Trajectory, flatten_batch


class LinearSarsa(Agent):
    """Q(s, a) = w_a . s, learned from each episode when it has ended."""

    description = "SARSA(lambda) with linear values, in Python"
    settings = {
        "learning_rate": (0.1, "step size, divided by the features that are on"),
        "trace": (0.8, "lambda, how far back a surprise reaches: 0 one step, 1 all of them"),
        "exploration": (0.3, "probability of a random action while learning"),
    }
    appetite = ("episode", 1)

    def __init__(
        self,
        observation_space: Space,
        action_space: Space,
        settings: dict[str, Any],
        rng: np.random.Generator,
        gamma: float,
    ) -> None:
        self.space, self.settings, self.gamma = observation_space, settings, gamma
        self.actions = int(action_space.n)
        self.weights = np.zeros((self.actions, spaces.flatdim(observation_space)))

    @classmethod
    def refuses(cls, observation_space: Space, action_space: Space) -> str | None:
        if isinstance(action_space, spaces.Discrete):
            return None
        return f"it values each of a few discrete actions, and these are {action_space}"

    def act(self, observations: Any, masks: np.ndarray | None, explore: bool, rng: np.random.Generator) -> np.ndarray:
        values = flatten_batch(self.space, observations) @ self.weights.T
        allowed = np.ones_like(values, bool) if masks is None else masks
        best = np.where(allowed, values, -np.inf).argmax(axis=1)
        if not explore:
            return best
        random = np.array([rng.choice(np.flatnonzero(row)) for row in allowed])
        return np.where(rng.random(len(best)) < self.settings["exploration"], random, best)

    def learn(self, trajectories: Sequence[Trajectory]) -> dict[str, float]:
        errors = [error for trajectory in trajectories for error in self.replay(trajectory)]
        return {"mean_error": float(np.mean(errors))} if errors else {}

    def state(self) -> dict[str, Any]:
        return {"weights": self.weights}

    def restore(self, state: dict[str, Any]) -> None:
        self.weights = state["weights"]

    def replay(self, trajectory: Trajectory) -> list[float]:
        """One episode, first step to last; the sizes of the errors."""
        features = flatten_batch(self.space, trajectory.observations)
        traces = np.zeros_like(self.weights)
        errors = []
        steps = len(trajectory.rewards)
        for t in range(steps):
            action = trajectory.actions[t]
            if t + 1 < steps:
                following = self.weights[trajectory.actions[t + 1]] @ features[t + 1]
            elif trajectory.terminated:
                following = 0.0
            else:
                # After a cut nobody knows what would have been done: the best is assumed.
                values = self.weights @ features[t + 1]
                allowed = trajectory.masks[t + 1] if trajectory.masks is not None else np.ones(self.actions, bool)
                following = values[allowed].max()
            discount = self.gamma ** trajectory.durations[t]
            error = trajectory.rewards[t] + discount * following - self.weights[action] @ features[t]
            traces[action] += features[t]
            rate = self.settings["learning_rate"] / max(1.0, features[t] @ features[t])
            self.weights += rate * error * traces
            traces *= discount * self.settings["trace"]
            errors.append(abs(float(error)))
        return errors
