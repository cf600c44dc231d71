import { describe, expect, test } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import type { Env } from '../../../src/envs/env.ts'
import { makeEnv, makeEnvAsync } from '../../../src/envs/registry.ts'
import { Writer } from '../../../src/envs/wire/bytes.ts'
import { ANSWER, type Arrived, jsonFrame, jsonOf, KINDS, PROTOCOL } from '../../../src/envs/wire/frames.ts'
import { readBatch, writeBatch } from '../../../src/envs/wire/values.ts'
import { greeting, TestClient } from '../../support/wire.ts'

const CARTPOLE = makeEnv('CartPole-v1')

function stepFrame(env: Env<unknown, unknown>, request: number, handle: number, actions: readonly unknown[]) {
  const writer = new Writer()
  writeBatch(writer, env.actionSpace, actions)
  return writer.finish(KINDS.step, PROTOCOL, request, handle)
}

/** What an answer to a reset or a step holds, masks aside. */
function outcome(env: Env<unknown, unknown>, { body }: Arrived, size: number) {
  const rewards = Array.from({ length: size }, () => body.f64())
  const flags = Array.from({ length: size }, () => body.u8())
  const observations = readBatch(body, env.observationSpace, size)
  const final = Array.from({ length: body.u32() }, () => body.u32())
  const finals = final.length > 0 ? readBatch(body, env.observationSpace, final.length) : []
  const infos = body.text()
  body.end()
  return { rewards, flags, observations, final, finals, infos }
}

async function made(options: Readonly<Record<string, unknown>> = {}, client = new TestClient()) {
  client.greet()
  const facts = await client.ask(KINDS.make, 2, 0, { id: 'CartPole-v1', ...options })
  return { client, facts, handle: Number(facts.handle) }
}

describe('a session', () => {
  test('greets, makes, resets and steps as the environment itself does', async () => {
    const { client, facts, handle } = await made()
    expect(facts).toMatchObject({
      size: 1,
      maskSize: 0,
      renders: true,
      actionSpace: { kind: 'discrete', n: 2 },
    })
    client.session.receive(jsonFrame(KINDS.reset, 3, handle, { seed: 5 }))
    const env = makeEnv('CartPole-v1')
    const { observation } = env.reset({ seed: 5 }) as { observation: unknown }
    expect(outcome(env, client.last, 1).observations).toEqual([observation])
    for (let request = 4; ; request++) {
      client.session.receive(stepFrame(env, request, handle, [1]))
      const step = env.step(1) as { observation: unknown; reward: number; terminated: boolean }
      expect(client.last).toMatchObject({ kind: KINDS.step | ANSWER, request, handle })
      const { observations, rewards, flags } = outcome(env, client.last, 1)
      expect({ observations, rewards }).toEqual({ observations: [step.observation], rewards: [step.reward] })
      expect(flags).toEqual([step.terminated ? 1 : 0])
      if (step.terminated) break
    }
  })

  test('several step together; same-step resets keep the final observations', async () => {
    const { client, handle } = await made({
      size: 3,
      autoreset: 'same-step',
      options: { maxEpisodeSteps: 2 },
    })
    client.session.receive(jsonFrame(KINDS.reset, 3, handle, { seed: [1, 2, 3] }))
    client.session.receive(stepFrame(CARTPOLE, 4, handle, [0, 1, 0]))
    client.session.receive(stepFrame(CARTPOLE, 5, handle, [0, 1, 0]))
    const { flags, final, finals, observations } = outcome(CARTPOLE, client.last, 3)
    expect(flags).toEqual([2, 2, 2])
    expect(final).toEqual([0, 1, 2])
    expect(finals).not.toEqual(observations)
  })

  test("a box's numbers are its own, in whatever the bytes come", async () => {
    const client = new TestClient()
    client.greet()
    const { handle } = await client.ask(KINDS.make, 2, 0, { id: 'Pendulum-v1' })
    client.session.receive(jsonFrame(KINDS.reset, 3, Number(handle), { seed: 1 }))
    const env = makeEnv('Pendulum-v1')
    env.reset({ seed: 1 })
    const writer = new Writer()
    writeBatch(writer, env.actionSpace, [Float32Array.of(1.5)])
    client.session.receive(Buffer.from(writer.finish(KINDS.step, PROTOCOL, 4, Number(handle))))
    const step = (await env.step(Float32Array.of(1.5))) as { observation: unknown; reward: number }
    const { observations, rewards } = outcome(env, client.last, 1)
    expect([observations[0], rewards[0]]).toEqual([step.observation, step.reward])
  })

  test('masks come with every answer, infos where there are some', async () => {
    const client = new TestClient()
    client.greet()
    const { handle, maskSize } = await client.ask(KINDS.make, 2, 0, { id: 'MaskedWalk-v0' })
    expect(maskSize).toBeGreaterThan(0)
    client.session.receive(jsonFrame(KINDS.reset, 3, Number(handle), { seed: 1 }))
    const { body } = client.last
    body.f64()
    body.u8()
    const env = makeEnv('MaskedWalk-v0')
    env.reset({ seed: 1 })
    expect([...body.raw(Number(maskSize))]).toEqual([...(env.actionMask?.() ?? [])])
  })

  test('pictures are sent as they are', async () => {
    const { client, handle } = await made()
    client.session.receive(jsonFrame(KINDS.reset, 3, handle, {}))
    const writer = new Writer()
    writer.u32(0)
    client.session.receive(writer.finish(KINDS.render, PROTOCOL, 4, handle))
    const { body } = client.last
    expect([body.u32(), body.u32(), body.u32()]).toEqual([1, 200, 300])
    expect(body.raw(200 * 300 * 3)).toHaveLength(180_000)
    body.end()
  })

  test('requests of one environment keep their order; others need not wait', async () => {
    let open: () => void = () => undefined
    const gate = new Promise<void>(resolve => {
      open = resolve
    })
    const slow = async (id: string, options: Readonly<Record<string, unknown>>) => {
      const env = await makeEnvAsync(id, options)
      if (options.suttonBartoReward !== true) return env
      return Object.assign(Object.create(env), { reset: () => gate.then(() => env.reset({ seed: 1 })) })
    }
    const { client, handle } = await made(
      { options: { suttonBartoReward: true } },
      new TestClient({ make: slow }),
    )
    const { handle: other } = await client.ask(KINDS.make, 3, 0, { id: 'CartPole-v1' })
    client.session.receive(jsonFrame(KINDS.reset, 10, handle, {}))
    client.session.receive(stepFrame(CARTPOLE, 11, handle, [0]))
    client.session.receive(jsonFrame(KINDS.reset, 12, Number(other), { seed: 1 }))
    expect(client.last.request).toBe(12)
    open()
    await client.answerTo(11)
    expect(client.arrived.slice(-3).map(({ request }) => request)).toEqual([12, 10, 11])
  })

  test.each([
    ['no such environment', KINDS.make, 0, { id: 'CartPol-v1' }, "did you mean 'CartPole-v1'"],
    ['no such option', KINDS.make, 0, { id: 'CartPole-v1', options: { max: 1 } }, "no option 'max'"],
    ['a closed handle', KINDS.reset, 9, {}, 'no environment 9'],
    ['an unknown kind', 99, 0, {}, 'kind 99'],
  ])('%s is refused, and the session goes on', async (_, kind, handle, value, words) => {
    const { client } = await made()
    const said = await client.ask(kind, 7, handle, value)
    expect(client.last.kind).toBe(KINDS.error)
    expect(said.message).toContain(words)
    expect(client.ended).toBe(false)
    expect(await client.ask(KINDS.make, 8, 0, { id: 'CartPole-v1' })).toHaveProperty('handle')
  })

  test('a step before the reset, or of too few actions, is refused', async () => {
    const { client, handle } = await made({ size: 2 })
    client.session.receive(stepFrame(CARTPOLE, 3, handle, [0, 1]))
    expect(String(jsonOf(client.last.body).message)).toContain('reset()')
    client.session.receive(jsonFrame(KINDS.reset, 4, handle, {}))
    client.session.receive(stepFrame(CARTPOLE, 5, handle, [0]))
    expect(String(jsonOf(client.last.body).message)).toContain('too early')
    client.session.receive(stepFrame(CARTPOLE, 6, handle, [0, 1]))
    expect(client.last.kind).toBe(KINDS.step | ANSWER)
  })

  test('closing gives back what was made', async () => {
    const closed: string[] = []
    const make = async (id: string) => {
      const env = await makeEnvAsync(id)
      return Object.assign(Object.create(env), { close: () => void closed.push(id) })
    }
    const { client, handle } = await made({ size: 2 }, new TestClient({ make }))
    await client.ask(KINDS.close, 5, handle, {})
    expect(closed).toEqual(['CartPole-v1', 'CartPole-v1'])
    await client.ask(KINDS.make, 6, 0, { id: 'Pendulum-v1' })
    await client.session.close()
    expect(closed).toHaveLength(3)
  })
})

describe('a greeting', () => {
  test('is answered by the version that is spoken', () => {
    const { kind, body } = new TestClient().greet({}, [1, 7])
    expect(kind).toBe(KINDS.hello | ANSWER)
    body.u32()
    expect(body.u16()).toBe(PROTOCOL)
  })

  test.each([
    ['another version', {}, [2, 3] as const, undefined, 'bring layergym up to date'],
    ['no token', {}, [1, 1] as const, 'secret', 'LAYERGYM_TOKEN'],
    ['a wrong token', { token: 'secreT' }, [1, 1] as const, 'secret', 'LAYERGYM_TOKEN'],
  ])('of %s is refused, and ends the session', (_, facts, versions, token, words) => {
    const client = new TestClient({ token })
    expect(String(jsonOf(client.greet(facts, versions).body).message)).toContain(words)
    expect(client.ended).toBe(true)
    client.session.receive(greeting(2, { token: 'secret' }, [1, 1]))
    expect(client.arrived).toHaveLength(1)
  })

  test('with the token of the server lets in', () => {
    expect(new TestClient({ token: 'secret' }).greet({ token: 'secret' }).kind).toBe(KINDS.hello | ANSWER)
  })
})

describe('10,000 broken streams', () => {
  test('what is whole is answered once and in order; nothing follows an end, nothing throws', () => {
    const rng = Rng.of(1, 'fuzz')
    const whole = (request: number) => jsonFrame(KINDS.reset, request, 1, { seed: request })
    const valid = [
      whole(11),
      stepFrame(CARTPOLE, 12, 1, [1]),
      jsonFrame(KINDS.make, 13, 0, { id: 'CartPole-v1' }),
      jsonFrame(KINDS.close, 14, 1, {}),
    ]
    for (let round = 0; round < 10_000; round++) {
      const client = new TestClient()
      client.greet()
      const broken = valid[rng.int(valid.length)].slice(0)
      for (let i = rng.int(4); i >= 0; i--) broken[rng.int(broken.length)] = rng.int(256)
      const cut = rng.next() < 0.3 ? rng.int(broken.length) : broken.length
      const stream = [whole(21), whole(22), broken.subarray(0, cut), whole(23), whole(24)]
      for (const bytes of pieces(stream, rng)) {
        client.session.receive(bytes)
        if (client.ended) break
      }
      const requests = client.arrived.map(({ request }) => request)
      expect(requests.slice(0, 3)).toEqual([1, 21, 22])
      expect(requests.length).toBeLessThanOrEqual(1 + stream.length)
      if (!client.ended) continue
      client.session.receive(whole(25))
      expect(client.arrived).toHaveLength(requests.length)
    }
  })
})

/** The same bytes in pieces of other lengths. */
function* pieces(chunks: readonly Uint8Array[], rng: Rng): Generator<Uint8Array> {
  const bytes = Buffer.concat(chunks)
  for (let at = 0; at < bytes.length; ) {
    const next = at + 1 + rng.int(60)
    yield bytes.subarray(at, next)
    at = next
  }
}
