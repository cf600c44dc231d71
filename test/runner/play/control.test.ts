import { expect, test } from 'vitest'
import { frontier } from '../../../src/envs/hierarchy/root.ts'
import {
  actingAgents,
  type Control,
  episodesPerUpdate,
  learnsFrom,
  rootControl,
} from '../../../src/runner/play/control.ts'
import { type GroupAgent, secondsSince } from '../../../src/runner/play/roles.ts'
import { ToyWorld } from '../../support/toy-world.ts'

const world = new ToyWorld(2, 4)
const agentOf = (unit: 'step' | 'episode', count: number) =>
  ({ appetite: { unit, count } }) as unknown as GroupAgent

const controlOf = (agents: Readonly<Record<string, GroupAgent>>): Control => {
  const settings = { view: 'parallel', rootActions: frontier, rootEvery: 3, gamma: 0.9 } as const
  return { agents: new Map(Object.entries(agents)), ...settings }
}

test('a group’s own agent acts for it, else the one that all share', () => {
  const [own, shared, joint] = [1, 2, 3].map(count => agentOf('episode', count))
  expect(actingAgents(controlOf({ 'group-1': own, shared }), world)).toEqual([shared, own])
  expect(actingAgents(controlOf({ joint }), world)).toEqual([joint, joint])
  expect(() => actingAgents(controlOf({ 'group-1': own }), world)).toThrow("no agent for group 'group-0'")
})

test('there is a root where an agent has its name', () => {
  const root = agentOf('episode', 1)
  expect(rootControl(controlOf({ shared: root }), world)).toBeUndefined()
  expect(rootControl(controlOf({ shared: root, root }), world)).toMatchObject({
    agent: root,
    every: 3,
    gamma: 0.9,
  })
})

test('an agent that all share learns from every group, and from the root nobody but its own', () => {
  for (const agent of ['shared', 'joint']) {
    expect(learnsFrom(agent, 'group-0')).toBe(true)
    expect(learnsFrom(agent, 'root')).toBe(false)
  }
  expect(learnsFrom('root', 'root')).toBe(true)
  expect(learnsFrom('group-0', 'group-0')).toBe(true)
  expect(learnsFrom('group-0', 'group-1')).toBe(false)
})

test('an update takes as many episodes as its agent says, or as its steps fill', () => {
  const count = (agent: GroupAgent) =>
    episodesPerUpdate(controlOf({ agent, other: agentOf('episode', 50) }), world)
  expect(count(agentOf('episode', 7))).toBe(7)
  expect(count(agentOf('episode', 0))).toBe(1)
  expect([1, 4, 5, 8].map(steps => count(agentOf('step', steps)))).toEqual([1, 1, 2, 2])
})

test('a clock that was put back tells no seconds', () => {
  expect(secondsSince(1000, () => 3500)).toBe(2.5)
  expect(secondsSince(1000, () => 0)).toBe(0)
})
