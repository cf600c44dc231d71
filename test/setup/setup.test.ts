import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { COMPILER, isRunning, PYTHON, StandIn, until, WORKING } from './stand-in.ts'

const linux = process.platform === 'linux' && process.arch === 'x64'

let machine: StandIn
beforeEach(() => {
  machine = new StandIn()
})
afterEach(() => machine.remove())

describe('set-up of the engine', () => {
  test.each([
    ['python3', {}],
    ['pip', { python3: 'process.exit(1)' }],
  ])('without %s: one line that says so and what it costs, exit 0', async (missing, tools) => {
    machine.install(tools)
    const { code, lines } = await machine.setUp()
    expect(code).toBe(0)
    expect(lines).toHaveLength(1)
    if (linux) expect(lines[0]).toContain(missing)
    expect(lines[0]).toContain('wasm')
  })

  test.runIf(linux)('remembers what is missing, and tries again once it has appeared', async () => {
    await machine.setUp()
    expect((await machine.setUp()).lines[0]).toContain('found earlier')
    machine.install({ python3: PYTHON })
    const { lines } = await machine.setUp()
    expect(lines.join('\n')).toContain('no C++ compiler')
    expect(lines.join('\n')).not.toContain('found earlier')
  })

  test.runIf(linux)('--retry tries again what is known to fail', async () => {
    await machine.setUp()
    expect((await machine.setUp('--retry')).lines[0]).not.toContain('found earlier')
  })

  test.runIf(linux)('a download that fails leaves nothing and names the reason', async () => {
    machine.install({
      python3: PYTHON.replace('download()', "{ console.error('no route to host'); process.exit(1) }"),
    })
    const { code, lines } = await machine.setUp()
    expect(code).toBe(0)
    expect(lines.at(-1)).toContain('no route to host')
    expect(machine.left()).toEqual([])
  })

  test.runIf(linux)(
    'builds, verifies, and is silent the second time; a lost library is fetched again',
    async () => {
      machine.install({ python3: PYTHON, 'g++': COMPILER })
      machine.write('node_modules/@tensorflow/tfjs-node/index.js', WORKING)
      expect((await machine.setUp()).code).toBe(0)
      expect(readdirSync(machine.addons).sort()).toEqual(['layergym.json', 'quiet.node', 'tfjs_binding.node'])
      expect(machine.left()).toHaveLength(1)
      expect(await machine.setUp()).toEqual({ code: 0, lines: [] })
      writeFileSync(
        join(machine.engines, machine.left()[0], 'tensorflow', 'libtensorflow_cc.so.2'),
        'cut short',
      )
      machine.write(
        'node_modules/@tensorflow/tfjs-node/index.js',
        `if (!require('fs').existsSync('${machine.folder}/whole')) throw new Error('cut')\n${WORKING}`,
      )
      machine.install({
        python3: PYTHON.replace('unpack()', `{ unpack(); fs.writeFileSync('${machine.folder}/whole', '') }`),
      })
      const again = await machine.setUp()
      expect(again.lines.join('\n')).toContain('downloading')
      expect(await machine.setUp()).toEqual({ code: 0, lines: [] })
    },
  )

  test.runIf(linux)('an engine that was built but does not run is taken away again', async () => {
    machine.install({ python3: PYTHON, 'g++': COMPILER })
    machine.write('node_modules/@tensorflow/tfjs-node/index.js', "throw new Error('wrong CPU')")
    const { code, lines } = await machine.setUp()
    expect(code).toBe(0)
    expect(lines.at(-1)).toContain('wrong CPU')
    expect(readdirSync(machine.addons)).not.toContain('tfjs_binding.node')
  })

  test.runIf(linux)(
    'an engine that multiplies but cannot train a convolution is taken away again',
    async () => {
      machine.install({ python3: PYTHON, 'g++': COMPILER })
      machine.write('node_modules/@tensorflow/tfjs-node/index.js', WORKING.replace('[9]', '[0]'))
      expect((await machine.setUp()).lines.at(-1)).toContain("a convolution's gradient came out as 0")
      expect(readdirSync(machine.addons)).not.toContain('tfjs_binding.node')
    },
  )

  test.runIf(linux)('an addon of older sources is built anew, and kept where that cannot be', async () => {
    machine.install({ python3: PYTHON, 'g++': COMPILER })
    machine.write('node_modules/@tensorflow/tfjs-node/index.js', WORKING)
    await machine.setUp()
    machine.write('scripts/setup/native/functions.cc', '// newer')
    machine.uninstall('g++')
    const { code, lines } = await machine.setUp()
    expect(code).toBe(0)
    expect(lines.join('\n')).toMatch(/stays as it is.*can't be compiled.*no C\+\+ compiler/)
    expect(lines.join('\n')).not.toContain('wasm')
    expect(await machine.setUp()).toEqual({ code: 0, lines: [] })
    machine.install({ 'g++': COMPILER })
    expect((await machine.setUp()).lines.join('\n')).toContain('compiling')
    expect(await machine.setUp()).toEqual({ code: 0, lines: [] })
  })

  test("a user's own working tfjs-node is kept", async () => {
    machine.write('node_modules/@tensorflow/tfjs-node/index.js', WORKING)
    machine.write('node_modules/@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.node', 'their own')
    expect((await machine.setUp()).code).toBe(0)
    expect(readFileSync(join(machine.addons, 'tfjs_binding.node'), 'utf8')).toBe('their own')
    expect(await machine.setUp()).toEqual({ code: 0, lines: [] })
  })

  test.runIf(linux)(
    'Ctrl-C during the download: exit 130, no process and nothing half-written left',
    async () => {
      machine.install({
        python3: PYTHON.replace(
          'download()',
          `{ fs.writeFileSync('${machine.folder}/pid', String(process.pid)); setInterval(() => {}, 1000) }`,
        ),
      })
      const { child, done } = machine.start()
      await until(() => existsSync(join(machine.folder, 'pid')))
      child.kill('SIGINT')
      expect((await done).code).toBe(130)
      expect(machine.left()).toEqual([])
      const pid = Number(readFileSync(join(machine.folder, 'pid'), 'utf8'))
      await until(() => !isRunning(pid))
    },
  )
})

describe.runIf(linux)('a cache that several share', () => {
  test('half-built things of others stay for a day: their process numbers mean nothing here', async () => {
    machine.install({ python3: PYTHON, 'g++': COMPILER })
    machine.write('node_modules/@tensorflow/tfjs-node/index.js', WORKING)
    const others = ['.scratch-0123abcd-1-abcdef', '.scratch-0123abcd-2-abcdef', '.scratch-99']
    for (const name of others) mkdirSync(join(machine.engines, name), { recursive: true })
    for (const old of others.slice(1)) utimesSync(join(machine.engines, old), 1000, 1000)
    expect((await machine.setUp()).code).toBe(0)
    expect(machine.left().filter(name => name.startsWith('.scratch'))).toEqual([others[0]])
  })

  test('two that set up at once both succeed, and leave one engine', async () => {
    machine.install({ python3: PYTHON, 'g++': COMPILER })
    machine.write('node_modules/@tensorflow/tfjs-node/index.js', WORKING)
    const [one, other] = await Promise.all([machine.setUp(), machine.setUp()])
    expect([one.code, other.code]).toEqual([0, 0])
    expect([...one.lines, ...other.lines].join('\n')).not.toContain('no native engine')
    expect(machine.left()).toHaveLength(1)
    expect(await machine.setUp()).toEqual({ code: 0, lines: [] })
  })
})

describe.runIf(linux)('set-up of ffmpeg, when asked for', () => {
  const fetched = () => join(machine.folder, 'cache', 'layergym', 'ffmpeg')
  /** pip's wheel, and what the script unpacks from it: a program that runs. */
  const python = (program: string) =>
    `const args = process.argv.slice(2)
    if (args.includes('download')) fs.writeFileSync(args[args.indexOf('--dest') + 1] + '/ffmpeg.whl', '')
    else if (args[0] === '-') fs.writeFileSync(args[2], ${JSON.stringify(`#!/bin/sh\n${program}\n`)})`

  test('one that runs lies in the cache; the second time nothing is fetched', async () => {
    machine.install({ python3: python('exit 0') })
    const { code, lines } = await machine.setUp('--ffmpeg')
    expect(code).toBe(0)
    expect(lines.join('\n')).toContain('GPL')
    expect(readdirSync(fetched())).toEqual(['ffmpeg'])
    expect((await machine.setUp('--ffmpeg')).lines.join('\n')).not.toContain('downloading')
  })

  test('one that does not run is not kept, and the exit code is 1', async () => {
    machine.install({ python3: python('echo wrong CPU; exit 1') })
    const { code, lines } = await machine.setUp('--ffmpeg')
    expect(code).toBe(1)
    expect(lines.at(-1)).toContain('wrong CPU')
    expect(readdirSync(fetched())).toEqual([])
  })

  test('the one on the PATH is left alone', async () => {
    machine.install({ ffmpeg: '', python3: python('exit 0') })
    expect((await machine.setUp('--ffmpeg')).lines[0]).toContain('on the PATH')
    expect(existsSync(fetched())).toBe(false)
  })
})

test('an unknown flag is refused with exit 2', async () => {
  const { code, lines } = await machine.setUp('--again')
  expect(code).toBe(2)
  expect(lines[0]).toContain('--again')
})
