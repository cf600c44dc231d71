import { describe, test } from 'vitest'
import { BLOCKS, place, readersFolder, takesMinutes, tryBlock } from './try-block.ts'

const folder = readersFolder()

describe('pages whose commands train for minutes, with few steps of small frames', () => {
  test.each(BLOCKS.filter(takesMinutes).map(block => ({ name: place(block), block })))('$name', ({ block }) =>
    tryBlock(block, folder.path),
  )
})
