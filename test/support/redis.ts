import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { RedisClient } from '../../src/runner/workers/redis-client.ts'

export const HAS_REDIS = spawnSync('redis-server', ['--version']).status === 0

/** A Redis server of a test's own; its memory lies in a folder that is removed at the end. */
export class RedisServer {
  private process?: ChildProcess
  private readonly dir = mkdtempSync(join(tmpdir(), 'layergym-redis-'))

  private constructor(
    readonly port: number,
    private readonly password: string | undefined,
  ) {}

  static async start({ password }: { readonly password?: string } = {}): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), password)
    await server.up()
    return server
  }

  get url(): string {
    return `redis://${this.password === undefined ? '' : `:${this.password}@`}127.0.0.1:${this.port}`
  }

  async up(): Promise<void> {
    const secret = this.password === undefined ? [] : ['--requirepass', this.password]
    const memory = ['--dir', this.dir, '--appendonly', 'yes', '--appendfsync', 'always', '--save', '']
    const port = ['--port', String(this.port), '--bind', '127.0.0.1']
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
