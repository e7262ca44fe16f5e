import { expect, it } from 'vitest'
import { listNodes } from '../../../src/cluster/node/cluster-view.js'

it('lists nodes with name, address and protocol, and without if another program has written them', async () => {
  const row = { tag: 'a', state: 'active', live: 3 } as const
  const infos = [
    '{"name":"one","address":"rtsp://192.0.2.1","protocol":2}',
    '{"name":7,"protocol":"2"}',
    '[]',
    'null',
    '{',
  ]
  const store = { nodes: async () => infos.map((info) => ({ ...row, info })) }
  const none = { ...row, name: undefined, address: undefined, protocol: 1 }
  expect(await listNodes(store)).toEqual([
    { ...row, name: 'one', address: 'rtsp://192.0.2.1', protocol: 2 },
    ...[none, none, none, none],
  ])
})
