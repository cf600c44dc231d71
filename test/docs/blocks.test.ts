import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { COMMANDS, run } from '../../src/cli/main.ts'
import { commandsOf, parse } from './markdown.ts'
import { BLOCKS, place, readersFolder, takesMinutes, tryBlock } from './try-block.ts'
import { runIn } from './workplace.ts'

const LIMIT = 180_000
const CODE = BLOCKS.filter(block => block.language === 'ts')
const LONG = BLOCKS.filter(takesMinutes)
const folder = readersFolder()

/** One after the other in one folder: a block may use what an earlier one made. */
describe('code blocks of the docs', () => {
  test('there are some, and each document closes its fences', () => {
    expect(CODE.length).toBeGreaterThan(4)
    expect(BLOCKS.length).toBeGreaterThan(CODE.length)
    expect(LONG.length).toBeGreaterThan(4)
    expect(() => parse('x.md', 'a\n```ts\nlet x')).toThrow('x.md:2')
  })

  test('TypeScript compiles under the project’s strict settings', { timeout: LIMIT }, async () => {
    await runIn(folder.path, process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'])
  })

  test.each(BLOCKS.filter(block => !takesMinutes(block)).map(block => ({ name: place(block), block })))(
    '$name',
    { timeout: LIMIT },
    ({ block }) => tryBlock(block, folder.path),
  )

  test.each(LONG.map(block => ({ name: place(block), block })))(
    'commands and flags of $name exist',
    async ({ block }) => {
      const lines =
        block.language === 'ts' ? [] : commandsOf(block.code).filter(line => line.startsWith('npx layergym '))
      for (const line of lines) expect(await parsed(wordsOf(line).slice(2)), line).toEqual([0, ''])
    },
  )

  test('a flag that doesn’t exist is found', async () => {
    const [code, said] = await parsed(['fine-tune', '--no-such-flag'])
    expect(code).toBe(2)
    expect(said).toContain('--no-such-flag')
  })
})

/** A command line's words, as a shell has them. */
function wordsOf(line: string): readonly string[] {
  return (line.match(/'[^']*'|"[^"]*"|\S+/g) ?? []).map(word => word.replace(/^(['"])(.*)\1$/, '$2'))
}

/** The exit code and what is said of a command line whose command does nothing. */
async function parsed(argv: readonly string[]): Promise<[number, string]> {
  let said = ''
  const say = (text: string) => {
    said += text
  }
  const idle = COMMANDS.map((register): (typeof COMMANDS)[number] => (program, io) => {
    register(program, io)
    for (const command of program.commands) command.action(() => undefined)
  })
  const io = {
    stdout: say,
    stderr: say,
    interactive: false,
    signal: new AbortController().signal,
    now: Date.now,
  }
  return [await run(argv, io, idle), said]
}
