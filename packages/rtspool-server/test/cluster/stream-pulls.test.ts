import { MediaFactory, RtspServer } from 'rtspool'
import type { ClusterNode, ClusterStream } from 'rtspool/cluster'
import { ManualClock } from 'rtspool/testing'
import { expect, it, onTestFinished } from 'vitest'
import { StreamPulls } from '../../src/cluster/stream-pulls.js'

const streamOf = (info: string, path = '/x'): ClusterStream => ({
  ...{ path, tag: '0000000b', fence: 1, info },
})
const info = JSON.stringify({ url: 'rtsp://127.0.0.1:1', owner: 'user ann' })

function pullsOf(present: Map<string, ClusterStream> = new Map()) {
  const server = new RtspServer({ port: 0, udpPorts: false })
  const node = {
    ...{ tag: '0000000a', streams: { find: (path: string) => present.get(path) } },
    peers: { headers: () => [] },
  } as unknown as ClusterNode
  const clock = new ManualClock()
  const pulls = new StreamPulls({ server, node, holdSeconds: 1, clock })
  onTestFinished(async () => {
    await pulls.close()
    await server.close()
  })
  return { server, pulls, present, clock }
}

it('mounts one pull at a path, and not where something is mounted', () => {
  const { server, pulls } = pullsOf()
  pulls.mount(streamOf(info), [])
  const factory = server.mounts.get('/x')
  pulls.mount(streamOf(info), [])
  expect(factory).toBeDefined()
  expect(server.mounts.get('/x')).toBe(factory)
  server.mounts.add('/y', new MediaFactory(() => undefined as never))
  pulls.mount(streamOf(info, '/y'), [])
  expect(pulls.list()).toEqual([{ path: '/x', from: '0000000b', state: 'idle', bytes: 0 }])
})

it.each(['', 'null', '{}', '{"url":7}', '{"url":"http://127.0.0.1"}', '{"url":"rtsp://a/b"}'])(
  'mounts nothing for the description %j of another program',
  (wrong) => {
    const { server, pulls } = pullsOf()
    pulls.mount(streamOf(wrong), [])
    expect([server.mounts.size, pulls.list()]).toEqual([0, []])
  },
)

it.each(['/x*', '/x#1', '/x?y', '/100%25'])('mounts nothing, and keeps nothing, at %s', (path) => {
  const { server, pulls, clock } = pullsOf()
  pulls.mount(streamOf(info, path), [])
  expect([server.mounts.size, pulls.list(), clock.pendingTimers]).toEqual([0, [], 0])
})

it('gives way to a publisher, and mounts the same pull again', () => {
  const { server, pulls } = pullsOf()
  pulls.mount(streamOf(info), [])
  const factory = server.mounts.get('/x')
  pulls.giveWay('/x')
  expect(server.mounts.get('/x')).toBeUndefined()
  pulls.mount(streamOf(info), [])
  expect(server.mounts.get('/x')).toBe(factory)
})

it('follows a stream to another server, and not to this one at its own path', () => {
  const { pulls, present } = pullsOf()
  pulls.mount(streamOf(info), [])
  const from = (change: Partial<ClusterStream>) => {
    present.set('/x', { ...streamOf(info), ...change })
    pulls.follow()
    return pulls.list()[0]?.from
  }
  expect(from({ fence: 2, tag: '0000000c' })).toBe('0000000c')
  expect(from({ fence: 3, tag: '0000000a' })).toBe('0000000c')
  pulls.giveWay('/x')
  expect(from({ fence: 3, tag: '0000000a' })).toBe('0000000a')
  present.clear()
  pulls.follow()
  expect(pulls.list()[0]?.from).toBe('0000000a')
})

it('drops a pull that nobody has needed for two looks, and leaves no timer', () => {
  const { server, pulls, clock } = pullsOf()
  pulls.mount(streamOf(info), [])
  clock.advance(2000)
  expect([pulls.list().length, server.mounts.size]).toEqual([1, 1])
  clock.advance(2000)
  expect([pulls.list().length, server.mounts.size, clock.pendingTimers]).toEqual([0, 0, 0])
})
