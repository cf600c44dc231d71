import { randomBytes } from 'node:crypto'
import { fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Command } from 'commander'
import { inputError } from '../common/error.ts'
import type { Host } from '../runner/serve/listen.ts'
import type { Io } from './command.ts'
import { withPlugins } from './env-options.ts'

/** `layergym serve`: environments for other programs, Python's Gymnasium first of all. */
export function serveCommand(program: Command, io: Io): void {
  program
    .command('serve')
    .description(
      "serve environments to Python's Gymnasium (python/) or any other program, over stdin and stdout; docs/protocol.md",
    )
    .option('--socket <path>', 'listen on a Unix socket instead, for this user alone')
    .option('--tcp <port>', 'listen on TCP instead (0: any free port); who connects must know LAYERGYM_TOKEN')
    .option('--host <address>', 'of --tcp (127.0.0.1: this machine alone)')
    .option('--plugin <names...>', 'modules to load first, which may register environments')
    .action(async (options: ServeOptions) => {
      const place = placeOf(options)
      const streams = place === undefined ? standardStreams() : undefined
      await withPlugins(options.plugin)
      const [{ makeEnvAsync }, { serveSockets, serveStreams }, { packageVersion }] = await Promise.all([
        import('../envs/registry.ts'),
        import('../runner/serve/listen.ts'),
        import('../runner/runs/origin.ts'),
      ])
      const host: Host = { make: makeEnvAsync, version: packageVersion }
      if (streams !== undefined) await serveStreams(streams.input, streams.output, host, io.signal)
      if (place === undefined) return
      const token = 'port' in place ? tokenFor(io) : undefined
      await serveSockets(place, { ...host, ...(token !== undefined && { token }) }, io.signal, where =>
        io.stderr(`listening on ${where}\n`),
      )
    })
}

interface ServeOptions {
  readonly socket?: string
  readonly tcp?: string
  readonly host?: string
  readonly plugin?: readonly string[]
}

/** Undefined: stdin and stdout. */
function placeOf({ socket, tcp, host = '127.0.0.1' }: ServeOptions) {
  if (socket !== undefined && tcp !== undefined)
    throw inputError('serve.place', '--socket and --tcp are two places: give one of them')
  if (socket !== undefined) return { socket }
  if (tcp === undefined) return undefined
  const port = Number(tcp)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw inputError('serve.port', `--tcp takes a port, 0 to 65535, not ${tcp}`)
  return { port, host }
}

/** Of the environment variable, or a new one, which is told. */
function tokenFor(io: Io): string {
  const given = process.env.LAYERGYM_TOKEN
  if (given !== undefined && given !== '') return given
  const token = randomBytes(16).toString('hex')
  io.stderr(`LAYERGYM_TOKEN=${token}\n`)
  return token
}

/**
 * Where stdin is a socket it carries both ways. What plugins print goes to stderr: on stdout it would be taken for
 * frames.
 */
function standardStreams() {
  if (fstatSync(0).isSocket()) {
    const socket = new Socket({ fd: 0, readable: true, writable: true })
    return { input: socket, output: socket }
  }
  const frames = process.stdout.write.bind(process.stdout)
  const output = Object.assign(Object.create(process.stdout), { write: frames }) as NodeJS.WriteStream
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write
  return { input: process.stdin, output }
}
