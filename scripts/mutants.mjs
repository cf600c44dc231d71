// `npm run mutants -- PART [--sample SHARE] [--seed N]`: changes the sources of a part one place at a time (StrykerJS), and
// counts the changes that its tests notice. What a whole run found stays in reports/mutants: the next tries what has changed.
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from './setup/places.mjs'

/** What is changed, and the tests that are asked; those that train for seconds aren't. */
const PARTS = {
  common: [
    ['src/common/{arrays,cost,lbfgs,quantile,random,settings,statistics,suggest}.ts'],
    [
      'test/common',
      'test/agents/{returns,replay,gae}.test.ts',
      'test/data/split.test.ts',
      // Without coverage.test.ts, whose simulations take half a minute.
      'test/runner/inference/{across-instances,aggregate,holm,on-instance,statistics,student}.test.ts',
    ],
  ],
  reward: [
    ['src/envs/finetune/{reward,payment,difference,shape,permission}.ts'],
    ['test/envs/finetune/{payment,moment,actions,features,shape,difference,permission}.test.ts'],
  ],
  returns: [
    [
      'src/agents/{returns,gae,explained-variance}.ts',
      'src/agents/dqn/losses.ts',
      'src/agents/replay/{n-step,replay,sum-tree}.ts',
      'src/agents/ppo/{rollout,figures}.ts',
    ],
    [
      'test/agents/{returns,gae,sum-tree,dqn-update,replay,q-values,ppo,softmax,targets,ppo-parts,explained-variance}.test.ts',
    ],
  ],
  statistics: [
    ['src/models/statistics.ts'],
    ['test/models/statistics.test.ts', 'test/envs/finetune/features.test.ts'],
  ],
  rows: [
    [
      'src/agents/{adam,arrays,flatten,gae,transitions}.ts',
      'src/agents/distributions/*.ts',
      'src/agents/dqn/acting.ts',
      'src/agents/kernels/plain-losses.ts',
      'src/agents/ppo/{loss,rollout,step}.ts',
      'src/agents/replay/{replay,streams}.ts',
      'src/runner/play/{array-collector,columns}.ts',
    ],
    [
      'test/agents/{check-arrays,dqn-update,gae,losses,mlp,ppo,ppo-parts,recurrent-ppo,reinforce,replay,softmax,targets}.test.ts',
      'test/runner/play/array-collector.test.ts',
    ],
  ],
  play: [['src/runner/play/*.ts'], ['test/runner/play']],
  runs: [['src/runner/runs/*.ts'], ['test/runner/runs']],
  data: [['src/data/**/*.ts'], ['test/data']],
  models: [['src/models/**/*.ts'], ['test/models']],
  envs: [['src/envs/**/*.ts'], ['test/envs']],
  agents: [
    ['src/agents/**/*.ts', '!src/agents/kernels/wasm-module.ts'],
    ['test/agents', 'test/envs/wire/golden.test.ts'],
  ],
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    concurrency: { type: 'string', default: '1' },
  },
})
const [part] = positionals
if (positionals.length !== 1 || !(part in PARTS)) {
  process.stderr.write(`mutants: give one part: ${Object.keys(PARTS).join(', ')}\n`)
  process.exit(2)
}

const [mutate, tests] = PARTS[part]
const folder = join(ROOT, 'reports', 'mutants')
mkdirSync(folder, { recursive: true })
// What a sample left out counts as tried when the same file is read again.
const name = values.sample === '1' ? part : `${part}-${values.sample}-${values.seed}`
const config = join(folder, `${name}.config.json`)
writeFileSync(
  config,
  JSON.stringify({
    mutate,
    testRunner: 'vitest',
    vitest: { configFile: 'scripts/mutants/vitest.config.ts', related: false },
    plugins: ['@stryker-mutator/vitest-runner', './scripts/mutants/sample.mjs'],
    checkers: values.sample === '1' ? [] : ['sample'],
    coverageAnalysis: 'perTest',
    concurrency: Number(values.concurrency),
    incremental: true,
    incrementalFile: `reports/mutants/${name}.json`,
    // A constant that is computed once can't be changed while tests run.
    ignoreStatic: true,
    mutator: { excludedMutations: ['StringLiteral'] },
    reporters: ['clear-text', 'progress-append-only'],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
    tempDirName: 'reports/stryker',
    symlinkNodeModules: true,
    // Nothing is written into files that stay as they are: tests compare some, byte by byte.
    disableTypeChecks: false,
    ignorePatterns: ['/dist', '/runs', '/.built-*'],
    timeoutMS: 30_000,
    dryRunTimeoutMinutes: 60,
    allowEmpty: true,
  }),
)
const stryker = join(ROOT, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js')
const child = spawn(process.execPath, [stryker, 'run', config], {
  cwd: ROOT,
  stdio: 'inherit',
  env: {
    ...process.env,
    LAYERGYM_MUTANTS_TESTS: JSON.stringify(tests),
    LAYERGYM_MUTANTS_SAMPLE: values.sample,
    LAYERGYM_MUTANTS_SEED: values.seed,
  },
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('close', code => process.exit(code ?? 130))
