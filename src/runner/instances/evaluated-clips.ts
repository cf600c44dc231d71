import { inputError } from '../../common/error.ts'
import type { Clip, Dataset, Splits } from '../../data/dataset.ts'
import { type Memory, recall, type SeenSplit } from '../../data/memory.ts'
import { type SplitOptions, splitDataset } from '../../data/split.ts'

export type EvaluatedSplit = keyof Splits | 'all'

/** Which clips are scored, how many of the dataset's were left out of them, and what people should know. */
export interface EvaluatedClips {
  readonly clips: readonly Clip[]
  /** Of `test`: those that the model has seen, and those that the manifest gives to another split. */
  readonly leftOut: number
  readonly notices: readonly string[]
}

/**
 * The clips of a split: by what the model remembers. Whatever it hasn't seen is test; so clips that came after the
 * training are, and none that was trained on. A model without memory, of an earlier version, is split as its run was.
 * @throws input error when no clip is left
 */
export async function evaluatedClips(
  dataset: Dataset,
  split: EvaluatedSplit,
  { memory, ...drawn }: Pick<SplitOptions, 'seed' | 'stratum'> & { readonly memory: Memory | undefined },
): Promise<EvaluatedClips> {
  if (split === 'all') return { clips: dataset.clips, leftOut: 0, notices: [] }
  if (memory === undefined) {
    const notice = `The model was saved by an earlier version and doesn't know which clips it has seen: the ${split} split is drawn as its run drew it, which holds only where the clips are exactly that run's.`
    return { clips: splitDataset(dataset, drawn).splits[split], leftOut: 0, notices: [notice] }
  }
  const seen = await recall(memory, dataset.clips)
  return split === 'test' ? unseen(dataset, seen) : remembered(dataset, split, seen)
}

type Seen = ReadonlyMap<Clip, SeenSplit>

function unseen(dataset: Dataset, seen: Seen): EvaluatedClips {
  const fresh = dataset.clips.filter(clip => !seen.has(clip))
  const clips = fresh.filter(({ split }) => split === undefined || split === 'test')
  const [known, named] = [seen.size, fresh.length - clips.length]
  if (clips.length === 0) {
    const why =
      named === 0
        ? `the model has seen all ${known} clips of ${dataset.path} while it was trained`
        : `of ${dataset.path} the model has seen ${known} clips while it was trained, and the manifest puts the other ${named} into other splits`
    throw inputError(
      'evaluate.all-seen',
      `${why}: nothing is left to test it on. Give clips that are new to it, or score these all the same with --split all`,
    )
  }
  const notices: string[] = []
  if (known > 0) {
    const counts = [...new Set(seen.values())].map(
      split => `${[...seen.values()].filter(value => value === split).length} ${split}`,
    )
    notices.push(
      `left out ${known} of ${dataset.clips.length} clips: the model has seen them while it was trained (${counts.join(', ')}); --split all scores them too`,
    )
  }
  if (named > 0) notices.push(`left out ${named} clips that the manifest puts into other splits than test`)
  const recordings = new Set([...seen.keys()].flatMap(({ group }) => group ?? []))
  const related = clips.filter(({ group }) => group !== undefined && recordings.has(group)).length
  if (related > 0)
    notices.push(
      `${related} of the ${clips.length} test clips are of recordings of which the model has seen other clips: the score may be too high`,
    )
  return { clips, leftOut: known + named, notices }
}

function remembered(dataset: Dataset, split: SeenSplit, seen: Seen): EvaluatedClips {
  const clips = dataset.clips.filter(clip => seen.get(clip) === split)
  if (clips.length > 0) return { clips, leftOut: 0, notices: [] }
  throw inputError(
    'evaluate.none-seen',
    `none of the ${dataset.clips.length} clips of ${dataset.path} was in the ${split} split of the model's run: give that run's clips, or --split test or all`,
  )
}
