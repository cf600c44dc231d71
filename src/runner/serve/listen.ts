import { existsSync } from 'node:fs'
import { chmod, unlink } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { inputError } from '../../common/error.ts'
import { Session, type SessionOptions } from './session.ts'

/** Everything of a session but what carries it. */
export type Host = Omit<SessionOptions, 'send' | 'end'>

/** Milliseconds that whoever connects has to greet. */
const GREETING_MS = 10_000

/**
 * Serves one other end over a pair of streams until it closes them, or the signal says so; whatever was under way is
 * ended and closed before this settles.
 */
export async function serveStreams(
  input: Readable,
  output: Writable,
  host: Host,
  signal: AbortSignal,
): Promise<void> {
  const session = new Session({
    ...host,
    send: frame => void output.write(frame),
    end: () => input.destroy(),
  })
  await new Promise<void>(resolve => {
    const done = () => resolve()
    input.on('data', (chunk: Uint8Array) => session.receive(chunk))
    for (const event of ['end', 'close', 'error']) input.on(event, done)
    output.on('error', done)
    signal.addEventListener('abort', done, { once: true })
  })
  input.destroy()
  await session.close()
}

/** Where a server listens. */
export type Place = { readonly socket: string } | { readonly port: number; readonly host: string }

/**
 * Serves whoever connects, until the signal says so. A Unix socket is its owner's alone; behind TCP stands a token.
 * @param onListening told where, with the port that was chosen
 * @throws input error where the place is taken
 */
export async function serveSockets(
  place: Place,
  host: Host,
  signal: AbortSignal,
  onListening: (where: string) => void,
): Promise<void> {
  const open = new Set<Promise<void>>()
  const server = createServer(socket => {
    const served = serveSocket(socket, host, signal)
    open.add(served)
    void served.finally(() => open.delete(served))
  })
  if ('socket' in place) await clear(place.socket)
  await listen(server, place)
  if ('socket' in place) await chmod(place.socket, 0o600)
  onListening(whereOf(server, place))
  await new Promise<void>(resolve => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  server.close()
  await Promise.all(open)
}

function serveSocket(socket: Socket, host: Host, signal: AbortSignal): Promise<void> {
  socket.setNoDelay(true)
  let greeted = false
  const timer = setTimeout(() => {
    if (!greeted) socket.destroy()
  }, GREETING_MS)
  socket.once('data', () => {
    greeted = true
  })
  return serveStreams(socket, socket, host, signal).finally(() => clearTimeout(timer))
}

/** A socket that nobody listens on any more is left from a process that was killed. */
async function clear(path: string): Promise<void> {
  if (!existsSync(path)) return
  const answers = await new Promise<boolean>(resolve => {
    const probe = connect(path, () => resolve(true))
    probe.on('error', error => resolve((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED'))
    probe.on('connect', () => probe.destroy())
  })
  if (answers)
    throw inputError(
      'serve.taken',
      `${path} is there already: give --socket another path, or end who listens`,
    )
  await unlink(path)
}

function listen(server: Server, place: Place): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on('error', (error: NodeJS.ErrnoException) => {
      const where = 'socket' in place ? place.socket : `${place.host}:${place.port}`
      reject(
        inputError('serve.listen', `can't listen on ${where}: ${error.code ?? error.message}`, {
          cause: error,
        }),
      )
    })
    if ('socket' in place) server.listen(place.socket, resolve)
    else server.listen(place.port, place.host, resolve)
  })
}

function whereOf(server: Server, place: Place): string {
  const address = server.address()
  if ('socket' in place || address === null || typeof address === 'string') return String(address)
  return `${address.address}:${address.port}`
}
