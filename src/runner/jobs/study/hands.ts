import { compose } from '../../instances/compose.ts'
import { IN_CODE } from '../../instances/config.ts'
import type { Composition } from '../../instances/instance.ts'
import { instanceConfig } from '../../instances/many-config.ts'
import type { PolicyFile } from '../../instances/policy.ts'
import { digestOf } from '../../runs/digest.ts'
import type { RunEvent } from '../../runs/events.ts'
import type { Handing, Hands, Unit } from '../../runs/job.ts'
import type { Contender, StudyConfig } from './config.ts'
import { play } from './contend.ts'
import type { Outcome } from './outcome.ts'

/** An instance with a seed: what is composed once, and all contenders play on. */
export interface Place {
  readonly instance: string
  readonly seed: number
}

export function instancesOf(config: StudyConfig): StudyConfig['heldOut'] {
  return config.on === 'train' ? config.train : config.heldOut
}

export const keyOf = (place: Place, contender: string) => `${placeKey(place)}/${contender}`

const placeKey = ({ instance, seed }: Place) => `${instance}/${seed}`

/** Plays contenders on instances: what was composed last stays until a unit needs another. */
export class StudyHands implements Hands {
  private last?: { readonly place: string; readonly composition: Composition }

  constructor(
    private readonly config: StudyConfig,
    private readonly contenders: readonly Contender[],
    private readonly policies: ReadonlyMap<string, PolicyFile>,
    private readonly context: Pick<Handing, 'clock' | 'signal' | 'emit'>,
  ) {}

  unit(key: string): Unit<Outcome> {
    const [instance, seed, id] = key.split('/')
    const place = { instance, seed: Number(seed) }
    const contender = this.contenders.find(each => each.id === id)
    if (contender === undefined) throw new Error(`no contender '${id}' in this study`)
    return {
      key,
      elsewhere: { group: placeKey(place) },
      digest: outcome => digestOf(outcome, ['seconds']),
      ended: endOf,
      run: async ({ emit, signal, clock }) => {
        const on = await this.composed(place)
        const onNotice = (message: string) => emit({ type: 'notice', message })
        const played = await play(contender, {
          ...{ composition: on, policies: this.policies, clock, signal, onNotice },
        })
        return { ...place, contender: id, ...played, budgetFlops: on.worlds[0].budgetFlops }
      },
    }
  }

  close(): void {
    this.last?.composition.dispose()
    this.last = undefined
  }

  private async composed(place: Place): Promise<Composition> {
    const { config, context } = this
    const { instance, seed } = place
    const key = placeKey(place)
    if (this.last?.place === key) return this.last.composition
    this.close()
    // Nothing of a run is written but its outcome.
    const own = instanceConfig(config, instance, instancesOf(config)[instance], { seed, out: IN_CODE })
    const composition = await compose(
      own,
      {},
      {
        ...{ clock: context.clock, signal: context.signal },
        onEvent: event => event.type === 'notice' && context.emit(event, key),
      },
    )
    this.last = { place: key, composition }
    return composition
  }
}

function endOf({ instance, seed, contender, score, rewardLoss, rewardPrimary, total }: Outcome): RunEvent {
  const key = `${instance}, seed ${seed}: ${contender}`
  return { type: 'run', key, score, rewardLoss, rewardPrimary, ...total }
}
