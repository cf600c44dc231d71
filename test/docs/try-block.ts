import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { engineAvailability } from '../../src/models/engine.ts'
import { type Block, blocksOf, commandsOf, documents } from './markdown.ts'
import { hasBench, packageScripts, ROOT, runIn, setUpWorkplace } from './workplace.ts'

/** Output and data to read, and Python, which the tests of python/ are of; anything else in a fence is run. */
const NOT_RUN = ['text', 'json', 'yaml', 'csv', 'python']
const { name, peerDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const PACKAGES = [name, ...Object.keys(peerDependencies)]

/** Blocks of all pages, in the order in which they run. */
const ALL = documents(ROOT).flatMap(document => blocksOf(ROOT, document))
export const BLOCKS = ALL.filter(block => !NOT_RUN.includes(block.language))

const TRAIN = /^docs\/(fields\/|guides\/tasks\.md)/
const FOLLOW = /^docs\/guides\/(learn-once-apply-elsewhere|tabulate)\.md/

/** Of pages whose commands train for minutes: pages.long.test.ts runs them, `npm test` compiles them and reads their flags. */
export function takesMinutes({ document }: Block): boolean {
  return TRAIN.test(document) || FOLLOW.test(document)
}

/** A reader's folder with all blocks in it, made before a file's tests and removed after them. */
export function readersFolder(): { readonly path: string } {
  const folder = { path: '' }
  beforeAll(async () => {
    folder.path = await setUpWorkplace()
    layOutBlocks(folder.path)
  })
  afterAll(() => rmSync(folder.path, { recursive: true, force: true }))
  return folder
}

/** The files that blocks are: code, and configurations with a name. */
function layOutBlocks(folder: string): void {
  const files = ALL.filter(({ language, title }) => language === 'yaml' && title !== undefined)
  for (const block of [...BLOCKS.filter(({ language }) => language === 'ts'), ...files]) {
    const path = join(folder, fileOf(block))
    if (existsSync(path)) throw new Error(`${place(block)}: two blocks are called ${fileOf(block)}`)
    writeFileSync(path, block.code)
  }
}

/** Runs what a block says, in a folder that {@link setUpWorkplace} has made. */
export async function tryBlock(block: Block, folder: string): Promise<void> {
  if (block.language === 'ts') await runCode(block, folder)
  else if (block.language === 'sh')
    for (const command of commandsOf(block.code)) await runCommand(tried(command, block), folder)
  else
    throw new Error(`a block in '${block.language}' can't be executed: use sh, ts, or ${NOT_RUN.join(', ')}`)
}

async function runCode(block: Block, folder: string): Promise<void> {
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

const TWO_STEPS =
  '--budget-steps 2 --round-steps 1 --episodes 0 --baselines none --baseline-seeds 1 --baseline-rates 1'

function tried(command: string, block: Block): string {
  const trains = TRAIN.test(block.document) && command.startsWith('npx layergym fine-tune ')
  const size = command.includes('sequence-model') ? '' : '--size 64'
  return trains ? `${command} ${TWO_STEPS} ${size}` : command
}

async function runCommand(command: string, folder: string): Promise<void> {
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

/** The name under which its code lies in the folder. */
function fileOf({ title, document, line }: Block): string {
  return title ?? `${basename(document, '.md').toLowerCase()}-${line}.ts`
}

export function place({ document, line, title }: Block): string {
  return `${document}:${line}${title === undefined ? '' : ` ${title}`}`
}
