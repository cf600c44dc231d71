import { homedir } from 'node:os'
import { join } from 'node:path'

/** What this user's checkouts and installs share, as scripts/setup/places.mjs has it: clips, engines, kernels. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'layergym')
}
