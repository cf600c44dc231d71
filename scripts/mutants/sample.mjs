// Leaves a share of the mutants, drawn by the seed and what they are, for parts that are too big to try all: StrykerJS
// counts the others as none.
import { createHash } from 'node:crypto'
import { relative } from 'node:path'
import { declareFactoryPlugin, PluginKind } from '@stryker-mutator/api/plugin'

const SHARE = Number(process.env.LAYERGYM_MUTANTS_SAMPLE ?? 1)
const SEED = process.env.LAYERGYM_MUTANTS_SEED ?? '1'

class Sample {
  async init() {}

  async check(mutants) {
    return Object.fromEntries(
      mutants.map(mutant => [
        mutant.id,
        isDrawn(mutant) ? { status: 'passed' } : { status: 'compileError', reason: 'not in the sample' },
      ]),
    )
  }
}

function isDrawn({ fileName, location, replacement }) {
  const { start, end } = location
  const what = [SEED, relative(process.cwd(), fileName).replace(/^.*\bsrc\b/, 'src'), start, end, replacement]
  return createHash('sha256').update(JSON.stringify(what)).digest().readUInt32BE(0) < SHARE * 2 ** 32
}

export const strykerPlugins = [declareFactoryPlugin(PluginKind.Checker, 'sample', () => new Sample())]
