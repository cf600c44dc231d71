import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { describe, expect, test } from 'vitest'
import { advise, type DoctorReport, examine } from '../../src/cli/doctor.ts'

const codec = { path: '/usr/bin/x', version: '8.0', year: 2025, source: 'PATH' } as const
const WELL: Omit<DoctorReport, 'advice'> = {
  engine: { name: 'tfjs-node', native: true },
  engines: [
    { name: 'tfjs-node-gpu', available: false, reason: 'no NVIDIA card on this machine' },
    { name: 'tfjs-node', available: true },
  ],
  versions: {},
  threads: 4,
  kernels: 'avx2',
  cores: 4,
  memory: { total: 16e9, free: 8e9 },
  gpus: [],
  codecs: { ffmpeg: codec },
  cache: { path: '/cache', bytes: 0 },
}

describe('doctor', () => {
  test('reports what this machine runs', async () => {
    const report = await examine()
    expect(report.cores).toBe(availableParallelism())
    expect(report.engines.map(engine => engine.name)).toEqual([
      'tfjs-node-gpu',
      'tfjs-node',
      'wasm',
      'cpu',
      'webgpu',
    ])
    expect(report.engines.find(engine => engine.name === report.engine.name)?.available).toBe(true)
    expect(report.versions.node).toBe(process.versions.node)
    for (const found of Object.values(report.codecs))
      expect('path' in found && existsSync(found.path)).toBe(true)
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
  })

  test('has nothing to say where all is well', () => {
    expect(advise(WELL)).toEqual([])
  })

  test.each<[string, Partial<DoctorReport>, string]>([
    ['a slow engine', { engine: { name: 'wasm', native: false } }, 'setup --retry'],
    ['a GPU that lies idle', { gpus: ['H100, 80 GB, 550'] }, 'H100'],
    ['idle cores', { threads: 1 }, '1 of 4 cores'],
    ['no compiler', { kernels: 'wasm' }, 'Agents learn in WebAssembly'],
    ['no ffmpeg', { codecs: { ffmpeg: { error: 'not found' } } }, 'ffmpeg does not run'],
    ['an old ffmpeg, wherever it is', { codecs: { ffmpeg: { ...codec, year: 2018 } } }, 'is of 2018'],
    ['little memory', { memory: { total: 2e9, free: 1e9 } }, 'batch-size'],
  ])('advises on %s', (_name, change, word) => {
    const advice = advise({ ...WELL, ...change })
    expect(advice).toHaveLength(1)
    expect(advice[0]).toContain(word)
  })
})
