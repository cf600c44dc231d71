import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { classicEnvs } from '../../src/envs/classic/definitions.ts'
import { compare, type Golden } from './classic-golden.ts'

const python = process.env.LAYERGYM_PYTHON ?? 'python3'
const hasGymnasium = spawnSync(python, ['-c', 'import gymnasium']).status === 0

describe.runIf(hasGymnasium)('beside Gymnasium itself (LAYERGYM_PYTHON, or python3, has it)', () => {
  test('every observation, reward and flag of 1,000 trajectories each agrees to 1e-6', () => {
    const script = fileURLToPath(new URL('../golden/classic_gymnasium.py', import.meta.url))
    const { stdout, status, stderr } = spawnSync(python, ['-W', 'ignore', script, '--full'], {
      encoding: 'utf8',
      maxBuffer: 2 ** 30,
    })
    expect(status, stderr).toBe(0)
    const golden: Golden = JSON.parse(stdout)
    for (const id of Object.keys(classicEnvs)) {
      expect(golden.envs[id].detailed).toBe(1000)
      expect(compare(id, golden.envs[id], true).wrong).toEqual([])
    }
  })
})
