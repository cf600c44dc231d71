import type { Findings } from '../../common/findings.ts'
import type { Env, Space } from '../env.ts'
import { Box } from '../spaces.ts'

/** Looks at the environment without running it; false when it can't be run at all. */
export function checkSpaces(env: Env<unknown, unknown>, findings: Findings): boolean {
  if (typeof env.spec?.id !== 'string' || env.spec.id === '') {
    findings.error(
      'spec.id',
      "the environment has no spec.id: give it a name, e.g. spec = { id: 'Corridor-v0' }",
    )
    return false
  }
  const usable = [
    checkSpace('observationSpace', env.observationSpace, findings),
    checkSpace('actionSpace', env.actionSpace, findings),
  ]
  if (!usable.every(Boolean)) return false
  if (env.observationSpace instanceof Box) checkObservationBox(env.observationSpace, findings)
  if (env.actionSpace instanceof Box) checkActionBox(env.actionSpace, findings)
  return true
}

function checkSpace(name: string, space: Space<unknown> | undefined, findings: Findings): boolean {
  const methods = ['sample', 'contains', 'flatten', 'unflatten', 'toJSON'] as const
  const missing = methods.filter(method => typeof space?.[method] !== 'function')
  if (missing.length === 0) return true
  const what = space === undefined ? 'missing' : `no Space: it lacks ${missing.join(', ')}`
  findings.error('space.missing', `${name} is ${what}: use Discrete, Box, Dict… or implement Space`)
  return false
}

function checkObservationBox({ low, high }: Box, findings: Findings): void {
  if (low.includes(-Infinity) || high.includes(Infinity)) {
    findings.warning(
      'space.observation-infinite',
      'observations have infinite bounds: give bounds where there are some, or scale observations into [-1, 1]',
    )
  }
  if (low.some((bound, i) => bound === high[i])) {
    findings.warning(
      'space.observation-constant',
      'a low and a high bound of the observations are equal: an element that never changes tells nothing',
    )
  }
}

function checkActionBox({ low, high }: Box, findings: Findings): void {
  const symmetric = low.every((bound, i) => bound === -high[i] && Number.isFinite(bound))
  const unit = low.every((bound, i) => bound === 0 && high[i] === 1)
  if (!symmetric && !unit) {
    findings.warning(
      'space.action-bounds',
      'actions are neither symmetric around 0 nor in [0, 1]: policies start near 0 with spread 1, ' +
        'so rescale actions, ideally into [-1, 1]',
    )
  }
  if (low.some((bound, i) => bound === high[i])) {
    findings.warning(
      'space.action-constant',
      'a low and a high bound of the actions are equal: nothing to choose',
    )
  }
}
