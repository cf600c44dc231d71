// `npm run bench [-- NAME… [--FLAG…]]`: set-up, then bench/*.ts one after the other, or those whose name holds a NAME.
// From the first flag on, what is given is the bench's own.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './setup/places.mjs'
import { setUpOrExit } from './setup.mjs'

await setUpOrExit()
const given = process.argv.slice(2)
const flag = given.findIndex(one => one.startsWith('-'))
const [wanted, flags] = flag < 0 ? [given, []] : [given.slice(0, flag), given.slice(flag)]
const folder = join(ROOT, 'bench')
const benches = (existsSync(folder) ? readdirSync(folder) : [])
  .filter(name => name.endsWith('.ts'))
  .filter(name => wanted.length === 0 || wanted.some(part => name.includes(part)))
  .sort()
if (benches.length === 0)
  process.stderr.write(`bench: nothing in bench/ matches ${wanted.join(' ') || '*.ts'}\n`)

let child
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child?.kill(signal))
let worst = benches.length === 0 ? 2 : 0
for (const name of benches) {
  process.stdout.write(`\n# ${name.replace(/\.ts$/, '')}\n`)
  child = spawn(process.execPath, ['--import', 'tsx', join(folder, name), ...flags], {
    cwd: ROOT,
    stdio: 'inherit',
  })
  const code = await new Promise(resolve =>
    child.on('close', (status, signal) => resolve(signal ? 130 : status)),
  )
  worst = Math.max(worst, code)
  if (code === 130) break
}
process.exitCode = worst
