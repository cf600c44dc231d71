import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { BLOCKS, layOutBlocks, place, takesMinutes, tryBlock } from './try-block.ts'
import { setUpWorkplace } from './workplace.ts'

let folder = ''

beforeAll(async () => {
  folder = await setUpWorkplace()
  layOutBlocks(folder)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('pages whose commands train for minutes, with few steps of small frames', () => {
  test.each(BLOCKS.filter(takesMinutes).map(block => ({ name: place(block), block })))('$name', ({ block }) =>
    tryBlock(block, folder),
  )
})
