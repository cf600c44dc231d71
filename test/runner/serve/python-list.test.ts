import { expect, test } from 'vitest'
import { registeredEnvs } from '../../../src/envs/registry.ts'
import { registerFineTuning } from '../../../src/runner/instances/fine-tune-env.ts'

test('the Python package knows by name what ships', async () => {
  registerFineTuning()
  const listed = registeredEnvs().map(([id, definition]) => {
    const { maxEpisodeSteps, rewardThreshold, nondeterministic } = definition
    return { id, maxEpisodeSteps, rewardThreshold, nondeterministic }
  })
  await expect(`${JSON.stringify(listed, null, 2)}\n`).toMatchFileSnapshot(
    '../../../python/layergym/environments.json',
  )
})
