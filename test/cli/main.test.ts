import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Io, RegisterCommand } from '../../src/cli/command.ts'
import { printResult } from '../../src/cli/command.ts'
import { run } from '../../src/cli/main.ts'
import { failure, inputError, interrupted } from '../../src/common/error.ts'

const BIN = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'bin', 'layergym.mjs')

class Recorder implements Io {
  out = ''
  err = ''
  readonly interactive = false
  readonly controller = new AbortController()
  readonly signal = this.controller.signal
  readonly stdout = (text: string): void => {
    this.out += text
  }
  readonly stderr = (text: string): void => {
    this.err += text
  }
  readonly now = (): number => 0
}

function throwing(error: unknown): RegisterCommand {
  return program =>
    program.command('work').action(() => {
      throw error
    })
}

const counting: RegisterCommand = (program, io) =>
  program
    .command('count <dir>')
    .option('--json')
    .option('--frames <n>')
    .action((dir: string, options: { json?: boolean }) =>
      printResult(io, options, { dir, clips: 3 }, result => `${result.clips} clips`),
    )

describe('exit codes', () => {
  test.each([
    ['wrong input', inputError('data.none', 'no videos in /x'), 2, 'error: no videos in /x\n'],
    ['failed work', failure('engine.lost', 'the engine is gone'), 1, 'error: the engine is gone\n'],
    ['an interruption', interrupted(), 130, 'interrupted\n'],
  ])('%s', async (_name, error, code, message) => {
    const io = new Recorder()
    expect(await run(['work'], io, [throwing(error)])).toBe(code)
    expect(io.err).toBe(message)
    expect(io.out).toBe('')
  })

  test.each(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES'])(
    '%s, however deep, is 1 and names the path',
    async code => {
      const cause = Object.assign(new Error('write failed'), { code, path: '/full/disk' })
      const io = new Recorder()
      expect(await run(['work'], io, [throwing(new Error('could not save', { cause }))])).toBe(1)
      expect(io.err).toContain('/full/disk')
      expect(io.err).toContain('--out')
      expect(io.err).not.toContain('unexpected')
    },
  )

  test('an error that nobody foresaw is 1, with its stack only under --verbose', async () => {
    const quiet = new Recorder()
    expect(await run(['work'], quiet, [throwing(new TypeError('x is not a function'))])).toBe(1)
    expect(quiet.err).toContain('unexpected: x is not a function')
    expect(quiet.err).not.toContain('main.test.ts')
    const verbose = new Recorder()
    await run(['work', '--verbose'], verbose, [throwing(new TypeError('x is not a function'))])
    expect(verbose.err).toContain('main.test.ts')
  })

  test('whatever fails after Ctrl-C is an interruption', async () => {
    const io = new Recorder()
    io.controller.abort()
    expect(await run(['work'], io, [throwing(new Error('stream closed'))])).toBe(130)
    expect(await run(['count', 'x'], io, [counting])).toBe(130)
  })
})

describe('usage', () => {
  test.each([
    ['a command misspelt', ['cuont', 'x'], 'count'],
    ['a flag misspelt', ['count', 'x', '--frmes', '3'], '--frames'],
    ['a missing argument', ['count'], 'dir'],
    ['a missing value', ['count', 'x', '--frames'], '--frames'],
  ])('%s: exit 2 and the near name', async (_name, argv, near) => {
    const io = new Recorder()
    expect(await run(argv, io, [counting])).toBe(2)
    expect(io.err).toContain(near)
    expect(io.out).toBe('')
  })

  test('--json prints JSON alone on stdout', async () => {
    const io = new Recorder()
    expect(await run(['count', 'clips', '--json'], io, [counting])).toBe(0)
    expect(JSON.parse(io.out)).toEqual({ dir: 'clips', clips: 3 })
    expect(io.err).toBe('')
  })

  test('--help is exit 0', async () => {
    const io = new Recorder()
    expect(await run(['--help'], io)).toBe(0)
    expect(io.out).toContain('doctor')
  })
})

describe('bin/layergym.mjs', () => {
  const layergym = (...argv: string[]) => spawnSync(process.execPath, [BIN, ...argv], { encoding: 'utf8' })

  test('runs from any folder, and hands the exit code on', () => {
    expect(layergym('--help').status).toBe(0)
    const wrong = layergym('docter')
    expect(wrong.status).toBe(2)
    expect(wrong.stderr).toContain('doctor')
  })

  test('setup refuses flags that it does not know', () => {
    const { status, stderr } = layergym('setup', '--retyr')
    expect(status).toBe(2)
    expect(stderr).toContain('--retyr')
  })
})
