// `npm test [-- --long] [-- vitest's arguments]`: set-up, then the tests.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { packageFolder, ROOT } from './setup/places.mjs'
import { setUpOrExit } from './setup.mjs'

await setUpOrExit()
const args = process.argv.slice(2)
const long = args.includes('--long')
const vitest = join(packageFolder('vitest'), 'vitest.mjs')
const child = spawn(process.execPath, [vitest, 'run', ...args.filter(arg => arg !== '--long')], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, LAYERGYM_LONG: long ? '1' : '' },
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('close', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)))
