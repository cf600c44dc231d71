// `npm start [-- flags]`: set-up, then the main job in this process, so that Ctrl-C reaches it.
import { NATIVE_PLAN, SLOW_PLAN } from './plan.mjs'
import { ROOT } from './setup/places.mjs'
import { setUpOrExit } from './setup.mjs'

const { engine } = await setUpOrExit()
process.chdir(ROOT)
if (engine === undefined)
  process.stderr.write(
    'start: without the native engine this is a smaller plan (8 episodes of 10 steps, smaller and fewer frames) that ends in the same time: it shows the way, not the gain\n',
  )
// After set-up: there is nothing to import from before it.
const { layergym } = await import('../bin/layergym.mjs')
const plan = engine === undefined ? SLOW_PLAN : NATIVE_PLAN
// Commander takes the last of a repeated flag, so the user's own win.
process.exitCode = await layergym(['fine-tune', ...plan, ...process.argv.slice(2)])
