"""Steps a second while learning CartPole-v1, of the Python peers. Prints one JSON line.

    python bench/peers/learn.py cleanrl ppo|dqn STEPS THREADS
    python bench/peers/learn.py stable-baselines3 ppo|dqn|sac|recurrent-ppo STEPS THREADS

`cleanrl`: the recipes of CleanRL's ppo.py and dqn.py (vwxyzjn/cleanrl: environments, networks, optimizer, batches,
schedules, and the order in which they work), written down again for Gymnasium 1.x without their logging.
`stable-baselines3`: the library itself with its defaults; SAC on Pendulum-v1, sb3-contrib's recurrent PPO on CartPole-v1
without velocities.
"""
import json
import sys
import time

import gymnasium
import numpy as np
import torch
from torch import nn

recipe, algorithm, total, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
torch.set_num_threads(threads)
torch.manual_seed(1)
np.random.seed(1)


def make():
    return gymnasium.wrappers.RecordEpisodeStatistics(gymnasium.make("CartPole-v1"))


def layer(inputs, outputs, gain=np.sqrt(2)):
    made = nn.Linear(inputs, outputs)
    nn.init.orthogonal_(made.weight, gain)
    nn.init.constant_(made.bias, 0.0)
    return made


def cleanrl_ppo():
    count, length, minibatches, epochs, gamma, lam, clip = 4, 128, 4, 4, 0.99, 0.95, 0.2
    envs = gymnasium.vector.SyncVectorEnv([make] * count)
    inputs, actions = envs.single_observation_space.shape[0], int(envs.single_action_space.n)
    critic = nn.Sequential(layer(inputs, 64), nn.Tanh(), layer(64, 64), nn.Tanh(), layer(64, 1, 1.0))
    actor = nn.Sequential(layer(inputs, 64), nn.Tanh(), layer(64, 64), nn.Tanh(), layer(64, actions, 0.01))
    parameters = [*critic.parameters(), *actor.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=2.5e-4, eps=1e-5)
    obs_buffer = torch.zeros(length, count, inputs)
    action_buffer, logp_buffer, reward_buffer, done_buffer, value_buffer = (torch.zeros(length, count) for _ in range(5))
    obs = torch.tensor(envs.reset(seed=1)[0])
    done = torch.zeros(count)
    updates = total // (count * length)
    for update in range(updates):
        optimizer.param_groups[0]["lr"] = 2.5e-4 * (1 - update / updates)
        for t in range(length):
            obs_buffer[t], done_buffer[t] = obs, done
            with torch.no_grad():
                policy = torch.distributions.Categorical(logits=actor(obs))
                action = policy.sample()
                logp_buffer[t], value_buffer[t] = policy.log_prob(action), critic(obs).flatten()
            action_buffer[t] = action
            after, reward, terminated, truncated, _ = envs.step(action.numpy())
            reward_buffer[t] = torch.tensor(reward)
            obs, done = torch.tensor(after), torch.tensor(np.logical_or(terminated, truncated), dtype=torch.float32)
        with torch.no_grad():
            advantages = torch.zeros_like(reward_buffer)
            running, next_value, alive = 0.0, critic(obs).flatten(), 1 - done
            for t in reversed(range(length)):
                delta = reward_buffer[t] + gamma * next_value * alive - value_buffer[t]
                advantages[t] = running = delta + gamma * lam * alive * running
                next_value, alive = value_buffer[t], 1 - done_buffer[t]
            returns = advantages + value_buffer
        flat_obs, flat_actions, flat_logp = obs_buffer.reshape(-1, inputs), action_buffer.reshape(-1), logp_buffer.reshape(-1)
        flat_advantages, flat_returns, flat_values = advantages.reshape(-1), returns.reshape(-1), value_buffer.reshape(-1)
        order = np.arange(count * length)
        for _ in range(epochs):
            np.random.shuffle(order)
            for rows in np.split(order, minibatches):
                policy = torch.distributions.Categorical(logits=actor(flat_obs[rows]))
                log_ratio = policy.log_prob(flat_actions[rows]) - flat_logp[rows]
                ratio = log_ratio.exp()
                with torch.no_grad():
                    (-log_ratio).mean(), ((ratio - 1) - log_ratio).mean()
                    ((ratio - 1).abs() > clip).float().mean().item()
                advantage = flat_advantages[rows]
                advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
                policy_loss = torch.max(-advantage * ratio, -advantage * ratio.clamp(1 - clip, 1 + clip)).mean()
                value = critic(flat_obs[rows]).flatten()
                held = flat_values[rows] + (value - flat_values[rows]).clamp(-clip, clip)
                value_loss = 0.5 * torch.max((value - flat_returns[rows]) ** 2, (held - flat_returns[rows]) ** 2).mean()
                loss = policy_loss - 0.01 * policy.entropy().mean() + 0.5 * value_loss
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(parameters, 0.5)
                optimizer.step()


def cleanrl_dqn():
    capacity, batch, starts, gamma = 10_000, 128, 10_000, 0.99
    envs = gymnasium.vector.SyncVectorEnv([make])
    inputs, actions = envs.single_observation_space.shape[0], int(envs.single_action_space.n)

    def network():
        return nn.Sequential(nn.Linear(inputs, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, actions))

    online, target = network(), network()
    target.load_state_dict(online.state_dict())
    optimizer = torch.optim.Adam(online.parameters(), lr=2.5e-4)
    store = {
        "obs": np.zeros((capacity, inputs), np.float32), "next": np.zeros((capacity, inputs), np.float32),
        "action": np.zeros((capacity, 1), np.int64), "reward": np.zeros(capacity, np.float32),
        "done": np.zeros(capacity, np.float32),
    }
    obs, _ = envs.reset(seed=1)
    for step in range(total):
        epsilon = max(0.05, 1 + (0.05 - 1) * step / (0.5 * total))
        if np.random.rand() < epsilon:
            action = np.array([envs.single_action_space.sample()])
        else:
            action = online(torch.tensor(obs)).argmax(1).numpy()
        after, reward, terminated, truncated, _ = envs.step(action)
        at = step % capacity
        store["obs"][at], store["next"][at], store["action"][at] = obs[0], after[0], action
        store["reward"][at], store["done"][at] = reward[0], terminated[0]
        obs = after
        if step <= starts:
            continue
        if step % 10 == 0:
            rows = np.random.randint(0, min(step + 1, capacity), batch)
            data = {name: torch.tensor(values[rows]) for name, values in store.items()}
            with torch.no_grad():
                best = target(data["next"]).max(1).values
                goal = data["reward"] + gamma * best * (1 - data["done"])
            loss = nn.functional.mse_loss(goal, online(data["obs"]).gather(1, data["action"]).squeeze())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if step % 500 == 0:
            for mine, its in zip(target.parameters(), online.parameters()):
                mine.data.copy_(its.data)


def stable_baselines3():
    from stable_baselines3 import DQN, PPO, SAC

    if algorithm == "recurrent-ppo":
        from sb3_contrib import RecurrentPPO

        positions = gymnasium.wrappers.TransformObservation(
            gymnasium.make("CartPole-v1"), lambda observation: observation[[0, 2]],
            gymnasium.spaces.Box(-np.inf, np.inf, (2,), np.float32),
        )
        # Memories as large as ours; its default has 256 units.
        size = dict(lstm_hidden_size=64, enable_critic_lstm=True)
        model = RecurrentPPO("MlpLstmPolicy", positions, policy_kwargs=size, seed=1, device="cpu")
    else:
        env = "Pendulum-v1" if algorithm == "sac" else "CartPole-v1"
        model = {"ppo": PPO, "dqn": DQN, "sac": SAC}[algorithm]("MlpPolicy", env, seed=1, device="cpu")
    model.learn(total)


learn = {"ppo": cleanrl_ppo, "dqn": cleanrl_dqn}[algorithm] if recipe == "cleanrl" else stable_baselines3
started = time.perf_counter()
learn()
print(json.dumps({"stepsPerSecond": total / (time.perf_counter() - started)}))
