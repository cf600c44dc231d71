import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { squares } from '../support/annotated-files.ts'
import { CACHE, layergym, ROOT, workspace } from '../support/e2e.ts'

const folder = workspace()

test('a study and learn-policy take instances of object-detection', async () => {
  const data = squares(join(folder, 'squares'), 20)
  const config = join(folder, 'many.yaml')
  const network = { model: join(ROOT, 'models', 'resnet20_cifar10'), size: 32, frames: 1, groups: 2 }
  const run = { 'batch-size': 4, 'budget-steps': 2, 'round-steps': 1, threads: 1 }
  const settings = { task: 'object-detection', ...network, ...run, cache: CACHE }
  const contenders = {
    full: { schedule: 'fullFineTune' },
    tpe: { agent: 'tpe', control: 'joint', actions: 'log-rate', budget: 2 },
  }
  const instances = { train: { one: { data } }, 'held-out': { held: { data, seed: 2 } } }
  writeFileSync(config, JSON.stringify({ settings, ...instances, contenders, seeds: 1, workers: 1 }))
  const study = await layergym(['study', '--config', config, '--out', join(folder, 'study'), '--json'])
  expect(study.code, study.err).toBe(0)
  expect(study.out).toContain('"tpe"')
  const learn = ['learn-policy', '--config', config, '--agent', 'ppo', '--episodes', '2', '--json']
  const policy = await layergym([...learn, '--out', join(folder, 'policy')])
  expect(policy.code, policy.err).toBe(0)
})
