"""Environments through a real layergym: Gymnasium's checker, vectors beside singles, and errors."""

import unittest
import warnings

import gymnasium
import numpy as np
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

import layergym

warnings.filterwarnings("ignore")


class Environments(unittest.TestCase):
    def test_gymnasium_finds_no_fault(self):
        for name in ("CartPole-v1", "Pendulum-v1", "FrozenLake-v1"):
            with self.subTest(name):
                env = gymnasium.make(f"layergym/{name}", render_mode="rgb_array" if name == "CartPole-v1" else None)
                check_env(env.unwrapped)
                env.close()

    def test_its_steps_are_gymnasiums(self):
        ours, theirs = gymnasium.make("layergym/CartPole-v1"), gymnasium.make("CartPole-v1")
        theirs.reset(seed=1)
        theirs.unwrapped.state = ours.reset(seed=1)[0].astype(float)
        for action in [0, 1, 1, 0, 1] * 4:
            mine, his = ours.step(action), theirs.step(action)
            np.testing.assert_allclose(mine[0], his[0], atol=1e-5)
            self.assertEqual(mine[1:4], his[1:4])
            if mine[2]:
                break
        ours.close()

    def test_time_limits(self):
        env = gymnasium.make("layergym/CartPole-v1", max_episode_steps=3)
        env.reset(seed=1)
        self.assertEqual([env.step(i % 2)[3] for i in range(3)], [False, False, True])
        self.assertEqual(gymnasium.spec("layergym/CartPole-v1").max_episode_steps, 500)

    def test_a_vector_is_its_environments(self):
        vector = gymnasium.make_vec("layergym/CartPole-v1", num_envs=3)
        singles = [gymnasium.make("layergym/CartPole-v1") for _ in range(3)]
        observations, _ = vector.reset(seed=5)
        for i, env in enumerate(singles):
            np.testing.assert_array_equal(observations[i], env.reset(seed=5 + i)[0])
        ended = np.zeros(3, bool)
        for t in range(120):
            actions = np.array([t // 3 % 2, 1, t % 2])
            observations, rewards, terminated, truncated, _ = vector.step(actions)
            for i, env in enumerate(singles):
                if ended[i]:
                    expected = (env.reset()[0], 0, False, False)
                else:
                    expected = env.step(actions[i])[:4]
                np.testing.assert_array_equal(observations[i], expected[0])
                self.assertEqual((rewards[i], terminated[i], truncated[i]), expected[1:])
            ended = terminated | truncated
        vector.close()

    def test_same_step_resets_keep_the_final_observation(self):
        vector = gymnasium.make_vec("layergym/CartPole-v1", num_envs=2, autoreset_mode=AutoresetMode.SAME_STEP)
        vector.reset(seed=1)
        for _ in range(40):
            observations, _, terminated, _, infos = vector.step(np.array([1, 1]))
            if terminated.any():
                break
        ended = int(terminated.argmax())
        self.assertGreater(abs(infos["final_obs"][ended][2]), 0.2)
        self.assertLess(np.abs(observations[ended]).max(), 0.06)
        vector.close()

    def test_masks(self):
        env = gymnasium.make("layergym/MaskedWalk-v0").unwrapped
        _, info = env.reset(seed=1)
        np.testing.assert_array_equal(info["action_mask"].astype(bool), env.action_masks())
        self.assertTrue(env.observation_space.contains(env.reset(seed=2)[0]))

    def test_mistakes_are_told(self):
        with self.assertRaisesRegex(layergym.LayergymError, "no option"):
            gymnasium.make("layergym/CartPole-v1", lenght=3)
        env = gymnasium.make("layergym/CartPole-v1").unwrapped
        with self.assertRaisesRegex(layergym.LayergymError, "reset"):
            env.step(0)
        env.close()
        env.close()
        with self.assertRaises(layergym.LayergymError):
            env.step(0)

    def test_fine_tuning(self):
        import json
        import os

        given = os.environ.get("LAYERGYM_TEST_FINE_TUNE")
        if not given:
            self.skipTest("LAYERGYM_TEST_FINE_TUNE holds no options")
        told = json.loads(given)
        env = gymnasium.make("layergym/FineTune-v0", render_mode="rgb_array", **told["options"])
        env.reset(seed=told["seed"])
        rewards = []
        for action in told["actions"]:
            _, reward, terminated, _, _ = env.step(np.array(action))
            rewards.append(reward)
            if terminated:
                break
        self.assertEqual(rewards, told["rewards"])
        picture = env.render()
        self.assertEqual((picture.dtype, picture.ndim), (np.uint8, 3))
        env.close()


if __name__ == "__main__":
    unittest.main()
