import { describe, expect, it } from 'vitest'
import { until } from '../../support/until.js'
import { clusterScene } from '../cluster-scene.js'

describe('ClusterStreams', () => {
  it('shows the stream of a node on all nodes, until it is withdrawn', async () => {
    const { nodes, pass } = await clusterScene()
    const [one, two] = nodes
    one.node.streams.announce('/x', 'rtsp://one')
    await until(() => two.node.streams.find('/x') !== undefined, pass)
    expect(two.node.streams.list()).toEqual([
      { path: '/x', tag: one.node.tag, fence: expect.any(Number), info: 'rtsp://one' },
    ])
    one.node.streams.withdraw('/x')
    await until(() => two.node.streams.list().length === 0, pass)
  })

  it('asks the store for a path that it does not know, once for many at a time', async () => {
    const { nodes, store, pass } = await clusterScene({ beatMs: 900 })
    const [one, two] = nodes
    await one.node.streams.claim('/x', 'rtsp://one')
    await until(() => one.node.streams.find('/x') !== undefined, pass)
    expect(two.node.streams.find('/x')).toBeUndefined()
    let reads = 0
    const { streams } = store
    store.streams = (known) => {
      reads++
      return streams.call(store, known)
    }
    let found: unknown[] = []
    const paths = ['/x', '/x', '/y']
    void Promise.all(paths.map((path) => two.node.streams.lookup(path))).then((all) => {
      found = all.map((stream) => stream?.tag)
    })
    await until(() => found.length > 0, pass)
    expect([found, reads]).toEqual([[one.node.tag, one.node.tag, undefined], 1])
  })

  it('gives a path to one of two nodes, and to the other by takeover, which the first learns', async () => {
    const { nodes, pass } = await clusterScene()
    const [one, two] = nodes
    const lost: unknown[] = []
    one.node.streams.on('superseded', (...args) => lost.push(args))
    expect(await one.node.streams.claim('/x', 'rtsp://one')).toBeUndefined()
    expect(await two.node.streams.claim('/x', 'rtsp://two')).toBe(one.node.tag)
    expect(await two.node.streams.claim('/x', 'rtsp://two', { takesOver: true })).toBeUndefined()
    await until(() => lost.length > 0, pass)
    expect(lost).toEqual([['/x', two.node.tag]])
  })

  it('tells a node that announces a path of another one', async () => {
    const { nodes, pass } = await clusterScene()
    const [one, two] = nodes
    await one.node.streams.claim('/x', 'rtsp://one')
    const lost: unknown[] = []
    two.node.streams.on('superseded', (...args) => lost.push(args))
    two.node.streams.announce('/x', 'rtsp://two')
    await until(() => lost.length > 0, pass)
    expect(lost).toEqual([['/x', one.node.tag]])
  })

  it('announces its streams again when the store has lost them, or has declared the node dead', async () => {
    const { nodes, store, pass, settle } = await clusterScene()
    const [one, two] = nodes
    await one.node.streams.claim('/x', 'rtsp://one')
    store.clear()
    await until(() => two.node.streams.list().length === 0, pass)
    await until(() => two.node.streams.find('/x')?.tag === one.node.tag, pass)
    const before = one.node.tag
    one.isCut = true
    await settle(10_000)
    expect(two.node.streams.find('/x')).toBeUndefined()
    one.isCut = false
    await until(() => two.node.streams.find('/x') !== undefined, pass)
    expect(one.node.tag).not.toBe(before)
  })

  it('loses a path to another node when it was cut off for longer than its lease', async () => {
    const { nodes, pass, settle } = await clusterScene()
    const [one, two] = nodes
    await one.node.streams.claim('/x', 'rtsp://one')
    one.isCut = true
    expect(await two.node.streams.claim('/x', 'rtsp://two')).toBe(one.node.tag)
    await settle(3100)
    expect(await two.node.streams.claim('/x', 'rtsp://two')).toBeUndefined()
    const lost: unknown[] = []
    one.node.streams.on('superseded', (path) => lost.push(path))
    one.isCut = false
    await until(() => lost.length > 0, pass)
    await until(() => one.node.streams.find('/x')?.tag === two.node.tag, pass)
    expect(two.node.streams.find('/x')?.tag).toBe(two.node.tag)
  })

  it('loses a path also when the store has lost its data and its clock was set back', async () => {
    const { clock, nodes, store, pass } = await clusterScene()
    const [one, two] = nodes
    await one.node.streams.claim('/x', 'rtsp://one')
    await until(() => one.node.streams.find('/x') !== undefined, pass)
    one.isCut = true
    clock.jumpWallClock(-3_600_000)
    store.clear()
    two.node.streams.announce('/x', 'rtsp://two')
    await until(() => two.node.streams.find('/x')?.tag === two.node.tag, pass)
    const lost: unknown[] = []
    one.node.streams.on('superseded', (...args) => lost.push(args))
    one.isCut = false
    await until(() => lost.length > 0, pass)
    expect(lost).toEqual([['/x', two.node.tag]])
  })

  it('decides by what it knows while the store is away', async () => {
    const { nodes, pass, settle } = await clusterScene()
    const [one, two] = nodes
    await one.node.streams.claim('/x', 'rtsp://one')
    await until(() => two.node.streams.find('/x') !== undefined, pass)
    two.isCut = true
    await settle(1500)
    expect(await two.node.streams.lookup('/x')).toMatchObject({ tag: one.node.tag })
    expect(await two.node.streams.lookup('/y')).toBeUndefined()
    expect(await two.node.streams.claim('/x', 'rtsp://two')).toBe(one.node.tag)
    expect(await two.node.streams.claim('/y', 'rtsp://two')).toBeUndefined()
    two.isCut = false
    await until(() => one.node.streams.find('/y')?.tag === two.node.tag, pass)
    expect(one.node.streams.find('/x')?.tag).toBe(one.node.tag)
  })

  it('removes a stream that a late request has brought back', async () => {
    const { nodes, store, pass } = await clusterScene()
    const [one] = nodes
    await one.node.streams.claim('/y', 'rtsp://one')
    const { epoch } = (await store.join({ tag: 'x', nonce: 'x', info: '', claims: [] })) as {
      readonly epoch: string
    }
    const { tag } = one.node
    const late = { tag, epoch, path: '/x', claim: 1, info: 'rtsp://one' }
    expect(await store.publish(late)).toMatchObject({ status: 'ok' })
    let paths: unknown
    const read = () =>
      store.streams().then((page) => (paths = page?.streams.map(({ path }) => path)))
    await read()
    expect(paths).toEqual(['/x', '/y'])
    await until(() => {
      void read()
      return `${paths}` === '/y'
    }, pass)
  })
})
