import type { Command } from 'commander'
import { benchmarkSchema } from '../runner/jobs/benchmark/config.ts'
import type { Io } from './command.ts'
import { addRun } from './watched.ts'

/** `layergym benchmark`: several agents, several seeds, one environment, and what differs beyond chance. */
export function benchmarkCommand(program: Command, io: Io): void {
  addRun(program, io, {
    kind: 'benchmark',
    description: 'train several agents with several seeds in one environment, and compare them',
    schema: benchmarkSchema,
  })
}
