import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
const root = process.argv[2]
const { train } = await import(root + '/src/index.ts')
const [agent, preset, steps] = [process.argv[3], process.argv[4], Number(process.argv[5])]
const out = await mkdtemp(join(tmpdir(), 'lgb-'))
const cpu0 = process.cpuUsage()
const s = await train({ env: 'CartPole-v1', agent, agentConfig: { preset }, steps, evalEpisodes: 0, out, overwrite: true }, { onEvent: () => undefined })
const c = process.cpuUsage(cpu0)
console.log(agent, preset, 'steps/s', Math.round(steps / s.seconds), 'cpu steps/s', Math.round(steps / ((c.user + c.system) / 1e6)), 'hash', s.hash)
await rm(out, { recursive: true })
