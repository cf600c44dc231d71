import { expect, test } from 'vitest'
import { fineTuneSchema } from '../../../src/runner/instances/config.ts'
import { refuseMistakes } from '../../../src/runner/instances/worlds.ts'
import { builtinPlugins } from '../../../src/runner/plugins/builtin.ts'
import { buildContainer } from '../../../src/runner/plugins/container.ts'

const container = buildContainer(builtinPlugins)

test.each(['policy', 'lpFt', undefined])(
  '--keep %s: of the policy, of a baseline that is run, of the best',
  keep => {
    expect(() => refuseMistakes(withKeep(keep), {}, container)).not.toThrow()
  },
)

test('--keep of nothing that is run is refused, with the near name', () => {
  expect(() => refuseMistakes(withKeep('lpft'), {}, container)).toThrow("did you mean 'lpFt'?")
  expect(() => refuseMistakes(withKeep('layerDecay'), {}, container)).toThrow(
    "unknown keep 'layerDecay' (known: policy, linearProbe, lpFt)",
  )
})

function withKeep(keep: string | undefined) {
  return fineTuneSchema.parse({ model: 'm', data: 'd', baselines: ['linearProbe', 'lpFt'], keep })
}
