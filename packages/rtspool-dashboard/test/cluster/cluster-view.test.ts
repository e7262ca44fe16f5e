import { describe, expect, it } from 'vitest'
import {
  byName,
  linksOf,
  type MapNode,
  nodesOf,
  presentTag,
  stateOf,
  streamRows,
} from '../../src/cluster/cluster-view.js'
import { mapNode } from './node.js'

describe('a server of a cluster', () => {
  it.each([
    [mapNode('a'), 'live', 'good'],
    [mapNode('a', [], { isDraining: true }), 'draining', 'warn'],
    [{ ...mapNode('a', [], { state: 'degraded' }), store: 'Redis' }, 'Redis is away', 'warn'],
    [mapNode('a', [], { state: 'joining' }), 'joining', 'warn'],
    [{ tag: 'a', state: 'suspect', why: 'suspect' }, 'no sign of life', 'alarm'],
    // Redis still takes it for alive.
    [{ tag: 'a', state: 'active', why: 'silent' }, 'no answer', 'alarm'],
    [{ tag: 'a', state: 'unknown', why: 'storeAway' }, 'the store is away', 'alarm'],
    [{ tag: 'a', state: 'dead' }, 'dead', 'alarm'],
  ])('%j is %s', (node, text, kind) => {
    expect(stateOf(node)).toEqual({ text, kind })
  })

  it.each([
    ['redis' as const, 'Redis is away'],
    ['parent' as const, 'the parent process is away'],
    [undefined, 'the store is away'],
  ])('names the store %s that it cannot reach', (store, text) => {
    const view = { state: 'degraded', streams: [], ...(store && { store }) }
    const away = { tag: 'b', state: 'unknown', why: 'storeAway' }
    const nodes = nodesOf({ ...view, nodes: [mapNode('a', [], { state: 'degraded' }), away] })
    expect(nodes.map((node) => stateOf(node).text)).toEqual([text, text])
  })

  it('comes in the order of the names, those with numbers too', () => {
    const nodes = ['10', '9', '1'].map((tag) => mapNode(tag))
    expect(byName([...nodes, { tag: '0a', state: 'dead' }]).map(({ tag }) => tag)).toEqual([
      ...['0a', '1', '9', '10'],
    ])
  })
})

describe('the server under the pointer', () => {
  it('is none once the map has it no more', () => {
    const nodes = [mapNode('a'), mapNode('b')]
    expect([presentTag(nodes, 'b'), presentTag(nodes, 'gone'), presentTag(nodes)]).toEqual([
      ...['b', undefined, undefined],
    ])
  })
})

describe('pulls', () => {
  const x = { path: '/x', from: 'a' }
  const y = { path: '/y', from: 'a' }
  const z = { path: '/z', from: 'gone' }
  const silent: MapNode = { tag: 'd', state: 'active', why: 'silent' }
  const nodes = [mapNode('a'), mapNode('b', [x, y, z]), mapNode('c', [x]), silent]

  it('are one arrow for the same two servers, and none from a server that is not there', () => {
    const links = linksOf(nodes).map(({ from, to, pulls }) => [
      ...[from, to, ...pulls.map(({ path }) => path)],
    ])
    expect(links).toEqual([
      ['a', 'b', '/x', '/y'],
      ['a', 'c', '/x'],
    ])
  })

  it('are rows of their streams, beside the streams that nobody pulls', () => {
    const streams = [
      { path: '/only', server: 'd' },
      { path: '/x', server: 'a' },
    ]
    const rows = streamRows({ state: 'active', nodes, streams })
    expect(rows.map(({ path, server, by }) => [path, server, by])).toEqual([
      ['/only', 'd', 'unknown'],
      ['/x', 'server a', 'server b'],
      ['/x', 'server a', 'server c'],
      ['/y', 'server a', 'server b'],
      ['/z', 'gone', 'server b'],
    ])
    const heard = nodes.filter(({ report }) => report)
    const [first] = streamRows({ state: 'active', nodes: heard, streams })
    expect(first).toMatchObject({ path: '/only', server: 'd', by: 'no other server' })
  })

  it('are rows with keys of their own where two servers have one name', () => {
    const twins = ['e', 'f'].map((tag) => ({ ...mapNode(tag, [x]), name: 'twin' }))
    const rows = streamRows({ state: 'active', nodes: [mapNode('a'), ...twins], streams: [] })
    expect(rows.map(({ by }) => by)).toEqual(['twin', 'twin'])
    expect(new Set(rows.map(({ key }) => key)).size).toBe(2)
  })
})
