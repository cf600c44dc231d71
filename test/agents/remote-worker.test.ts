import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { FromWorker, ToWorker } from '../../src/agents/remote/worker.ts'

const given = vi.hoisted(() => ({ data: {} as unknown, said: [] as [number, string][] }))
vi.mock('node:worker_threads', async importOriginal => ({
  ...(await importOriginal<object>()),
  get workerData() {
    return given.data
  },
}))
vi.mock('node:fs', async importOriginal => ({
  ...(await importOriginal<object>()),
  writeSync: (file: number, chunk: Uint8Array) => given.said.push([file, String(chunk)]),
}))

const open: MessagePort[] = []
afterEach(() => {
  for (const port of open.splice(0)) port.close()
  given.said.length = 0
})

/** Processes begin and end late on a busy machine. */
const eventually = (holds: () => void) => vi.waitFor(holds, { timeout: 20_000, interval: 5 })

/** The thread's work, done here: holds this shell script's streams. */
async function holding(script: string, command = ['/bin/sh', '-c', script]) {
  const { port1, port2 } = new MessageChannel()
  open.push(port1, port2)
  const signal = new Int32Array(new SharedArrayBuffer(4))
  given.data = { command, env: { PATH: process.env.PATH, WORD: 'theirs' }, signal, port: port2 }
  const messages: FromWorker[] = []
  port1.on('message', message => messages.push(message))
  vi.resetModules()
  await import('../../src/agents/remote/worker.ts')
  const text = () =>
    messages.map(message => ('ended' in message ? '' : Buffer.from(message).toString())).join('')
  const end = () => messages.flatMap(message => ('ended' in message ? [message.ended] : []))
  return { text, end, signal, post: (message: ToWorker) => port1.postMessage(message) }
}

describe("a thread that holds another program's streams", () => {
  test('gives it frames, and its bytes to who waits', async () => {
    const { text, end, signal, post } = await holding('echo "$WORD"; exec cat')
    await eventually(() => expect(text()).toBe('theirs\n'))
    expect(signal[0]).toBe(1)
    post(Buffer.from('one'))
    await eventually(() => expect(text()).toBe('theirs\none'))
    post(Buffer.from('two'))
    await eventually(() => expect(text()).toBe('theirs\nonetwo'))
    expect(end()).toEqual([])
    post('end')
    await eventually(() => expect(end()).toEqual(['it ended with SIGKILL: ']))
  })

  test('says how it ended, and what it said last; that is said at once too', async () => {
    const { end, text } = await holding('echo " out of memory " >&2; exit 3')
    await eventually(() => expect(end()).toEqual(['it ended with 3: out of memory']))
    expect(given.said).toEqual([[2, ' out of memory \n']])
    expect(text()).toBe('')
  })

  test('keeps no more of that than the last 2000 characters', async () => {
    const { end } = await holding(
      'i=0; while [ $i -lt 300 ]; do echo "line $i of many" >&2; i=$((i+1)); done',
    )
    await eventually(() => expect(end()).toHaveLength(1))
    const [, said] = /^it ended with 0: (.*)$/s.exec(end()[0]) ?? []
    expect(said.length).toBeGreaterThan(1950)
    expect(said.length).toBeLessThanOrEqual(2000)
    expect(said).toMatch(/of many\nline 299 of many$/)
  })

  test('one that is not there, and frames for one that has ended, are said and no more', async () => {
    const missing = await holding('', ['/nowhere/theirs'])
    await eventually(() => expect(missing.end()[0]).toContain('ENOENT'))
    const { end, post } = await holding('exec true')
    await eventually(() => expect(end()).toEqual(['it ended with 0: ']))
    post(Buffer.from('late'))
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(end()).toHaveLength(1)
  })
})
