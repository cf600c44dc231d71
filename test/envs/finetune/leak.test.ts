import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'

const HERE = dirname(fileURLToPath(import.meta.url))

/** What the compiler says of a file that would lie here. */
function complaints(text: string): readonly string[] {
  const file = join(HERE, 'imagined.ts')
  const { config } = ts.readConfigFile(join(HERE, '../../../tsconfig.json'), ts.sys.readFile)
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, HERE)
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists } = host
  host.fileExists = name => name === file || fileExists(name)
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022) : getSourceFile(name, ...rest)
  const program = ts.createProgram([file], options, host)
  const source = program.getSourceFile(file)
  return program
    .getSemanticDiagnostics(source)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
}

const using = (split: string) => `import type { RewardRound } from '../../../src/envs/finetune/reward.ts'
export const given = (round: RewardRound, after: RewardRound['after']): RewardRound => ({
  ...round,
  after: { ...after, split: '${split}' },
})
`

test('a reward function cannot be handed the test split: the compiler refuses it', {
  timeout: 120_000,
}, () => {
  expect(complaints(using('reward'))).toEqual([])
  expect(complaints(using('test')).join()).toMatch(/"test".* is not assignable to type '"reward"'/)
})
