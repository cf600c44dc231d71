import { describe, expect, test } from 'vitest'
import { kernelArithmetic, kernelWidth } from '../../../src/agents/kernels/memory.ts'
import {
  type Origin,
  originOf,
  packageVersion,
  refuseOther,
  versionNotice,
} from '../../../src/runner/runs/origin.ts'

const begun: Origin = {
  engine: 'cpu',
  threads: 2,
  kernels: 'wasm 4',
  arithmetic: 'rounded',
  versions: { layergym: '1', node: '20' },
  fingerprints: { data: 'a', model: 'b' },
}
const refused = (now: Partial<Origin>, before: Partial<Origin> = {}) => {
  try {
    refuseOther('/runs/a', { ...begun, ...before }, { ...begun, ...now })
    return undefined
  } catch (error) {
    return (error as Error).message.replace(/^.*has changed: (.*)\. A run goes on.*$/, '$1')
  }
}

describe('what a run comes from', () => {
  test('has the engine with its threads and versions, and layergym’s own', () => {
    const engine = { name: 'gpu', threads: 3, versions: { tfjs: '4' } }
    expect(originOf(engine, { data: 'x' })).toMatchObject({
      engine: 'gpu',
      threads: 3,
      kernels: kernelWidth(),
      arithmetic: kernelArithmetic(),
      versions: { layergym: packageVersion, node: process.versions.node, tfjs: '4' },
      fingerprints: { data: 'x' },
    })
  })

  test('is the same where nothing of it has changed', () => {
    expect(refused({})).toBeUndefined()
    // Before it was recorded, kernels rounded twice; how wide they are doesn't matter.
    expect(refused({ kernels: 'wasm 8' }, { kernels: undefined, arithmetic: undefined })).toBeUndefined()
  })

  test.each([
    [{ fingerprints: { data: 'other', model: 'b' } }, 'the clips'],
    [{ fingerprints: { data: 'other', model: 'other' } }, 'the clips; the model'],
    [{ fingerprints: { data: 'a' } }, 'the model'],
    [{ fingerprints: { data: 'a', model: 'b', 'plugin x': 'c' } }, 'plugin x'],
    [{ threads: 4 }, 'the engine, from cpu with 2 threads to cpu with 4 threads'],
    [{ engine: 'gpu', threads: undefined }, 'the engine, from cpu with 2 threads to gpu'],
    [
      { arithmetic: 'fused', kernels: undefined } as const,
      "the arithmetic of agents' networks, from wasm 4 (rounded) to others (fused)",
    ],
  ])('names what has: %j', (now, words) => {
    expect(refused(now)).toBe(words)
  })

  test('names the software that is another now, and no other', () => {
    expect(versionNotice(begun, begun)).toBeUndefined()
    const versions = { layergym: '2', node: '20', tfjs: '4' }
    expect(versionNotice(begun, { ...begun, versions })).toBe(
      'this run began with other software (layergym 1, now 2; tfjs none, now 4): its end may differ',
    )
  })
})
