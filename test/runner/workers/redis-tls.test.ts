import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { begin } from '../../../src/runner/runs/drive.ts'
import { hiring } from '../../../src/runner/workers/crew.ts'
import { RedisClient } from '../../../src/runner/workers/redis-client.ts'
import { RedisQueue } from '../../../src/runner/workers/redis-queue.ts'
import { HAS_REDIS, ownCertificate, RedisServer } from '../../support/redis.ts'
import { toyHooks } from '../../support/toy-job.ts'
import { toyUnits } from '../../support/toy-units.ts'

const folder = mkdtempSync(join(tmpdir(), 'layergym-tls-'))
const certificate = HAS_REDIS ? ownCertificate(folder) : undefined
let server: RedisServer
/** Speaks at once, and no TLS. */
const plain = createServer(socket => socket.on('error', () => undefined).write('-ERR\r\n'))
beforeAll(async () => {
  if (certificate === undefined) return
  server = await RedisServer.start({ password: 'sesame', certificate })
  await new Promise<void>(resolve => plain.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  await server?.stop()
  plain.close()
  rmSync(folder, { recursive: true, force: true })
})

const asked = async (url: string) => {
  const client = new RedisClient(new URL(url))
  try {
    return await client.command('PING')
  } finally {
    client.close()
  }
}

describe.skipIf(certificate === undefined)('Redis over TLS', () => {
  const at = (host: string, more = `?ca=${certificate?.ca}`, secret = 'sesame') =>
    `rediss://:${secret}@${host}:${server.port}${more}`

  test('a task goes there and back', async () => {
    const queue = new RedisQueue(new URL(at('127.0.0.1')))
    await queue.put({ id: 'a', group: '', content: 'do a' })
    const lease = await queue.take({ worker: 'me' })
    expect(lease).toMatchObject({ id: 'a', content: 'do a', tries: 1 })
    await queue.close()
  })

  test.each([
    [
      'a certificate of an authority that nobody knows',
      () => at('127.0.0.1', ''),
      'redis.certificate',
      '?ca=ca.pem',
    ],
    ['one for another name', () => at('localhost'), 'redis.certificate', "isn't to be trusted"],
    ['a wrong password', () => at('127.0.0.1', undefined, 'wrong'), 'redis.access', 'refuses'],
    [
      'a file of authorities that is not there',
      () => at('127.0.0.1', '?ca=none.pem'),
      'redis.ca',
      'none.pem',
    ],
    [
      'a server without TLS',
      () => `rediss://127.0.0.1:${(plain.address() as AddressInfo).port}`,
      'redis.tls',
      'redis:// is without',
    ],
  ])('%s is refused at once, with what to do', async (_, url, code, words) => {
    const error = await asked(url()).catch(thrown => thrown)
    expect(error).toMatchObject({ code, exitCode: 2 })
    expect(error.message).toContain(words)
    expect(error.message).not.toContain('sesame')
  })

  test.each([0, 1])('a run with %i workers of its own ends so too', async workers => {
    const values = { units: 2, workers, queue: at('127.0.0.1', ''), out: join(folder, `run-${workers}`) }
    await expect(begin(toyUnits, values, { ...toyHooks(), hire: hiring() })).rejects.toMatchObject({
      code: 'redis.certificate',
      exitCode: 2,
    })
  })

  test('plain words to a server that expects TLS find no connection', async () => {
    await expect(asked(`redis://127.0.0.1:${server.port}`)).rejects.toMatchObject({
      code: 'redis.connection',
    })
  })
})
