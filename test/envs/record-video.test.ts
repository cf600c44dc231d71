import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Frame } from '../../src/common/canvas.ts'
import { decodeVideo, probeVideo } from '../../src/data/video.ts'
import type { Env } from '../../src/envs/env.ts'
import { makeEnv } from '../../src/envs/registry.ts'
import { Discrete } from '../../src/envs/spaces.ts'
import { RecordVideo } from '../../src/envs/wrappers/record-video.ts'

/** Two steps an episode, and a picture of one's own, or none. */
function picturing(render: (() => Frame) | undefined): Env<unknown, unknown> {
  let t = 0
  return {
    spec: { id: 'Picturing' },
    observationSpace: new Discrete(3),
    actionSpace: new Discrete(2),
    reset() {
      t = 0
      return { observation: t, info: {} }
    },
    step: () => ({ observation: ++t, reward: 0, terminated: t === 2, truncated: false, info: {} }),
    ...(render ? { render } : {}),
  }
}

describe('RecordVideo', () => {
  const root = mkdtempSync(join(tmpdir(), 'layergym-video-'))
  afterAll(() => rmSync(root, { recursive: true }))
  const folder = () => mkdtempSync(join(root, 'videos-'))

  async function play(env: Env<unknown, unknown>, episodes: number) {
    const lengths: number[] = []
    for (let episode = 0; episode < episodes; episode++) {
      await env.reset({ seed: episode })
      let length = 0
      for (let ended = false; !ended; length++) {
        const { terminated, truncated } = await env.step(1)
        ended = terminated || truncated
      }
      lengths.push(length)
    }
    return lengths
  }

  test('records the episodes that the trigger names, one picture a state, and changes nothing', async () => {
    const dir = folder()
    const env = new RecordVideo(makeEnv('CartPole-v1'), { folder: dir, episodeTrigger: e => e !== 1 })
    const lengths = await play(env, 3)
    expect(lengths).toEqual(await play(makeEnv('CartPole-v1'), 3))
    expect(readdirSync(dir).sort()).toEqual(['episode-0.mp4', 'episode-2.mp4'])
    const video = await decodeVideo(join(dir, 'episode-2.mp4'))
    expect(video.shape).toEqual([lengths[2] + 1, 200, 300, 3])
    expect((await probeVideo(join(dir, 'episode-2.mp4'))).frameRate).toBeCloseTo(50)
  })

  test('pictures arrive as they were rendered, but for what H.264 loses; odd sizes are padded', async () => {
    const dir = folder()
    const pixels = new Uint8Array(31 * 21 * 3).fill(200)
    const env = picturing(() => ({ width: 31, height: 21, pixels }))
    await play(new RecordVideo(env, { folder: dir, name: e => `odd-${e}`, frameRate: 5 }), 1)
    const video = await decodeVideo(join(dir, 'odd-0.mp4'))
    expect(video.shape).toEqual([3, 22, 32, 3])
    for (const at of [0, 3 * (32 * 10 + 15)]) expect(Math.abs(video.frames[at] - 200)).toBeLessThan(4)
  })

  test('a video that was begun and not ended leaves nothing; by default the cubes are recorded', async () => {
    const dir = folder()
    const env = new RecordVideo(makeEnv('CartPole-v1'), { folder: dir })
    await env.reset({ seed: 1 })
    await env.step(0)
    await env.reset({ seed: 1 })
    await env.close()
    expect(readdirSync(dir)).toEqual([])
    await play(env, 10)
    expect(readdirSync(dir).sort()).toEqual(['episode-8.mp4'])
  })

  test('environments that render no pictures are refused with the reason', async () => {
    const reset = (env: Env<unknown, unknown>) =>
      new RecordVideo(env, { folder: folder() }).reset({ seed: 1 })
    await expect(reset(picturing(undefined))).rejects.toThrow(/has no render/)
    await expect(reset(makeEnv('CartPole-v1', { renderMode: 'ansi' }))).rejects.toThrow(/renders text/)
  })
})
