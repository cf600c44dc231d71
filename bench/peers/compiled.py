"""Peers that XLA compiles, on a CPU. Prints one JSON line: seconds of compiling, of running, and environment steps a second.

    python bench/peers/compiled.py ppo|dqn STEPS [SEEDS] [ENVS]         PureJaxRL's recipes
    python bench/peers/compiled.py rejax-ppo STEPS [SEEDS]              rejax itself, with the same settings
    python bench/peers/compiled.py environments STEPS 1 ENVS            gymnax's CartPole-v1 alone
    python bench/peers/compiled.py pictures STEPS [SEEDS]               PureJaxRL's PPO with our settings and MinAtar's network,
                                                                        on gymnax's Breakout-MinAtar; and its last returns

`ppo` and `dqn`: what PureJaxRL (luchris429/purejaxrl, purejaxrl/ppo.py and dqn.py: CleanRL's recipes) computes over gymnax,
written down again: acting, environments, advantages and updates in one compiled function; several seeds are one
computation over a further axis (`vmap`). Nothing is logged or saved.
"""
import json
import sys
import time
from functools import partial
from importlib.metadata import version

import gymnax
import jax
import jax.numpy as jnp
import numpy
import optax

recipe, total = sys.argv[1], int(sys.argv[2])
seeds = int(sys.argv[3]) if len(sys.argv) > 3 else 1
width = int(sys.argv[4]) if len(sys.argv) > 4 else {"ppo": 4, "pictures": 8}.get(recipe, 1)
env, params = gymnax.make("Breakout-MinAtar" if recipe == "pictures" else "CartPole-v1")
reset_all = jax.vmap(env.reset, in_axes=(0, None))
step_all = jax.vmap(env.step, in_axes=(0, 0, 0, None))
INPUTS, ACTIONS, GAMMA = 4, env.num_actions, 0.99


def begun(key):
    return reset_all(jax.random.split(key, width), params)


def stepped(key, state, action):
    observation, state, reward, terminated, truncated, _ = step_all(jax.random.split(key, width), state, action, params)
    return observation, state, reward, jnp.logical_or(terminated, truncated)


def perceptron(key, sizes, last_gain, orthogonal):
    layers = []
    for i, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
        key, own = jax.random.split(key)
        gain = last_gain if i == len(sizes) - 2 else 2 ** 0.5
        make = jax.nn.initializers.orthogonal(gain) if orthogonal else jax.nn.initializers.lecun_normal()
        layers.append((make(own, (inputs, outputs)), jnp.zeros(outputs)))
    return layers


def forward(layers, x, activation):
    for weights, bias in layers[:-1]:
        x = activation(x @ weights + bias)
    weights, bias = layers[-1]
    return x @ weights + bias


def convolution(key, outputs, last_gain):
    """16 filters of 3 by 3, a dense layer of 128."""
    height, width, channels = env.obs_shape
    filters_key, dense_key = jax.random.split(key)
    make = jax.nn.initializers.orthogonal(2 ** 0.5)
    flat = (height - 2) * (width - 2) * 16
    return make(filters_key, (3, 3, channels, 16)), jnp.zeros(16), perceptron(dense_key, (flat, 128, outputs), last_gain, True)


def see(network, x):
    """x [..., height, width, channels]"""
    filters, bias, dense = network
    batch = x.reshape(-1, *env.obs_shape)
    maps = jax.nn.relu(jax.lax.conv_general_dilated(batch, filters, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")) + bias)
    return forward(dense, maps.reshape(*x.shape[:-3], -1), jax.nn.relu)


def ppo(key):
    """CleanRL's settings; of pictures our preset's."""
    pictures = recipe == "pictures"
    length, minibatches, epochs, lam, clip = 128, 4, 4, 0.95, 0.2
    rows, updates = width * length, total // (width * length)
    actor_key, critic_key, env_key, key = jax.random.split(key, 4)
    if pictures:
        networks = {"actor": convolution(actor_key, ACTIONS, 0.01), "critic": convolution(critic_key, 1, 1.0)}
    else:
        networks = {
            "actor": perceptron(actor_key, (INPUTS, 64, 64, ACTIONS), 0.01, True),
            "critic": perceptron(critic_key, (INPUTS, 64, 64, 1), 1.0, True),
        }
    compute = see if pictures else partial(forward, activation=jnp.tanh)
    rate = lambda count: (1e-3 if pictures else 2.5e-4) * (1 - (count // (minibatches * epochs)) / updates)
    optimizer = optax.chain(optax.clip_by_global_norm(0.5), optax.adam(rate, eps=1e-5))
    observations, state = begun(env_key)

    def evaluate(networks, x):
        logp = jax.nn.log_softmax(compute(networks["actor"], x))
        return logp, compute(networks["critic"], x)[..., 0]

    def act(carry, _):
        networks, state, observation, key = carry
        key, act_key, step_key = jax.random.split(key, 3)
        logp, value = evaluate(networks, observation)
        action = jax.random.categorical(act_key, logp)
        chosen = jnp.take_along_axis(logp, action[:, None], 1)[:, 0]
        after, state, reward, done = stepped(step_key, state, action)
        return (networks, state, after, key), (observation, action, chosen, value, reward, done)

    def loss_of(networks, batch):
        observation, action, before, old, advantage, goal = batch
        logp, value = evaluate(networks, observation)
        ratio = jnp.exp(jnp.take_along_axis(logp, action[:, None], 1)[:, 0] - before)
        advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
        gain = jnp.minimum(ratio * advantage, jnp.clip(ratio, 1 - clip, 1 + clip) * advantage).mean()
        held = value if pictures else old + jnp.clip(value - old, -clip, clip)
        value_loss = 0.5 * jnp.maximum((value - goal) ** 2, (held - goal) ** 2).mean()
        entropy = -(jnp.exp(logp) * logp).sum(-1).mean()
        return -gain + 0.5 * value_loss - 0.01 * entropy

    def descend(carry, batch):
        networks, slots = carry
        change, slots = optimizer.update(jax.grad(loss_of)(networks, batch), slots)
        return (optax.apply_updates(networks, change), slots), None

    def update(carry, _):
        networks, slots, state, observation, key = carry
        (_, state, observation, key), played = jax.lax.scan(act, (networks, state, observation, key), None, length)
        seen, action, chosen, value, reward, done = played
        last = evaluate(networks, observation)[1]

        def back(carry, step):
            advantage, following = carry
            value, reward, done = step
            delta = reward + GAMMA * following * (1 - done) - value
            advantage = delta + GAMMA * lam * (1 - done) * advantage
            return (advantage, value), advantage

        _, advantages = jax.lax.scan(back, (jnp.zeros(width), last), (value, reward, done), reverse=True, unroll=16)
        batch = jax.tree.map(lambda x: x.reshape(rows, *x.shape[2:]), (seen, action, chosen, value, advantages, advantages + value))

        def epoch(carry, _):
            networks, slots, key = carry
            key, own = jax.random.split(key)
            order = jax.random.permutation(own, rows)
            split = jax.tree.map(lambda x: x[order].reshape(minibatches, -1, *x.shape[1:]), batch)
            (networks, slots), _ = jax.lax.scan(descend, (networks, slots), split)
            return (networks, slots, key), None

        (networks, slots, key), _ = jax.lax.scan(epoch, (networks, slots, key), None, epochs)
        return (networks, slots, state, observation, key), ((reward, done) if pictures else reward.sum())

    begin = (networks, optimizer.init(networks), state, observations, key)
    return jax.lax.scan(update, begin, None, updates)[1]


def dqn(key):
    capacity, batch, starts, every, copied = 10_000, 128, 10_000, 10, 500
    network_key, env_key, key = jax.random.split(key, 3)
    network = perceptron(network_key, (INPUTS, 120, 84, ACTIONS), 1.0, False)
    optimizer = optax.adam(2.5e-4)
    values_of = partial(forward, activation=jax.nn.relu)
    observation, state = begun(env_key)
    places = capacity // width
    store = (
        jnp.zeros((places, width, INPUTS)), jnp.zeros((places, width, INPUTS)), jnp.zeros((places, width), jnp.int32),
        jnp.zeros((places, width)), jnp.zeros((places, width)),
    )

    def learn(network, target, slots, store, key, filled):
        place, column = jax.random.split(key)
        at = jax.random.randint(place, (batch,), 0, filled), jax.random.randint(column, (batch,), 0, width)
        seen, after, action, reward, done = (part[at] for part in store)
        goal = reward + GAMMA * (1 - done) * values_of(target, after).max(-1)

        def loss(network):
            chosen = jnp.take_along_axis(values_of(network, seen), action[:, None], 1)[:, 0]
            return ((chosen - goal) ** 2).mean()

        change, slots = optimizer.update(jax.grad(loss)(network), slots)
        return optax.apply_updates(network, change), slots

    def update(carry, turn):
        network, target, slots, store, state, observation, key = carry
        key, coin, choice, step_key, sample_key = jax.random.split(key, 5)
        steps = (turn + 1) * width
        epsilon = jnp.maximum(0.05, 1 - 0.95 * turn * width / (0.5 * total))
        random = jax.random.randint(choice, (width,), 0, ACTIONS)
        greedy = values_of(network, observation).argmax(-1)
        action = jnp.where(jax.random.uniform(coin, (width,)) < epsilon, random, greedy)
        after, state, reward, done = stepped(step_key, state, action)
        row = (observation, after, action, reward, done.astype(jnp.float32))
        store = tuple(part.at[turn % places].set(one) for part, one in zip(store, row))
        network, slots = jax.lax.cond(
            (steps > starts) & (steps % every == 0),
            lambda: learn(network, target, slots, store, sample_key, jnp.minimum(turn + 1, places)),
            lambda: (network, slots),
        )
        target = jax.lax.cond(steps % copied == 0, lambda: network, lambda: target)
        return (network, target, slots, store, state, after, key), reward.sum()

    begin = (network, network, optimizer.init(network), store, state, observation, key)
    return jax.lax.scan(update, begin, jnp.arange(total // width))[1]


def environments(key):
    reset_key, key = jax.random.split(key)
    actions = jnp.array([(i * i + (i >> 2) * 7) % 11 % ACTIONS for i in range(64)])

    def play(carry, turn):
        state, key = carry
        key, step_key = jax.random.split(key)
        _, state, reward, _ = stepped(step_key, state, actions[(turn + 7 * jnp.arange(width)) % 64])
        return (state, key), reward.sum()

    return jax.lax.scan(play, (begun(reset_key)[1], key), jnp.arange(total // width))[1]


def rejax_ppo():
    from rejax import PPO

    class FiveValues(type(env)):
        """As rejax takes a step: one flag for both ends."""

        def step(self, key, state, action, params=None):
            observation, state, reward, terminated, truncated, info = super().step(key, state, action, params)
            return observation, state, reward, jnp.logical_or(terminated, truncated), info

    algorithm = PPO.create(
        env=FiveValues(), env_params=params, agent_kwargs={"activation": "tanh"},
        num_envs=4, num_steps=128, num_epochs=4, num_minibatches=4, learning_rate=2.5e-4, max_grad_norm=0.5,
        total_timesteps=total, eval_freq=total, skip_initial_evaluation=True,
    )
    # What it learned is all that is computed: without its evaluation.
    algorithm = algorithm.replace(eval_callback=lambda algo, state, rng: ())
    return lambda key: algorithm.train(key)[0].actor_ts.params


work = {"ppo": lambda: ppo, "pictures": lambda: ppo, "dqn": lambda: dqn, "environments": lambda: environments, "rejax-ppo": rejax_ppo}[recipe]()
keys = jax.random.split(jax.random.PRNGKey(1), seeds)
given = keys if seeds > 1 else keys[0]
started = time.perf_counter()
# A convolution over a further axis is slower than one seed after the other.
many = partial(jax.lax.map, work) if recipe == "pictures" else jax.vmap(work)
compiled = jax.jit(many if seeds > 1 else work).lower(given).compile()
compiling = time.perf_counter() - started
started = time.perf_counter()
outcome = jax.block_until_ready(compiled(given))
running = time.perf_counter() - started


def last_returns(rewards, dones):
    """The mean return of the last hundred episodes, of rewards and ends [updates, steps, environments]."""
    columns = [part.reshape(-1, width) for part in (rewards, dones)]
    sums, ended = numpy.zeros(width), []
    for reward, done in zip(*columns):
        sums += reward
        ended += sums[done].tolist()
        sums[done] = 0
    return float(numpy.mean(ended[-100:]))


told = {}
if recipe == "pictures":
    found = [numpy.asarray(part).reshape(seeds, -1, 128, width) for part in jax.device_get(outcome)]
    told["lastReturns"] = [last_returns(*parts) for parts in zip(*found)]
print(json.dumps({
    **told,
    "compileSeconds": compiling, "seconds": running, "stepsPerSecond": seeds * total / running,
    "versions": ", ".join(f"{name} {version(name)}" for name in ("jax", "gymnax", "rejax")),
}))
