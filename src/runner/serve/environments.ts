import { z } from 'zod'
import { inputError } from '../../common/error.ts'
import { parseConfig } from '../../common/settings.ts'
import type { Env, Info, MaybePromise } from '../../envs/env.ts'
import { VectorEnv, type VectorReset, type VectorStep } from '../../envs/vector.ts'
import { type Reader, Writer } from '../../envs/wire/bytes.ts'
import { checkWire, readBatch, writeBatch } from '../../envs/wire/values.ts'
import { whenDone } from '../../envs/wrappers/wrapper.ts'

/** Makes one environment; `served` ones are made by it, one a copy. */
export type MakeEnv = (
  id: string,
  options: Readonly<Record<string, unknown>>,
) => Promise<Env<unknown, unknown>>

const makeSchema = z.strictObject({
  id: z.string(),
  options: z.record(z.string(), z.unknown()).default({}),
  size: z.number().int().min(1).max(65_536).default(1),
  autoreset: z.enum(['next-step', 'same-step', 'disabled']).default('disabled'),
})

const resetSchema = z.strictObject({
  seed: z.union([z.number().int(), z.array(z.number().int().nullable())]).nullish(),
  options: z.unknown().optional(),
  mask: z.array(z.number().int().min(0).max(1)).optional(),
})

const FLAGS = { terminated: 1, truncated: 2 } as const

/** Environments that step together for somebody at the other end of a wire. */
export class Served {
  /** Entries of a mask; 0 where the environments have none. */
  private readonly maskSize: number

  private constructor(private readonly envs: VectorEnv<unknown, unknown>) {
    const [first] = envs.envs
    this.maskSize = first.actionMask === undefined ? 0 : envs.actionSpace.flatSize
  }

  /** @throws input error where there is no such environment, an option is wrong, or its values can't be sent */
  static async make(make: MakeEnv, asked: Readonly<Record<string, unknown>>): Promise<Served> {
    const { id, options, size, autoreset } = parseConfig(makeSchema, asked)
    const envs: Env<unknown, unknown>[] = []
    try {
      for (let i = 0; i < size; i++) envs.push(await make(id, options))
      checkWire(envs[0].observationSpace)
      checkWire(envs[0].actionSpace)
      return new Served(new VectorEnv(envs, autoreset))
    } catch (error) {
      for (const env of envs) await env.close?.()
      throw error
    }
  }

  /** What the other end needs to know of them before the first reset. */
  facts(): Readonly<Record<string, unknown>> {
    const { envs, observationSpace, actionSpace, size } = this.envs
    const [{ spec, render }] = envs
    return {
      spec,
      size,
      observationSpace,
      actionSpace,
      maskSize: this.maskSize,
      renders: render !== undefined,
    }
  }

  /** @throws input error where seed or mask aren't what a reset takes */
  reset(asked: Readonly<Record<string, unknown>>): MaybePromise<Writer> {
    const { seed, options, mask } = parseConfig(resetSchema, asked)
    const own = typeof seed === 'number' ? seed : seed?.map(each => each ?? undefined)
    const done = this.envs.reset({
      ...(own === undefined ? {} : { seed: own }),
      options: options ?? undefined,
      ...(mask === undefined ? {} : { mask: Uint8Array.from(mask) }),
    })
    return whenDone(done, reset => this.answer(reset))
  }

  step(body: Reader): MaybePromise<Writer> {
    const { actionSpace, size } = this.envs
    const actions = readBatch(body, actionSpace, size)
    body.end()
    return whenDone(this.envs.step(actions), step => this.answer(step))
  }

  /** A picture: 1, height, width, RGB; a text: 2, UTF-8; neither: 0. */
  render(index: number): MaybePromise<Writer> {
    const env = this.envs.envs[index]
    if (env === undefined)
      throw inputError('serve.index', `there is no environment ${index}: there are ${this.envs.size}`)
    return whenDone(env.render?.(), picture => {
      const writer = new Writer()
      if (picture === undefined) writer.u32(0)
      else if (typeof picture === 'string') {
        writer.u32(2)
        writer.text(picture)
      } else {
        for (const number of [1, picture.height, picture.width]) writer.u32(number)
        writer.raw(picture.pixels)
      }
      return writer
    })
  }

  close(): MaybePromise<void> {
    return this.envs.close()
  }

  /**
   * Rewards f64 [n], flags u8 [n], masks u8 [n, maskSize], observations; then how many final observations follow,
   * whose they are, u32 each, and they; then the infos as JSON, '' where none says anything.
   */
  private answer(step: VectorReset<unknown> & Partial<VectorStep<unknown>>): Writer {
    const { observations, infos, rewards = new Float64Array(this.envs.size), terminated, truncated } = step
    const { observationSpace, size, autoreset } = this.envs
    const writer = new Writer(size * (16 + this.maskSize + 4 * observationSpace.flatSize) + 64)
    writer.array(rewards)
    for (let i = 0; i < size; i++) {
      writer.u8((terminated?.[i] ? FLAGS.terminated : 0) | (truncated?.[i] ? FLAGS.truncated : 0))
    }
    if (this.maskSize > 0) this.writeMasks(writer)
    writeBatch(writer, observationSpace, observations)
    const final = autoreset === 'same-step' ? indicesOf(infos, info => 'finalObservation' in info) : []
    writer.u32(final.length)
    for (const i of final) writer.u32(i)
    if (final.length > 0)
      writeBatch(
        writer,
        observationSpace,
        final.map(i => infos[i].finalObservation),
      )
    writer.text(wordsOf(infos))
    return writer
  }

  private writeMasks(writer: Writer): void {
    const all = new Uint8Array(this.maskSize).fill(1)
    for (const mask of this.envs.actionMasks()) writer.raw(mask?.length === this.maskSize ? mask : all)
  }
}

function indicesOf(infos: readonly Info[], holds: (info: Info) => boolean): readonly number[] {
  const found: number[] = []
  for (let i = 0; i < infos.length; i++) if (holds(infos[i])) found.push(i)
  return found
}

/** One object an environment; typed arrays as plain ones. */
function wordsOf(infos: readonly Info[]): string {
  if (!infos.some(says)) return ''
  return JSON.stringify(infos, (key, value: unknown) => {
    if (key === 'finalObservation' || (key === 'finalInfo' && !says(value as Info))) return undefined
    return ArrayBuffer.isView(value) ? Array.from(value as Uint8Array) : value
  })
}

function says(info: Info): boolean {
  for (const key in info) {
    if (key === 'finalObservation' || (key === 'finalInfo' && !says(info.finalInfo as Info))) continue
    return true
  }
  return false
}
