import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { run } from '../../src/cli/main.ts'
import { ROOT } from '../support/e2e.ts'

const FOLDER = join(ROOT, 'examples', 'cluster')
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8')

/** Flags of a command, as its help names them. */
async function flagsOf(command: string): Promise<readonly string[]> {
  let out = ''
  const stdout = (text: string) => {
    out += text
  }
  const signal = new AbortController().signal
  await run([command, '--help'], {
    stdout,
    stderr: () => undefined,
    interactive: false,
    signal,
    now: () => 0,
  })
  return out.match(/--[a-z-]+/g) ?? []
}

async function expectKnown(words: readonly string[]): Promise<void> {
  const [command, ...rest] = words
  const known = await flagsOf(command)
  for (const flag of rest.filter(word => /^--[a-z]/.test(word)))
    expect(known, `${command} ${flag}`).toContain(flag)
}

describe('job scripts', () => {
  test.each(['slurm.sh', 'slurm-workers.sh'])(
    '%s is a script, and its flags are the commands’',
    async name => {
      expect(spawnSync('bash', ['-n', join(FOLDER, name)]).status).toBe(0)
      const script = read(name).replaceAll('\\\n', ' ')
      const calls = [...script.matchAll(/layergym\}?" ((?:study|worker) .*)/g)]
      expect(calls).toHaveLength(1)
      for (const [, words] of calls) await expectKnown(words.split(/\s+/))
    },
  )
})

describe('the Kubernetes manifest', () => {
  const jobs = parseAllDocuments(read('kubernetes.yaml')).map(document => {
    expect(document.errors).toEqual([])
    return document.toJS() as Job
  })

  test('has a Job of the run and one of its workers, whose flags are the commands’', async () => {
    expect(jobs.map(({ kind, apiVersion }) => [kind, apiVersion])).toEqual([
      ['Job', 'batch/v1'],
      ['Job', 'batch/v1'],
    ])
    for (const { spec } of jobs) for (const { args } of spec.template.spec.containers) await expectKnown(args)
  })

  test('mounts what it declares, names the variables that it uses, and lets go in time', () => {
    for (const { spec } of jobs) {
      const { containers, volumes, restartPolicy, terminationGracePeriodSeconds } = spec.template.spec
      expect(restartPolicy).toBe('OnFailure')
      expect(terminationGracePeriodSeconds).toBeGreaterThan(10)
      for (const { args, env, volumeMounts } of containers) {
        expect(volumeMounts.map(({ name }) => name).sort()).toEqual(volumes.map(({ name }) => name).sort())
        const used = args.join(' ').matchAll(/\$\((\w+)\)/g)
        for (const [, name] of used) expect(env.map(each => each.name)).toContain(name)
      }
    }
  })
})

describe('the Dockerfile', () => {
  const lines = read('Dockerfile').replaceAll('\\\n', ' ').split('\n')

  test('copies what there is, from stages that there are, and runs the command', () => {
    const stages = lines.flatMap(line => /^FROM \S+ AS (\w+)/.exec(line)?.[1] ?? [])
    for (const line of lines.filter(each => each.startsWith('COPY'))) {
      const from = /--from=(\w+)/.exec(line)?.[1]
      if (from !== undefined) expect(stages).toContain(from)
      else
        for (const path of line.split(/\s+/).slice(1, -1))
          expect(existsSync(join(ROOT, path)), path).toBe(true)
    }
    const entry = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(read('Dockerfile'))?.[1] ?? '[]') as string[]
    expect(entry).toEqual(['node', '/layergym/bin/layergym.mjs'])
    const scripts = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts
    for (const [, name] of read('Dockerfile').matchAll(/npm run (\w+)/g)) expect(scripts).toHaveProperty(name)
  })

  test('is the file that its first lines, and the manifest’s image, speak of', () => {
    expect(lines[0]).toContain('-f examples/cluster/Dockerfile -t layergym:cpu')
    expect(read('kubernetes.yaml')).toContain('image: layergym:cpu')
  })
})

interface Job {
  readonly kind: string
  readonly apiVersion: string
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly restartPolicy: string
        readonly terminationGracePeriodSeconds: number
        readonly volumes: readonly { readonly name: string }[]
        readonly containers: readonly {
          readonly args: readonly string[]
          readonly env: readonly { readonly name: string }[]
          readonly volumeMounts: readonly { readonly name: string }[]
        }[]
      }
    }
  }
}
