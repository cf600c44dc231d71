import { execFile } from 'node:child_process'
import { lstat, readdir } from 'node:fs/promises'
import { availableParallelism, freemem, totalmem } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Command } from 'commander'
import { kernelWidth } from '../agents/kernels/memory.ts'
import { defaultCacheDir } from '../common/cache-dir.ts'
import { messageOf } from '../common/error.ts'
import { adviseOnCodec, type Codec, findCodecs } from '../data/codecs.ts'
import type { EngineName } from '../models/engine-names.ts'
import { type Io, printResult } from './command.ts'

/** What `layergym doctor --json` prints. Sizes are bytes. */
export interface DoctorReport {
  readonly engine: { readonly name: string; readonly native: boolean }
  readonly engines: readonly {
    readonly name: string
    readonly available: boolean
    readonly reason?: string
  }[]
  readonly versions: Readonly<Record<string, string>>
  readonly threads: number
  /** What small networks of agents are computed by: avx512, avx2, sse, neon, relaxed-wasm, wasm or plain. */
  readonly kernels: string
  readonly cores: number
  readonly memory: { readonly total: number; readonly free: number }
  readonly gpus: readonly string[]
  readonly codecs: { readonly ffmpeg: CodecReport }
  readonly cache: { readonly path: string; readonly bytes: number }
  /** What would make it faster, or work; empty when there is nothing. */
  readonly advice: readonly string[]
}

type CodecReport = Codec | { readonly error: string }

export function doctorCommand(program: Command, io: Io): void {
  program
    .command('doctor')
    .description('say which engine and codecs run here, and what would make it faster')
    .option('--json', 'print the result as JSON, alone, on stdout')
    .action(async (options: { json?: boolean }) => printResult(io, options, await examine(), inWords))
}

export async function examine(): Promise<DoctorReport> {
  const { engineAvailability, startEngine } = await import('../models/engine.ts')
  const engine = await startEngine()
  const engines = Object.entries(engineAvailability()).map(([name, found]) => ({ name, ...found }))
  const [codecs, gpus, cache] = await Promise.all([examineCodecs(), findGpus(), measureCache()])
  const facts = {
    engine: { name: engine.name, native: engine.native },
    engines,
    versions: engine.versions,
    threads: engine.threads,
    kernels: kernelWidth(),
    cores: availableParallelism(),
    memory: { total: totalmem(), free: freemem() },
    gpus,
    codecs,
    cache,
  }
  return { ...facts, advice: advise(facts) }
}

/** Pure, so that every piece of advice can be tested without the machine that needs it. */
export function advise(facts: Omit<DoctorReport, 'advice'>): string[] {
  const advice: string[] = []
  const reasonOf = (name: EngineName): string =>
    facts.engines.find(engine => engine.name === name)?.reason ?? 'unknown'
  if (!facts.engine.native)
    advice.push(
      `The native engine is about 40 times faster than ${facts.engine.name}, and does not start (${reasonOf('tfjs-node')}): \`layergym setup --retry\` builds it, given python3 with pip, a C++ compiler and the network.`,
    )
  if (facts.gpus.length > 0 && facts.engine.name !== 'tfjs-node-gpu')
    advice.push(
      `A GPU (${facts.gpus[0]}) is not used (${reasonOf('tfjs-node-gpu')}): \`layergym setup --retry\` builds its engine.`,
    )
  if (facts.engine.native && facts.threads < facts.cores)
    advice.push(
      `${facts.threads} of ${facts.cores} cores compute, as TF_NUM_INTRAOP_THREADS says: unset it to use them all (the run's hash depends on it).`,
    )
  if (!isCompiled(facts.kernels))
    advice.push(
      `Agents learn in ${facts.kernels === 'plain' ? 'plain JavaScript' : 'WebAssembly'}: \`layergym setup\` compiles their arithmetic, given a C++ compiler, and cheap environments are learned several times faster.`,
    )
  advice.push(...adviseOnFfmpeg(facts.codecs.ffmpeg))
  if (facts.memory.total < 4e9)
    advice.push('Less than 4 GB of memory: keep --batch-size, --frames and --size small.')
  return advice
}

function isCompiled(kernels: string): boolean {
  return !['relaxed-wasm', 'wasm', 'plain'].includes(kernels)
}

function adviseOnFfmpeg(codec: CodecReport): string[] {
  if ('error' in codec) return [`ffmpeg does not run, so no video can be read: ${codec.error}`]
  const advice = adviseOnCodec(codec)
  return advice === undefined ? [] : [advice]
}

async function examineCodecs(): Promise<DoctorReport['codecs']> {
  try {
    return await findCodecs()
  } catch (error) {
    return { ffmpeg: { error: messageOf(error) } }
  }
}

async function findGpus(): Promise<string[]> {
  try {
    const query = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader']
    const { stdout } = await promisify(execFile)('nvidia-smi', query, { timeout: 10_000 })
    return stdout.split('\n').filter(line => line.trim() !== '')
  } catch {
    return [] // not installed, or no GPU to ask
  }
}

async function measureCache(): Promise<DoctorReport['cache']> {
  const path = defaultCacheDir()
  return { path, bytes: await sizeOf(path) }
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const sizes = entries.map(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sizeOf(path)
    return lstat(path).then(
      stat => stat.size,
      () => 0,
    )
  })
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

function inWords(report: DoctorReport): string {
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`
  const versions = Object.entries(report.versions).map(([name, version]) => `${name} ${version}`)
  const codec = (found: CodecReport): string =>
    'error' in found
      ? `does not run: ${found.error}`
      : `${found.version}${found.year === undefined ? '' : ` of ${found.year}`} (${found.source}: ${found.path})`
  const rows: [string, string][] = [
    ['engine', `${report.engine.name}${report.engine.native ? '' : ' (not native)'}`],
    ...report.engines.map((e): [string, string] => [
      `  ${e.name}`,
      e.available ? 'can start' : `no: ${e.reason}`,
    ]),
    ['versions', versions.join(', ')],
    ['kernels', `${report.kernels}${isCompiled(report.kernels) ? '' : ' (not compiled)'}`],
    ['threads', `${report.threads} of ${report.cores} cores`],
    ['memory', `${gigabytes(report.memory.free)} free of ${gigabytes(report.memory.total)}`],
    ['GPU', report.gpus.length === 0 ? 'none seen' : report.gpus.join('; ')],
    ['ffmpeg', codec(report.codecs.ffmpeg)],
    ['cache', `${report.cache.path}, ${gigabytes(report.cache.bytes)}`],
  ]
  const table = rows.map(([name, value]) => `${name.padEnd(16)}${value}`).join('\n')
  const advice = report.advice.length === 0 ? 'Nothing here would make it faster.' : report.advice.join('\n')
  return `${table}\n\n${advice}`
}
