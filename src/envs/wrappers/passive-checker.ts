import { inputError } from '../../common/error.ts'
import { Findings, show } from '../../common/findings.ts'
import { checkObservation, checkStep } from '../check/results.ts'
import type { MaybePromise, ResetResult, StepResult } from '../env.ts'
import { SameSpaces, whenDone } from './wrapper.ts'

/**
 * Refuses at once what breaks the contract while an environment is played: an action that is none or is masked, an
 * observation outside its space, a reward that isn't finite. As Gymnasium's PassiveEnvChecker, at every step.
 */
export class PassiveChecker<O, A> extends SameSpaces<O, A> {
  override reset(options?: { seed?: number; options?: unknown }): MaybePromise<ResetResult<O>> {
    return whenDone(this.env.reset(options), result =>
      this.checked(result, findings => checkObservation(this.env, result?.observation, 'reset', findings)),
    )
  }

  /** @throws input error that says what is wrong, with the environment's id */
  override step(action: A): MaybePromise<StepResult<O>> {
    const { actionSpace, spec } = this.env
    const mask = this.env.actionMask?.()
    if (!actionSpace.contains(action))
      throw inputError(
        'env.action',
        `${spec.id} is given the action ${show(action)}, which is not in ${JSON.stringify(actionSpace)}`,
      )
    if (mask !== undefined && typeof action === 'number' && mask[action] === 0)
      throw inputError('env.action', `${spec.id} is given the action ${action}, which its mask forbids now`)
    return whenDone(this.env.step(action), result =>
      this.checked(result, findings => checkStep(this.env, result, findings)),
    )
  }

  private checked<R>(result: R, check: (findings: Findings) => void): R {
    const findings = new Findings()
    check(findings)
    const error = findings.all.find(({ severity }) => severity === 'error')
    if (error !== undefined) throw inputError(`env.${error.code}`, `${this.spec.id}: ${error.message}`)
    return result
  }
}
