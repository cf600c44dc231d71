import { beforeAll } from 'vitest'
import { terminalAdvantage } from '../../../src/envs/finetune/reward.ts'
import { startEngine } from '../../../src/models/engine.ts'
import { ToyWorld } from '../../support/toy-world.ts'
import { tinyWorld } from '../../support/world.ts'
import { describeWorld } from './world-suite.ts'

beforeAll(async () => {
  await startEngine()
})

describeWorld('a toy', () => new ToyWorld())
describeWorld('a toy of two rounds', () => new ToyWorld(2, 2))
describeWorld('fine-tuning', () => tinyWorld())
describeWorld('fine-tuning within FLOPs', () => tinyWorld({ budgetFlops: 3e7 }))
describeWorld('fine-tuning with difference credit', () => tinyWorld({ credit: 'difference' }))
describeWorld('fine-tuning against a baseline', () => tinyWorld({ reward: terminalAdvantage }))
