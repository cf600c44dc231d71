import { expect, test } from 'vitest'
import type { EnvDefinition } from '../../../src/envs/definition.ts'
import { makeEnv, registeredEnvs } from '../../../src/envs/registry.ts'
import { registerOwnEnvs } from '../../../src/runner/instances/own-envs.ts'

test('the Python package knows by name what ships', async () => {
  registerOwnEnvs()
  const listed = registeredEnvs().map(([id, definition]) => {
    const { maxEpisodeSteps, rewardThreshold, nondeterministic } = definition
    const renderModes = renderModesOf(id, definition)
    return { id, maxEpisodeSteps, rewardThreshold, nondeterministic, renderModes }
  })
  await expect(`${JSON.stringify(listed, null, 2)}\n`).toMatchFileSnapshot(
    '../../../python/layergym/environments.json',
  )
})

/** As Gymnasium names them: environments that let choose have an option for it, the others write. */
function renderModesOf(id: string, { options }: EnvDefinition): readonly string[] {
  const shape: unknown = Reflect.get(options, 'shape')
  if (typeof shape === 'object' && shape !== null && 'renderMode' in shape) return ['rgb_array', 'ansi']
  // Of a table, which has to be there first.
  if (id === 'layergym/Table-v0') return ['ansi']
  return makeEnv(id).render === undefined ? [] : ['ansi']
}
