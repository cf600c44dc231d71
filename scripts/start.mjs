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
const given = process.argv.slice(2)
process.exitCode = await layergym(['fine-tune', ...without(plan, given), ...given])

/** The plan's flags, each with its value, that the user didn't give: lists would add up. */
function without(flags, own) {
  return flags.filter((_, i) => !own.includes(flags[i - (i % 2)]))
}
