import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { join, sep } from 'node:path'
import { failure, inputError, messageOf } from '../common/error.ts'
import { unknownName } from '../common/suggest.ts'
import { ENGINES, type EngineName } from './engine-names.ts'
import { functionBackend } from './function/binding.ts'
import {
  type Availability,
  loadNative,
  nativeAvailability,
  no,
  openedPackage,
  packageFolder,
  packageVersion,
} from './native.ts'
import { tf } from './tf.ts'

const require = createRequire(import.meta.url)

const CHAIN: readonly EngineName[] = ['tfjs-node-gpu', 'tfjs-node', 'wasm', 'cpu']

export interface EngineOptions {
  /** Default `auto`: the fastest that starts. */
  readonly engine?: EngineName | 'auto'
  /** Threads within and between operations of the native engine; default TF_NUM_INTRAOP_THREADS, else the CPU count. */
  readonly threads?: number
  /** Told, in one line each, why a faster engine was passed over. */
  readonly onNotice?: (message: string) => void
}

/** The engine that this process computes on. */
export interface Engine {
  readonly name: EngineName
  /** True where TensorFlow's own kernels run (`executeSingleOutput` and its like exist on the backend). */
  readonly native: boolean
  readonly tf: typeof tf
  /** node, tfjs, and what the engine itself is made of. */
  readonly versions: Readonly<Record<string, string>>
  /** Bits of sums depend on it: recorded in runs, set again by resume. 1 where the engine has no threads. */
  readonly threads: number
}

let started: Engine | undefined
let threadsInUse: number | undefined

/**
 * Starts the engine that everything in this process then runs on; asked again, answers the same one, or moves
 * to another when one is named.
 *
 * @throws LayergymError `engine.unknown`, `engine.threads` (input), `engine.unavailable` (input: the engine
 * that was named can't start here, and why), `engine.none` (failure).
 */
export async function startEngine(options: EngineOptions = {}): Promise<Engine> {
  const { engine: choice = 'auto', onNotice = () => {} } = options
  if (choice !== 'auto' && !ENGINES.includes(choice))
    throw unknownName('engine', choice, ['auto', ...ENGINES])
  const threads = chooseThreads(options.threads)
  if (started !== undefined && (choice === 'auto' || choice === started.name)) return started
  setEnvironment(choice, threads)

  const passedOver: string[] = []
  for (const name of choice === 'auto' ? CHAIN : [choice]) {
    const result = await start(name)
    if (result.available) {
      if (name !== 'tfjs-node-gpu' && passedOver.length > 0) onNotice(notice(name, passedOver))
      started = describe(name, threads)
      return started
    }
    if (choice !== 'auto')
      throw inputError(
        'engine.unavailable',
        `engine '${name}' can't start here: ${result.reason}. Use --engine auto, or see \`layergym doctor\`.`,
      )
    // That a machine without an NVIDIA card has no GPU engine is no news.
    if (!(name === 'tfjs-node-gpu' && result.reason.startsWith('no NVIDIA')))
      passedOver.push(`${name}: ${result.reason}`)
  }
  throw failure('engine.none', `no engine starts on this machine (${passedOver.join('; ')})`)
}

/** Which engines could start here, and why the others can't: for `doctor`. Opens native addons, starts nothing. */
export function engineAvailability(): Readonly<Record<EngineName, Availability>> {
  setEnvironment('auto', chooseThreads(undefined))
  return {
    'tfjs-node-gpu': nativeAvailability('tfjs-node-gpu'),
    'tfjs-node': nativeAvailability('tfjs-node'),
    wasm: installed('@tensorflow/tfjs-backend-wasm'),
    cpu: { available: true },
    webgpu: webgpuInstalled(),
  }
}

async function start(name: EngineName): Promise<Availability> {
  try {
    switch (name) {
      case 'tfjs-node-gpu':
      case 'tfjs-node':
        return await startNative(name)
      case 'wasm':
        return await startWasm()
      case 'webgpu':
        return await startWebgpu()
      case 'cpu':
        return await useBackend('cpu')
    }
  } catch (error) {
    return no(messageOf(error))
  }
}

async function startNative(name: 'tfjs-node-gpu' | 'tfjs-node'): Promise<Availability> {
  // Where the GPU's library is open but sees no card, it is the one that computes on the CPU.
  if (name === 'tfjs-node' && openedPackage() === 'tfjs-node-gpu') return useBackend('tensorflow')
  const availability = nativeAvailability(name)
  if (!availability.available) return availability
  loadNative(name)
  const result = await useBackend('tensorflow')
  if (!result.available || name === 'tfjs-node') return result
  const onGpu = (tf.backend() as unknown as { isUsingGpuDevice: boolean }).isUsingGpuDevice
  if (onGpu) return result
  return no('TensorFlow sees no usable GPU (driver too old, or CUDA libraries missing)')
}

async function startWasm(): Promise<Availability> {
  const folder = packageFolder('@tensorflow/tfjs-backend-wasm')
  if (folder === undefined) return no('@tensorflow/tfjs-backend-wasm is not installed')
  const wasm = require('@tensorflow/tfjs-backend-wasm') as { setWasmPaths(prefix: string): void }
  if (tf.findBackend('wasm') === null) wasm.setWasmPaths(join(folder, 'dist') + sep)
  return useBackend('wasm')
}

/** tfjs's WebGPU backend on npm's `webgpu` (Dawn in Node): both are the user's to install. */
async function startWebgpu(): Promise<Availability> {
  const availability = webgpuInstalled()
  if (!availability.available) return availability
  const dawn = require('webgpu') as { create(options: string[]): unknown; globals: object }
  Object.assign(globalThis, dawn.globals)
  const navigator = { ...(globalThis as { navigator?: object }).navigator, gpu: dawn.create([]) }
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true })
  require('@tensorflow/tfjs-backend-webgpu')
  return useBackend('webgpu')
}

async function useBackend(name: string): Promise<Availability> {
  if (!(await tf.setBackend(name))) return no('its tfjs backend does not initialise')
  await tf.ready()
  return { available: true }
}

function installed(name: string): Availability {
  return packageFolder(name) === undefined ? no(`${name} is not installed`) : { available: true }
}

function webgpuInstalled(): Availability {
  const missing = ['@tensorflow/tfjs-backend-webgpu', 'webgpu'].filter(
    name => packageFolder(name) === undefined,
  )
  if (missing.length === 0) return { available: true }
  return no(`not installed: npm install --no-save ${missing.join(' ')}`)
}

function chooseThreads(asked: number | undefined): number {
  const inherited = Number(process.env.TF_NUM_INTRAOP_THREADS)
  const threads = asked ?? threadsInUse ?? (inherited > 0 ? inherited : availableParallelism())
  if (!Number.isInteger(threads) || threads < 1 || threads > 1024)
    throw inputError('engine.threads', `threads must be a whole number from 1 to 1024, not ${threads}`)
  if (threadsInUse !== undefined && threads !== threadsInUse)
    throw inputError(
      'engine.threads',
      `this process computes with ${threadsInUse} threads already, which can't be changed to ${threads}: start another process`,
    )
  return threads
}

/** TensorFlow reads these once, when its library is opened. */
function setEnvironment(choice: EngineName | 'auto', threads: number): void {
  if (threadsInUse !== undefined) return
  if (choice === 'auto' || choice === 'tfjs-node' || choice === 'tfjs-node-gpu') threadsInUse = threads
  process.env.TF_NUM_INTRAOP_THREADS = String(threads)
  process.env.TF_NUM_INTEROP_THREADS = String(threads)
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3'
  process.env.TF_DETERMINISTIC_OPS ??= '1'
  // Else each process takes the whole memory of the card.
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true'
}

function describe(name: EngineName, threads: number): Engine {
  const native = name === 'tfjs-node' || name === 'tfjs-node-gpu'
  const versions: Record<string, string> = { node: process.versions.node, tfjs: tf.version.tfjs }
  if (native) {
    const own = openedPackage() ?? name
    versions[own] = packageVersion(`@tensorflow/${own}`) ?? 'unknown'
    const { binding } = tf.backend() as unknown as { binding: { TF_Version: string } }
    versions.tensorflow = binding.TF_Version
    // Products of cards from Ampere on keep 10 bits of the fraction, unless told otherwise.
    if (name === 'tfjs-node-gpu') versions.tf32 = process.env.NVIDIA_TF32_OVERRIDE === '0' ? 'off' : 'on'
    // An addon that was built elsewhere computes every operation by itself, and then bits are others.
    versions.functions = functionBackend() === undefined ? 'none' : 'compiled'
  } else if (name !== 'cpu') {
    versions[name] = packageVersion(`@tensorflow/tfjs-backend-${name}`) ?? 'unknown'
  }
  return { name, native, tf, versions, threads: native ? threads : 1 }
}

function notice(name: EngineName, passedOver: readonly string[]): string {
  const cost =
    name === 'wasm' ? 'about 40 times slower than native TensorFlow' : name === 'cpu' ? 'slowest' : 'no GPU'
  return `running on ${name} (${cost}); passed over ${passedOver.join('; ')}`
}
