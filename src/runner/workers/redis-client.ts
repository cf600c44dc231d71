import { readFileSync } from 'node:fs'
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { failure, inputError, messageOf } from '../../common/error.ts'

export type Reply = string | number | null | Buffer | readonly Reply[]

interface Pending {
  resolve(reply: Reply): void
  reject(error: Error): void
}

/** Milliseconds that a command may take, a large result's included. */
const PATIENCE = 20_000

/**
 * Speaks to a Redis server as its URL says (`redis://user:password@host:6379/0`, `rediss://` for TLS, with `?ca=FILE` where
 * the certificate is signed by one's own authority). Connects when
 * the first command comes, and anew after a connection broke: the commands under way then fail.
 */
export class RedisClient {
  private socket?: Promise<Socket>
  private open?: Socket
  private pending: Pending[] = []
  private chunks: Buffer[] = []
  private length = 0
  private needed = 0

  constructor(private readonly url: URL) {}

  /** @throws failure `redis.connection` where the server can't be reached, `redis.answer` where it refuses */
  async command(...words: readonly (string | Buffer | number)[]): Promise<Reply> {
    this.socket ??= this.connected()
    const socket = await this.socket
    return this.sent(socket, words)
  }

  close(): void {
    this.open?.destroy()
  }

  private sent(socket: Socket, words: readonly (string | Buffer | number)[]): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => socket.destroy(new Error('no answer')), PATIENCE)
      const settled =
        <T>(end: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer)
          end(value)
        }
      this.pending.push({ resolve: settled(resolve), reject: settled(reject) })
      socket.write(request(words))
    })
  }

  private async connected(): Promise<Socket> {
    const { hostname, port, protocol, username, password, pathname } = this.url
    const where = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) }
    const socket = protocol === 'rediss:' ? connectTls({ ...where, ...tlsOf(this.url) }) : connect(where)
    let cause: Error | undefined
    this.open = socket
    this.chunks = []
    this.length = 0
    this.needed = 0
    const end = (error?: Error) => {
      cause ??= error
      this.broken(socket, error)
    }
    socket.on('error', end)
    socket.on('close', () => end())
    socket.on('data', data => this.read(data))
    socket.setNoDelay(true)
    await new Promise<void>((resolve, reject) => {
      const silent = protocol === 'rediss:' ? 'no answer in TLS; without it: redis://' : 'no answer'
      const timer = setTimeout(() => socket.destroy(new Error(silent)), PATIENCE)
      socket.once(protocol === 'rediss:' ? 'secureConnect' : 'connect', () => {
        clearTimeout(timer)
        resolve()
      })
      socket.once('close', () => {
        clearTimeout(timer)
        reject(untrusted(this.url, cause) ?? unreachable(this.url, cause))
      })
    })
    const secret = decodeURIComponent(password)
    if (secret !== '') {
      const user = decodeURIComponent(username)
      await this.sent(socket, user === '' ? ['AUTH', secret] : ['AUTH', user, secret]).catch(error => {
        throw error.code === 'redis.answer'
          ? inputError('redis.access', `the Redis server at ${this.url.host} refuses: ${error.message}`)
          : error
      })
    }
    const database = pathname.replace(/^\//, '')
    if (database !== '') await this.sent(socket, ['SELECT', database])
    return socket
  }

  private broken(socket: Socket, error?: Error): void {
    if (socket !== this.open) return
    this.open = undefined
    this.socket = undefined
    const { pending } = this
    this.pending = []
    for (const { reject } of pending) reject(unreachable(this.url, error))
  }

  private read(data: Buffer): void {
    this.chunks.push(data)
    this.length += data.length
    if (this.length < this.needed) return
    let rest = this.chunks.length === 1 ? this.chunks[0] : Buffer.concat(this.chunks)
    for (;;) {
      const found = parsed(rest, 0)
      if ('needed' in found) {
        this.needed = found.needed
        break
      }
      rest = rest.subarray(found.next)
      const waiting = this.pending.shift()
      if (found.error === undefined) waiting?.resolve(found.reply)
      else waiting?.reject(failure('redis.answer', found.error))
    }
    this.chunks = [rest]
    this.length = rest.length
  }
}

/** Whom a server's certificate is checked by. @throws input error for a file that can't be read */
function tlsOf({ hostname, searchParams }: URL): { readonly servername?: string; readonly ca?: Buffer } {
  const host = hostname.replace(/^\[|\]$/g, '')
  const path = searchParams.get('ca')
  const name = isIP(host) ? {} : { servername: host }
  if (path === null) return name
  try {
    return { ...name, ca: readFileSync(path) }
  } catch (error) {
    throw inputError('redis.ca', `the certificates of '?ca=${path}' can't be read: ${messageOf(error)}`)
  }
}

/** What no waiting mends: a certificate that isn't to be trusted, a server that speaks no TLS. */
function untrusted({ host }: URL, error: Error | undefined): Error | undefined {
  const { code = '' } = (error ?? {}) as NodeJS.ErrnoException
  if (code === 'EPROTO' || code.startsWith('ERR_SSL'))
    return inputError(
      'redis.tls',
      `the Redis server at ${host} speaks no TLS that is known here: redis:// is without`,
    )
  if (!/CERT|VERIFY|ISSUER/.test(code)) return undefined
  return inputError(
    'redis.certificate',
    `the certificate of the Redis server at ${host} isn't to be trusted: ${error?.message}. Where it is signed by your own authority, name that one's certificate in the URL, as in rediss://${host}?ca=ca.pem`,
  )
}

function unreachable({ host }: URL, error?: Error): Error {
  return failure(
    'redis.connection',
    `no connection to the Redis server at ${host}${error ? ` (${error.message})` : ''}`,
  )
}

function request(words: readonly (string | Buffer | number)[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`*${words.length}\r\n`)]
  for (const word of words) {
    const bytes = Buffer.isBuffer(word) ? word : Buffer.from(String(word))
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'))
  }
  return Buffer.concat(parts)
}

type Parsed =
  | { readonly reply: Reply; readonly next: number; readonly error?: string }
  /** Bytes without which there is no whole reply. */
  | { readonly needed: number }

/** One reply of the protocol's second version. */
function parsed(data: Buffer, at: number): Parsed {
  const end = data.indexOf('\r\n', at)
  if (end < 0) return { needed: data.length + 1 }
  const type = String.fromCharCode(data[at])
  const line = data.toString('utf8', at + 1, end)
  const next = end + 2
  if (type === '+') return { reply: line, next }
  if (type === '-') return { reply: null, next, error: line }
  if (type === ':') return { reply: Number(line), next }
  const count = Number(line)
  if (count < 0) return { reply: null, next }
  if (type === '$') {
    if (data.length < next + count + 2) return { needed: next + count + 2 }
    return { reply: Buffer.from(data.subarray(next, next + count)), next: next + count + 2 }
  }
  const replies: Reply[] = []
  let place = next
  for (let i = 0; i < count; i++) {
    const inner = parsed(data, place)
    if ('needed' in inner) return inner
    replies.push(inner.reply)
    place = inner.next
  }
  return { reply: replies, next: place }
}
