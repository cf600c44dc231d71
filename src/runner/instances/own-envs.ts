import { tableEnv } from '../../envs/exact/table.ts'
import { registerEnv, registeredEnvs } from '../../envs/registry.ts'
import { fineTuneEnv } from './fine-tune-env.ts'

/** Environments that are made of files: without options there are none. */
const OWN = { 'layergym/FineTune-v0': fineTuneEnv, 'layergym/Table-v0': tableEnv } as const

/** Makes them known to `makeEnvAsync`, wherever that is not yet so. */
export function registerOwnEnvs(): void {
  const known = new Set(registeredEnvs().map(([id]) => id))
  for (const [id, definition] of Object.entries(OWN)) if (!known.has(id)) registerEnv(id, definition)
}
