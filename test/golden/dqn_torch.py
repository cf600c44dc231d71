"""Figures of PyTorch for test/agents/dqn.test.ts: python dqn_torch.py > dqn_torch.json

For every transition of made-up trajectories its target, temporal-difference error, loss, and the gradient of that
loss alone by all parameters of the Q-network: the gradient of any minibatch is a mean of these.
"""
import json
import sys

import torch

torch.manual_seed(11)
torch.set_num_threads(1)
GAMMA, INPUTS, HIDDEN, ACTIONS = 0.9, 3, [6, 5], 3


def flat(tensors):
    return torch.cat([t.detach().reshape(-1) for t in tensors]).tolist()


def network(outputs):
    layers, size = [], INPUTS
    for width in HIDDEN:
        layers += [torch.nn.Linear(size, width), torch.nn.ReLU()]
        size = width
    return torch.nn.Sequential(*layers, torch.nn.Linear(size, outputs))


def case(double, dueling, n, loss, masked):
    outputs = ACTIONS + dueling
    net, target = network(outputs), network(outputs)

    def q(which, observation):
        out = which(observation)
        return out[0] + out[1:] - out[1:].mean() if dueling else out

    trajectories, transitions = [], []
    for length, terminated in [(4, True), (3, True), (5, masked)]:
        trajectory = {
            "terminated": terminated,
            "final": torch.randn(INPUTS).tolist(),
            "steps": [
                {
                    "observation": torch.randn(INPUTS).tolist(),
                    "mask": [1, *torch.randint(0, 2, (ACTIONS - 1,)).tolist()] if masked else None,
                    "action": 0 if masked else int(torch.randint(0, ACTIONS, (1,))),
                    "reward": 2 * torch.randn(1).item(),
                    "duration": int(torch.randint(0, 3, (1,))),
                }
                for _ in range(length)
            ],
        }
        trajectories.append(trajectory)
        steps = trajectory["steps"]
        for t, step in enumerate(steps):
            end = min(t + n, length)
            reward, discount = 0.0, 1.0
            for k in range(t, end):
                reward += discount * steps[k]["reward"]
                discount *= GAMMA ** steps[k]["duration"]
            with torch.no_grad():
                if end == length and terminated:
                    y = torch.tensor(reward)
                else:
                    following = torch.tensor(steps[end]["observation"] if end < length else trajectory["final"])
                    mask = torch.tensor(steps[end]["mask"] if masked else [1] * ACTIONS)
                    chooser = q(net if double else target, following).masked_fill(mask == 0, -torch.inf)
                    y = reward + discount * q(target, following)[chooser.argmax()]
            value = q(net, torch.tensor(step["observation"]))[step["action"]]
            loss_of = torch.nn.functional.smooth_l1_loss if loss == "huber" else torch.nn.functional.mse_loss
            error = loss_of(value, y)
            gradient = torch.autograd.grad(error, list(net.parameters()))
            transitions.append(
                {
                    "target": y.item(),
                    "value": value.item(),
                    "loss": error.item(),
                    "gradient": flat(gradient),
                }
            )
    return {
        "settings": {"double": double, "dueling": dueling, "nStep": n, "loss": loss},
        "network": flat(net.parameters()),
        "target": flat(target.parameters()),
        "trajectories": trajectories,
        "transitions": transitions,
    }


json.dump(
    {
        "torch": torch.__version__.split("+")[0],
        "gamma": GAMMA,
        "inputs": INPUTS,
        "hidden": HIDDEN,
        "actions": ACTIONS,
        "cases": {
            "plain": case(False, False, 1, "mse", False),
            "double": case(True, False, 1, "huber", False),
            "dueling": case(False, True, 1, "mse", False),
            "three steps": case(False, False, 3, "mse", False),
            "all, masked": case(True, True, 2, "huber", True),
        },
    },
    sys.stdout,
)
