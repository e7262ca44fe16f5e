import { expect, it } from 'vitest'
import { DeadNodes } from '../../../src/cluster/memory/dead-nodes.js'
import { goneTags, reapLeaseMs } from '../../../src/cluster/store-options.js'

it('gives each dead node to one node at a time, the first dead one first', () => {
  const dead = new DeadNodes()
  for (const tag of ['a', 'b']) dead.add(tag, { info: '{}', live: 1 })
  expect([dead.reserve(0), dead.reserve(0), dead.reserve(reapLeaseMs - 1)]).toEqual([
    'a',
    'b',
    undefined,
  ])
  expect(dead.reserve(reapLeaseMs)).toBe('a')
})

it('knows the tags of nodes of which nothing is left, the last 4096', () => {
  const dead = new DeadNodes()
  for (let n = 0; n <= goneTags; n++) {
    dead.add(`${n}`, { info: '{}', live: n })
    if (n === 0) expect(dead.rows()).toEqual([{ tag: '0', info: '{}', state: 'dead', live: 0 }])
    dead.forget(`${n}`)
  }
  expect([dead.has('1'), dead.hasUsed('1'), dead.hasUsed('0'), dead.rows()]).toEqual([
    false,
    true,
    false,
    [],
  ])
})
