import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, test } from 'vitest'
import { makeEnvAsync } from '../../../src/envs/registry.ts'
import { ANSWER, type Arrived, FrameReader, jsonFrame, jsonOf, KINDS } from '../../../src/envs/wire/frames.ts'
import { type Host, type Place, serveSockets, serveStreams } from '../../../src/runner/serve/listen.ts'
import { greeting } from '../../support/wire.ts'

const host: Host = { make: makeEnvAsync, version: '0.0.0' }
const folder = mkdtempSync(join(tmpdir(), 'layergym-test-'))
let controller = new AbortController()

afterEach(() => {
  controller.abort()
  controller = new AbortController()
})

/** Listens; where, and what settles when it has ended. */
async function listening(place: Place, own: Host = host) {
  let done: Promise<void> = Promise.resolve()
  const where = await new Promise<string>((resolve, reject) => {
    done = serveSockets(place, own, controller.signal, resolve)
    done.catch(reject)
  })
  return { where, done }
}

function nextFrame(socket: Socket): Promise<Arrived | undefined> {
  const frames = new FrameReader()
  return new Promise(resolve => {
    socket.on('data', chunk => {
      frames.push(chunk as Buffer)
      const frame = frames.next()
      if (frame !== undefined) resolve(frame)
    })
    socket.on('close', () => resolve(undefined))
  })
}

describe('serving', () => {
  test('on a Unix socket that is its owner’s alone, to several at once, until the signal', async () => {
    const path = join(folder, 'socket')
    const { done } = await listening({ socket: path })
    expect(statSync(path).mode & 0o077).toBe(0)
    const sockets = [connect(path), connect(path)]
    const answers = sockets.map(nextFrame)
    for (const socket of sockets) socket.write(greeting(1, {}, [1, 1]))
    for (const answer of answers) expect((await answer)?.kind).toBe(KINDS.hello | ANSWER)
    await expect(serveSockets({ socket: path }, host, controller.signal, () => undefined)).rejects.toThrow(
      'is there already',
    )
    controller.abort()
    await done
  })

  test('on TCP, to those who know the token', async () => {
    const { where } = await listening({ port: 0, host: '127.0.0.1' }, { ...host, token: 'secret' })
    const port = Number(where.split(':')[1])
    const stranger = connect(port)
    stranger.write(greeting(1, {}, [1, 1]))
    const refused = await nextFrame(stranger)
    expect(refused?.kind).toBe(KINDS.error)
    expect(refused && jsonOf(refused.body).code).toBe('serve.token')
    const friend = connect(port)
    friend.write(greeting(1, { token: 'secret' }, [1, 1]))
    expect((await nextFrame(friend))?.kind).toBe(KINDS.hello | ANSWER)
    friend.destroy()
  })

  test('over a pair of streams: ends with them, and closes what was made', async () => {
    let closed = 0
    const make = async (id: string) =>
      Object.assign(Object.create(await makeEnvAsync(id)), { close: () => void closed++ })
    const [input, output] = [new PassThrough(), new PassThrough()]
    const done = serveStreams(input, output, { ...host, make }, controller.signal)
    input.write(greeting(1, {}, [1, 1]))
    input.write(jsonFrame(KINDS.make, 2, 0, { id: 'CartPole-v1' }))
    await new Promise(resolve => setTimeout(resolve, 20))
    input.end()
    await done
    expect(closed).toBe(1)
    rmSync(folder, { recursive: true, force: true })
  })
})
