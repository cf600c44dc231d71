"""Figures of PyTorch for test/agents/ppo.test.ts: python ppo_torch.py > ppo_torch.json

One update of PPO as cleanrl/ppo.py makes it (one minibatch an epoch, so that no shuffling matters), on a made-up
rollout of three trajectories: one terminated, one truncated, one of options that last 0 to 3 rounds.
"""
import json
import sys

import torch

torch.manual_seed(7)
torch.set_num_threads(1)
GAMMA, LAMBDA, CLIP, LR, ENTROPY, VALUE, NORM, EPOCHS = 0.9, 0.8, 0.2, 0.01, 0.02, 0.5, 0.5, 4
INPUTS, HIDDEN, LENGTHS = 3, 8, [5, 4, 6]
LOW, HIGH = torch.tensor([-1.0, -0.5]), torch.tensor([1.0, float("inf")])


def flat(tensors):
    return torch.cat([t.detach().reshape(-1) for t in tensors]).tolist()


def mlp(outputs):
    return torch.nn.Sequential(
        torch.nn.Linear(INPUTS, HIDDEN), torch.nn.Tanh(), torch.nn.Linear(HIDDEN, outputs)
    )


def categorical(sizes):
    def evaluate(outputs, actions, masks, _):
        logp, entropy = 0, 0
        for logits, mask, action in zip(outputs.split(sizes, 1), masks.split(sizes, 1), actions.unbind(1)):
            log_probs = torch.log_softmax(logits.masked_fill(mask == 0, -1e30), 1)
            logp = logp + log_probs.gather(1, action.long()[:, None])[:, 0]
            entropy = entropy - (log_probs.exp() * log_probs).where(mask == 1, 0.0).sum(1)
        return logp, entropy

    return evaluate


def clipped_normal(means, actions, _, log_std):
    z = (actions - means) / log_std.exp()
    inside = torch.distributions.Normal(means, log_std.exp()).log_prob(actions)
    low, high = torch.special.log_ndtr(z), torch.special.log_ndtr(-z)
    logp = torch.where(actions <= LOW, low, torch.where(actions >= HIGH, high, inside))
    return logp.sum(1), torch.distributions.Normal(means, log_std.exp()).entropy().sum(1)


def update(sizes, evaluate, draw, extra, clip_value):
    outputs = sum(sizes)
    policy, value = mlp(outputs), mlp(1)
    rows = sum(LENGTHS)
    observations, finals = torch.randn(rows, INPUTS), torch.randn(len(LENGTHS), INPUTS)
    rewards = torch.randn(rows)
    durations = torch.cat([torch.ones(LENGTHS[0] + LENGTHS[1]), torch.randint(0, 4, (LENGTHS[2],)).float()])
    masks = (torch.rand(rows, outputs) < 0.6).float()
    for block in masks.split(sizes, 1):
        block[:, 0] = 1
    actions = draw(masks)
    start = {"policy": flat(policy.parameters()), "value": flat(value.parameters()), "extra": extra.tolist()}
    with torch.no_grad():
        logp, _ = evaluate(policy(observations), actions, masks, extra)
        old = logp + 0.3 * torch.randn(rows)  # of another policy: so that clipping has something to clip
        values, last = value(observations)[:, 0], value(finals)[:, 0]
    advantages, at = torch.zeros(rows), 0
    for i, length in enumerate(LENGTHS):
        # The second and third are truncated.
        next_value, advantage = (last[i] if i > 0 else torch.tensor(0.0)), 0
        for t in reversed(range(at, at + length)):
            discount = GAMMA ** durations[t]
            advantage = rewards[t] + discount * next_value - values[t] + discount * LAMBDA * advantage
            next_value, advantages[t] = values[t], advantage
        at += length
    returns = advantages + values

    extra = torch.nn.Parameter(extra.clone())
    parameters = [*policy.parameters(), extra, *value.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=LR, eps=1e-5)
    figures = []
    for _ in range(EPOCHS):
        logp, entropy = evaluate(policy(observations), actions, masks, extra)
        log_ratio = logp - old
        ratio = log_ratio.exp()
        a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        policy_loss = torch.max(-a * ratio, -a * ratio.clamp(1 - CLIP, 1 + CLIP)).mean()
        new = value(observations)[:, 0]
        squares = (new - returns) ** 2
        if clip_value:
            squares = torch.max(squares, (values + (new - values).clamp(-CLIP, CLIP) - returns) ** 2)
        value_loss = 0.5 * squares.mean()
        loss = policy_loss - ENTROPY * entropy.mean() + VALUE * value_loss
        optimizer.zero_grad()
        loss.backward()
        if extra.grad is None:
            extra.grad = torch.zeros_like(extra)
        norm = torch.nn.utils.clip_grad_norm_(parameters, NORM)
        optimizer.step()
        figures.append(
            {
                "policyLoss": policy_loss.item(),
                "valueLoss": value_loss.item(),
                "entropy": entropy.mean().item(),
                "approximateKl": ((ratio - 1) - log_ratio).mean().item(),
                "clipFraction": ((ratio - 1).abs() > CLIP).float().mean().item(),
                "gradientNorm": norm.item(),
            }
        )
    return {
        "sizes": sizes,
        "clipValueLoss": clip_value,
        "observations": observations.tolist(),
        "finals": finals.tolist(),
        "rewards": rewards.tolist(),
        "durations": durations.int().tolist(),
        "masks": masks.int().tolist(),
        "actions": actions.tolist(),
        "logProbabilities": old.tolist(),
        "start": start,
        "figures": {name: sum(f[name] for f in figures) / EPOCHS for name in figures[0]},
        "end": {"policy": flat(policy.parameters()), "value": flat(value.parameters()), "extra": extra.tolist()},
    }


def choices(sizes):
    return lambda masks: torch.stack(
        [torch.multinomial(block, 1)[:, 0].float() for block in masks.split(sizes, 1)], 1
    )


def executed(masks):
    return torch.minimum(torch.maximum(1.2 * torch.randn(len(masks), 2), LOW), HIGH)


nothing = torch.zeros(0)
points = torch.tensor([-30.0, -8.0, -3.0, -1.0, -0.1, 0.0, 0.5, 2.0, 6.0, 9.0], dtype=torch.float64)
json.dump(
    {
        "torch": torch.__version__.split("+")[0],
        "settings": {
            "gamma": GAMMA,
            "lambda": LAMBDA,
            "clip": CLIP,
            "learningRate": LR,
            "entropyCoefficient": ENTROPY,
            "valueCoefficient": VALUE,
            "maxGradNorm": NORM,
            "epochs": EPOCHS,
            "hidden": [HIDDEN],
        },
        "inputs": INPUTS,
        "lengths": LENGTHS,
        "cases": {
            "discrete": update([4], categorical([4]), choices([4]), nothing, False),
            "multiDiscrete": update([3, 2], categorical([3, 2]), choices([3, 2]), nothing, True),
            "box": update([1, 1], clipped_normal, executed, torch.tensor([-0.2, 0.1]), True),
        },
        "logNormalCdf": [[x.item(), torch.special.log_ndtr(x).item()] for x in points],
    },
    sys.stdout,
)
