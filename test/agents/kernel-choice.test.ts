import { afterEach, describe, expect, test, vi } from 'vitest'

afterEach(() => vi.unstubAllEnvs())

/** Kernels as a process has them that is started with this environment. */
async function chosen(kernels: string, threads = '') {
  vi.stubEnv('LAYERGYM_KERNELS', kernels)
  vi.stubEnv('LAYERGYM_KERNEL_THREADS', threads)
  vi.resetModules()
  return import('../../src/agents/kernels/memory.ts')
}

describe('two programs over two memories', () => {
  test.each(['plain', 'wasm'])('one after the other, where %s kernels have one thread', async kernels => {
    const { runBoth, kernelWidth } = await chosen(kernels)
    expect(kernelWidth()).toBe(kernels)
    const ran: unknown[] = []
    const work = (name: string) => ({
      memory: { run: (program: unknown) => ran.push([name, program]) },
      program: `program of ${name}`,
    })
    runBoth(work('a') as never, work('b') as never)
    expect(ran).toEqual([
      ['a', 'program of a'],
      ['b', 'program of b'],
    ])
  })

  test('before any was asked for', async () => {
    const { runBoth } = await chosen('plain')
    const run = vi.fn()
    runBoth({ memory: { run }, program: 1 } as never, { memory: { run }, program: 2 } as never)
    expect(run.mock.calls).toEqual([[1], [2]])
  })
})

test('kernels that are not there are refused, with those there may be', async () => {
  const { kernelWidth, arithmeticOf } = await chosen('fast')
  expect(kernelWidth).toThrow(
    /LAYERGYM_KERNELS is 'fast', which is not there: native .*relaxed-wasm .*wasm, plain/,
  )
  expect([arithmeticOf('plain'), arithmeticOf('wasm'), arithmeticOf('relaxed-wasm')]).toEqual([
    'rounded',
    'rounded',
    'fused',
  ])
})
