import { type ChildProcess, spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SCRIPTS = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'scripts')

export interface Outcome {
  readonly code: number | null
  readonly lines: readonly string[]
}

/** A folder with the set-up in it and stand-ins for every tool: no network, no compiler, its own cache and PATH. */
export class StandIn {
  readonly folder = mkdtempSync(join(tmpdir(), 'layergym-setup-'))
  readonly addons = join(this.folder, 'node_modules/@tensorflow/tfjs-node/lib/napi-v8')
  readonly engines = join(this.folder, 'cache/layergym/engine')

  constructor() {
    cpSync(SCRIPTS, join(this.folder, 'scripts'), { recursive: true })
    this.write('package.json', '{ "type": "module" }')
    this.write('node_modules/@tensorflow/tfjs-node/package.json', '{ "main": "index.js" }')
    this.write('node_modules/@tensorflow/tfjs-node/binding/tfjs_binding.cc', '')
    this.write('node_modules/node-api-headers/package.json', '{}')
    this.install({})
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true })
    writeFileSync(join(this.folder, path), text)
  }

  /** Puts programs on the PATH, each the JavaScript given. */
  install(tools: Readonly<Record<string, string>>): void {
    this.write('bin/package.json', '{ "type": "commonjs" }')
    for (const [name, code] of Object.entries(tools)) {
      this.write(`bin/${name}`, `#!${process.execPath}\nconst fs = require('fs')\n${code}\n`)
      chmodSync(join(this.folder, 'bin', name), 0o755)
    }
  }

  /** What lies in the engine's cache besides the note on failures. */
  left(): string[] {
    return existsSync(this.engines)
      ? readdirSync(this.engines).filter(name => !name.startsWith('failure-'))
      : []
  }

  start(...flags: string[]): { child: ChildProcess; done: Promise<Outcome> } {
    const env = {
      PATH: join(this.folder, 'bin'),
      HOME: this.folder,
      XDG_CACHE_HOME: join(this.folder, 'cache'),
    }
    const script = join(this.folder, 'scripts', 'setup.mjs')
    const child = spawn(process.execPath, [script, ...flags], { cwd: this.folder, env })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk))
    const done = new Promise<Outcome>(resolve =>
      child.on('close', code =>
        resolve({ code, lines: output.split('\n').filter(line => line.trim() !== '') }),
      ),
    )
    return { child, done }
  }

  setUp(...flags: string[]): Promise<Outcome> {
    return this.start(...flags).done
  }

  uninstall(tool: string): void {
    rmSync(join(this.folder, 'bin', tool))
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Stands in for python3: pip's version, its download, and the unpacking script on stdin. */
export const PYTHON = `
const args = process.argv.slice(2)
const download = () => fs.writeFileSync(args[args.indexOf('--dest') + 1] + '/tensorflow.whl', 'wheel')
const unpack = () => {
  fs.mkdirSync(args[1] + '/tensorflow', { recursive: true })
  fs.writeFileSync(args[1] + '/tensorflow/libtensorflow_cc.so.2', 'the whole library')
}
if (args.includes('download')) download()
else if (args[0] === '-') unpack()
`
export const COMPILER =
  "const args = process.argv.slice(2); fs.writeFileSync(args[args.indexOf('-o') + 1], 'addon')"
/** Stands in for a tfjs-node that computes. */
export const WORKING = `module.exports = {
  ones: () => 0,
  matMul: () => ({ dataSync: () => [3, 3, 3, 3] }),
  grad: () => () => ({ dataSync: () => [9] }),
}`

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 20))
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}
