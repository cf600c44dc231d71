import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where layergym keeps what it can make again: `$XDG_CACHE_HOME/layergym`, else `~/.cache/layergym`. */
export function defaultCacheDir(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'layergym')
}
