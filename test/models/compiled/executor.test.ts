import { beforeAll } from 'vitest'
import { CompiledExecutor } from '../../../src/models/compiled/compiled-executor.ts'
import { startEngine } from '../../../src/models/engine.ts'
import { describeExecutor } from '../executor-suite.ts'

beforeAll(async () => {
  await startEngine({ engine: 'tfjs-node' })
})

describeExecutor('the compiled executor', (options, weights) => new CompiledExecutor(options, weights))
