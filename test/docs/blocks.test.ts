import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engineAvailability } from '../../src/models/engine.ts'
import { type Block, blocksOf, commandsOf, documents, parse } from './markdown.ts'
import { hasBench, packageScripts, ROOT, runIn, setUpWorkplace } from './workplace.ts'

/** Output and data to read, and Python, which the tests of python/ are of; anything else in a fence is run. */
const NOT_RUN = ['text', 'json', 'yaml', 'csv', 'python']
const LIMIT = 180_000
const { name, peerDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const PACKAGES = [name, ...Object.keys(peerDependencies)]

const ALL = documents(ROOT).flatMap(document => blocksOf(ROOT, document))
const BLOCKS = ALL.filter(block => !NOT_RUN.includes(block.language))
const CODE = BLOCKS.filter(block => block.language === 'ts')
let folder = ''

beforeAll(async () => {
  folder = await setUpWorkplace()
  const files = ALL.filter(({ language, title }) => language === 'yaml' && title !== undefined)
  for (const block of [...CODE, ...files]) {
    const path = join(folder, fileOf(block))
    if (existsSync(path)) throw new Error(`${place(block)}: two blocks are called ${fileOf(block)}`)
    writeFileSync(path, block.code)
  }
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** One after the other in one folder: a block may use what an earlier one made. */
describe('code blocks of the docs', () => {
  test('there are some, and each document closes its fences', () => {
    expect(CODE.length).toBeGreaterThan(4)
    expect(BLOCKS.length).toBeGreaterThan(CODE.length)
    expect(() => parse('x.md', 'a\n```ts\nlet x')).toThrow('x.md:2')
  })

  test('TypeScript compiles under the project’s strict settings', { timeout: LIMIT }, async () => {
    await runIn(folder, process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'])
  })

  test.each(BLOCKS.map(block => ({ name: place(block), block })))(
    '$name',
    { timeout: LIMIT },
    async ({ block }) => {
      if (block.language === 'ts') await runCode(block)
      else if (block.language === 'sh')
        for (const command of commandsOf(block.code)) await runCommand(tried(command, block))
      else
        throw new Error(
          `a block in '${block.language}' can't be executed: use sh, ts, or ${NOT_RUN.join(', ')}`,
        )
    },
  )
})

async function runCode(block: Block): Promise<void> {
  const file = fileOf(block)
  if (file.endsWith('.test.ts')) {
    const report = await runIn(folder, process.execPath, [
      join('node_modules', 'vitest', 'vitest.mjs'),
      ...['run', '--root', folder, '--reporter', 'json', file],
    ])
    const { numPassedTests, numTotalTests } = JSON.parse(report.slice(report.indexOf('{"')))
    expect(numPassedTests).toBe(numTotalTests)
    expect(numTotalTests).toBeGreaterThan(0)
    return
  }
  // Where the native engine can't be built, what imports it directly is type-checked only.
  if (block.code.includes("'@tensorflow/tfjs-node'") && !engineAvailability()['tfjs-node'].available) return
  await runIn(folder, process.execPath, ['--import', 'tsx', file])
}

/** Pages whose commands train for minutes: here they take two steps, of small frames. */
const MINUTES = /^docs\/(fields\/|guides\/tasks\.md)/
const TWO_STEPS =
  '--budget-steps 2 --round-steps 1 --episodes 0 --baselines none --baseline-seeds 1 --baseline-rates 1'

function tried(command: string, { document }: Block): string {
  const trains = MINUTES.test(document) && command.startsWith('npx layergym fine-tune ')
  const size = command.includes('sequence-model') ? '' : '--size 64'
  return trains ? `${command} ${TWO_STEPS} ${size}` : command
}

async function runCommand(command: string): Promise<void> {
  // A user's project is tried as a whole where the package is packed; here what is named has to be there.
  const installs = /^npm install (?:--ignore-scripts )?(\S+)$/.exec(command)
  if (installs !== null) {
    expect(PACKAGES).toContain(installs[1])
    return
  }
  if (command === 'npx layergym setup') return
  const npm = /^(?:[A-Z_]+=\S+ )*npm (?:run )?([\w:]+)(?: -- (.*))?$/.exec(command)
  // These set up the machine, test, or measure: that they exist is all that a test can ask.
  if (npm !== null) {
    const [, script, names = ''] = npm
    expect([...packageScripts()]).toContain(script)
    if (script === 'bench')
      for (const name of names.replace(/ --.*/, '').split(' ').filter(Boolean))
        expect(hasBench(name), `bench/${name}*.ts`).toBe(true)
    return
  }
  const script = /^(?:[A-Z_]+=\S+ )*(bench\/\S+\.sh)$/.exec(command)
  if (script !== null) {
    expect(existsSync(join(ROOT, script[1])), script[1]).toBe(true)
    return
  }
  if (!command.startsWith('npx layergym '))
    throw new Error(`no way to try \`${command}\`: docs may use \`npx layergym …\` and \`npm …\``)
  await runIn(folder, 'sh', ['-c', command])
}

function fileOf({ title, document, line }: Block): string {
  return title ?? `${basename(document, '.md').toLowerCase()}-${line}.ts`
}

function place({ document, line, title }: Block): string {
  return `${document}:${line}${title === undefined ? '' : ` ${title}`}`
}
