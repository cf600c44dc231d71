/** In a process of its own: so many compiled steps of a row, then the most MB that the process held. */
import { startEngine } from '../../../src/models/engine.ts'
import { STEP_ROWS } from './row.ts'
import { stepping } from './steps.ts'

const [name, steps] = process.argv.slice(2)
await startEngine({ threads: Number(process.env.TF_NUM_INTRAOP_THREADS) || 2 })
const { step } = await stepping(STEP_ROWS[name], 'compiled')
for (let i = 0; i < Number(steps); i++) step()
process.stdout.write(String(Math.round(process.resourceUsage().maxRSS / 1024)))
