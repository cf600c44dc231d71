import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { RedisClient } from '../../src/runner/workers/redis-client.ts'

export const HAS_REDIS = spawnSync('redis-server', ['--version']).status === 0

/** Files in PEM. */
interface Certificate {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** An authority of one's own, and what it signed for 127.0.0.1; undefined where there is no openssl. */
export function ownCertificate(folder: string): Certificate | undefined {
  const [ca, caKey, cert, key, request, names] = ['ca', 'ca-key', 'cert', 'key', 'request', 'names'].map(
    name => join(folder, `${name}.pem`),
  )
  const fresh = ['-newkey', 'rsa:2048', '-nodes']
  writeFileSync(names, 'subjectAltName=IP:127.0.0.1\n')
  const steps = [
    ['req', '-x509', ...fresh, '-keyout', caKey, '-out', ca, '-subj', '/CN=authority', '-days', '2'],
    ['req', ...fresh, '-keyout', key, '-out', request, '-subj', '/CN=redis'],
    [
      'x509',
      '-req',
      '-in',
      request,
      '-CA',
      ca,
      '-CAkey',
      caKey,
      '-CAcreateserial',
      '-out',
      cert,
      '-days',
      '2',
    ],
  ].map((words, i) => (i === 2 ? [...words, '-extfile', names] : words))
  return steps.every(words => spawnSync('openssl', words).status === 0) ? { ca, cert, key } : undefined
}

/** A Redis server of a test's own; its memory lies in a folder that is removed at the end. */
export class RedisServer {
  private process?: ChildProcess
  private readonly dir = mkdtempSync(join(tmpdir(), 'layergym-redis-'))

  private constructor(
    readonly port: number,
    private readonly password: string | undefined,
    private readonly certificate: Certificate | undefined,
  ) {}

  /** @param options with a certificate it speaks TLS alone */
  static async start(
    options: { readonly password?: string; readonly certificate?: Certificate } = {},
  ): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options.password, options.certificate)
    await server.up()
    return server
  }

  get url(): string {
    const secret = this.password === undefined ? '' : `:${this.password}@`
    const where = `${secret}127.0.0.1:${this.port}`
    return this.certificate === undefined ? `redis://${where}` : `rediss://${where}?ca=${this.certificate.ca}`
  }

  async up(): Promise<void> {
    const secret = this.password === undefined ? [] : ['--requirepass', this.password]
    const memory = ['--dir', this.dir, '--appendonly', 'yes', '--appendfsync', 'always', '--save', '']
    const port = [...this.ports(), '--bind', '127.0.0.1']
    this.process = spawn('redis-server', [...port, ...memory, ...secret], { stdio: 'ignore' })
    for (let tries = 0; ; tries++) {
      const client = new RedisClient(new URL(this.url))
      const answer = await client.command('PING').catch(() => undefined)
      client.close()
      if (answer !== undefined) return
      if (tries > 200) throw new Error('redis-server does not answer')
      await pause(50)
    }
  }

  private ports(): readonly string[] {
    const port = String(this.port)
    if (this.certificate === undefined) return ['--port', port]
    const { ca, cert, key } = this.certificate
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ca]
    return ['--port', '0', '--tls-port', port, ...files, '--tls-auth-clients', 'no']
  }

  /** @param forget with all that it knew */
  async down(forget = false): Promise<void> {
    const ended = new Promise(resolve => this.process?.once('exit', resolve))
    this.process?.kill('SIGKILL')
    await ended
    if (forget) rmSync(join(this.dir, 'appendonlydir'), { recursive: true, force: true })
  }

  async stop(): Promise<void> {
    await this.down()
    rmSync(this.dir, { recursive: true, force: true })
  }
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
