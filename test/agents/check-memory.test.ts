import { expect, test } from 'vitest'
import type { ActContext, Decision, Memory } from '../../src/agents/agent.ts'
import { checkAgent, type TestContext } from '../../src/agents/check.ts'
import { Discrete } from '../../src/envs/spaces.ts'
import { LinearQ } from './linear-q.ts'

const UNITS = 3

/** A sound agent that counts what it has seen, and lets it decide nothing. */
class Counting extends LinearQ {
  override act(observations: readonly unknown[], context: ActContext): readonly Decision<number>[] {
    const { memories = [] } = context
    return super.act(observations, context).map((decision, i) => ({
      ...decision,
      memory: this.next(memories[i], observations[i], memories),
    }))
  }

  protected next(memory: Memory | undefined, _observation: unknown, _all: ActContext['memories']): Memory {
    return new Float32Array(UNITS).fill((memory?.[0] ?? 0) + 1)
  }
}

class Leaking extends Counting {
  private kept = 0
  protected override next(memory: Memory | undefined): Memory {
    this.kept = (memory?.[0] ?? this.kept) + 1
    return new Float32Array(UNITS).fill(this.kept)
  }
}

class Mixing extends Counting {
  protected override next(memory: Memory | undefined, _: unknown, all: ActContext['memories']): Memory {
    return new Float32Array(UNITS).fill((memory?.[0] ?? 0) + (all?.at(-1)?.[0] ?? 0) + 1)
  }
}

class Changing extends Counting {
  protected override next(memory: Memory | undefined): Memory {
    return memory?.fill(memory[0] + 1) ?? new Float32Array(UNITS)
  }
}

class Growing extends Counting {
  protected override next(memory: Memory | undefined): Memory {
    return new Float32Array((memory?.length ?? 0) + 1)
  }
}

/** What it makes of what it sees is learned, and isn't saved. */
class Forgetting extends Counting {
  protected override next(memory: Memory | undefined): Memory {
    return new Float32Array(UNITS).fill((memory?.[0] ?? 0) + this.learned)
  }

  private learned = 1
  override learn(...given: Parameters<LinearQ['learn']>) {
    this.learned++
    return super.learn(...given)
  }
}

/** Forgets what is forbidden as soon as it remembers something. */
class Unmasked extends Counting {
  override act(observations: readonly unknown[], context: ActContext): readonly Decision<number>[] {
    const masks = context.masks.map((mask, i) => (context.memories?.[i] === undefined ? mask : undefined))
    return super.act(observations, { ...context, masks })
  }
}

const codesOf = async (Kind: new (context: TestContext) => LinearQ) => {
  const actionSpace = new Discrete(3)
  const findings = await checkAgent(context => new Kind(context), { actionSpace, learning: false })
  return findings.map(({ code }) => code)
}

test('an agent with a memory that is sound', async () => {
  expect(await codesOf(Counting)).toEqual([])
})

test.each([
  ['a state that leaks over episodes', Leaking, 'memory.leaks'],
  ['rows that mix', Mixing, 'memory.mixed'],
  ['a memory that is written over', Changing, 'memory.changed'],
  ['memories of several sizes', Growing, 'memory.invalid'],
  ['one that isn’t restored', Forgetting, 'state.incomplete'],
  ['masks that are ignored with a memory', Unmasked, 'action.masked'],
] as const)('%s: found', async (_name, Kind, code) => {
  expect(await codesOf(Kind)).toContain(code)
})
