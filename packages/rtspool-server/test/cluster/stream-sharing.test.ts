import { RtspServer, type RtspServerOptions } from 'rtspool'
import { connect, publish, type RtspClientTransport, type RtspPublisher } from 'rtspool/client'
import { ClusterNode, MemoryStore } from 'rtspool/cluster'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { RtspTestClient } from '../../../rtspool/test/support/rtsp-client.js'
import { nextTurn, until } from '../../../rtspool/test/support/until.js'
import { StreamSharing } from '../../src/cluster/stream-sharing.js'

const description = [
  ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'm=audio 0 RTP/AVP 0'],
  ...['a=rtpmap:0 PCMU/8000', 'a=control:streamid=0', ''],
].join('\r\n')
/** Options of a server whose clock jumps: a jump makes no viewer slow. */
const waiting = { publisherGraceSeconds: 20, slowReaderTimeout: 0, maxBacklogSeconds: 1e6 }
const peerKey = 'a secret of all nodes'

/** A packet of PCMU with a serial number. */
function packet(n: number): Buffer {
  const bytes = Buffer.alloc(172)
  bytes.writeUInt16BE(0x8000, 0)
  bytes.writeUInt16BE(n & 0xffff, 2)
  bytes.writeUInt32BE(n * 160, 4)
  bytes.writeUInt32BE(7, 8)
  return bytes
}

interface Server {
  readonly node: ClusterNode
  readonly rtsp: RtspServer
  readonly sharing: StreamSharing
  urlOf(path: string, user?: string): string
  close(): Promise<void>
}

async function startServer(store: MemoryStore, options: RtspServerOptions = {}): Promise<Server> {
  const node = new ClusterNode({
    ...{ store, peerKey, leaseMs: 3000, beatMs: 40, flushMs: 10, waitMs: 1500, spareCredits: 0 },
  })
  const sharing: StreamSharing = new StreamSharing({
    ...{ node, holdSeconds: 20, takeover: () => options.publisherTakeover ?? 'idle' },
    urlOf: (server) => `rtsp://127.0.0.1:${server.address().port}`,
  })
  const rtsp = new RtspServer({
    ...{ port: 0, host: '127.0.0.1', udpPorts: false, ...options, ...sharing.hooks },
    pool: node.poolOptions({ ...options.pool }),
  })
  rtsp.mounts.allowPublish('/*')
  sharing.begin(rtsp)
  await node.start(rtsp.pool)
  await rtsp.listen()
  let closed: Promise<void> | undefined
  const close = async (): Promise<void> => {
    await rtsp.close()
    await sharing.close()
    await node.close()
  }
  const server = {
    ...{ node, rtsp, sharing },
    urlOf: (path: string, user = '') => `rtsp://${user}127.0.0.1:${rtsp.address().port}${path}`,
    close: () => (closed ??= close()),
  }
  onTestFinished(() => server.close())
  return server
}

async function publishTo(url: string): Promise<RtspPublisher> {
  const publisher = await publish(url, { description, basic: 'always' })
  onTestFinished(() => publisher.close())
  return publisher
}

/** A viewer, and the number of packets that it has received. */
async function watch(url: string, transports: readonly RtspClientTransport[] = ['tcp']) {
  const client = await connect(url, { transports, basic: 'always' })
  onTestFinished(() => client.close())
  const viewer = { client, packets: 0 }
  client.tracks[0]?.pipe({ push: () => void viewer.packets++, mapTime: () => {} })
  await client.play()
  return viewer
}

let sent = 0
/** Sends packets until a viewer has had more of them. */
async function expectFlow(publisher: RtspPublisher, viewer: { readonly packets: number }) {
  const before = viewer.packets
  await until(
    () => viewer.packets > before + 3,
    async () => {
      publisher.tracks[0]?.push(packet(++sent))
      await nextTurn()
    },
  )
}

describe('StreamSharing', { timeout: 30_000 }, () => {
  it('plays what is published on another server, over one pull for all viewers', async () => {
    const store = new MemoryStore()
    const [one, two] = [await startServer(store), await startServer(store)]
    const publisher = await publishTo(one.urlOf('/live/x'))
    const first = await watch(two.urlOf('/live/x'))
    await expectFlow(publisher, first)
    const second = await watch(two.urlOf('/live/x'))
    await expectFlow(publisher, second)
    expect(two.sharing.pulls).toMatchObject([
      { path: '/live/x', from: one.node.tag, state: 'playing' },
    ])
    expect([one.rtsp.pool.size, two.rtsp.pool.size]).toEqual([2, 2])
    await expect(watch(two.urlOf('/live/y'))).rejects.toThrow(/404/)
  })

  it('lets a publisher that moves to the server of the viewers continue for them', async () => {
    const store = new MemoryStore()
    const [one, two] = [await startServer(store), await startServer(store)]
    const before = await publishTo(one.urlOf('/x'))
    const viewer = await watch(two.urlOf('/x'))
    await expectFlow(before, viewer)
    await before.close()
    await until(() => one.node.streams.list().length === 0)
    const after = await publishTo(two.urlOf('/x'))
    await expectFlow(after, viewer)
    await expectFlow(after, await watch(two.urlOf('/x')))
    await expectFlow(after, await watch(one.urlOf('/x')))
    expect(viewer.client.state).toBe('playing')
  })

  it('holds viewers while the server of the publisher is away, until a third one has the publisher', async () => {
    const store = new MemoryStore()
    const [one, two] = [await startServer(store), await startServer(store)]
    const viewer = await watchPublished(one, two)
    await one.close()
    const three = await startServer(store)
    await until(() => two.sharing.pulls[0]?.state !== 'playing')
    const after = await publishTo(three.urlOf('/x'))
    await expectFlow(after, viewer)
    expect(two.sharing.pulls).toMatchObject([{ path: '/x', from: three.node.tag }])
  })

  async function watchPublished(one: Server, two: Server) {
    const publisher = await publishTo(one.urlOf('/x'))
    const viewer = await watch(two.urlOf('/x'))
    await expectFlow(publisher, viewer)
    return viewer
  }

  it('refuses a second publisher of a path anywhere, or lets it take over by the policy', async () => {
    const store = new MemoryStore()
    const [one, two] = [await startServer(store), await startServer(store)]
    const always = await startServer(store, { publisherTakeover: 'always' })
    await publishTo(one.urlOf('/x'))
    await expect(publish(two.urlOf('/x'), { description })).rejects.toThrow(/403/)
    const reasons: unknown[] = []
    one.rtsp.pool.on('sessionRemoved', (_, reason) => reasons.push(reason))
    await publishTo(always.urlOf('/x'))
    await until(() => reasons.length > 0)
    expect(reasons).toEqual(['replaced'])
    await until(() => two.node.streams.find('/x')?.tag === always.node.tag)
  })

  it('keeps the path of a publisher while viewers wait for it, and no longer', async () => {
    const store = new MemoryStore()
    const clock = new ManualClock()
    const one = await startServer(store, { ...waiting, clock })
    const two = await startServer(store)
    const first = await publishTo(one.urlOf('/x'))
    const viewers = [await watch(one.urlOf('/x')), await watch(two.urlOf('/x'))] as const
    for (const viewer of viewers) await expectFlow(first, viewer)
    await first.close()
    await until(() => one.rtsp.pool.size === 2)
    await expect(publish(two.urlOf('/x'), { description })).rejects.toThrow(/403/)
    const second = await publishTo(one.urlOf('/x'))
    for (const viewer of viewers) await expectFlow(second, viewer)
    await second.close()
    await until(() => one.rtsp.pool.size === 2)
    await expect(publish(two.urlOf('/x'), { description })).rejects.toThrow(/403/)
    clock.advance(20_000)
    await freed(store, '/x')
    // The viewers of the other server have waited by a rule of their own.
    await expectFlow(await publishTo(two.urlOf('/x')), viewers[1])
  })

  it('leaves in order: viewers, publishers, and the pulls of others, whose viewers go on elsewhere', async () => {
    const store = new MemoryStore()
    const clock = new ManualClock()
    const one = await startServer(store, { ...waiting, clock })
    const two = await startServer(store)
    const publisher = await publishTo(one.urlOf('/x'))
    const elsewhere = await watch(two.urlOf('/x'))
    await expectFlow(publisher, elsewhere)
    await watch(one.urlOf('/x'))
    const left: unknown[] = []
    one.rtsp.pool.on('sessionRemoved', ({ use }, reason) => left.push(`${use?.action} ${reason}`))
    const drained = one.rtsp.drain({ seconds: 30 })
    const three = await startServer(store)
    // A server that drains still gives its streams to the others.
    const late = await watch(three.urlOf('/x'))
    await expectFlow(publisher, late)
    clock.advance(10_000)
    expect(left).toEqual(['read drained'])
    for (const each of [elsewhere, late]) await expectFlow(publisher, each)
    clock.advance(20_000)
    await drained
    expect(left.slice(1)).toEqual(['publish drained', 'read drained', 'read drained'])
    await freed(store, '/x')
    const after = await publishTo(two.urlOf('/x'))
    for (const each of [elsewhere, late]) await expectFlow(after, each)
  })

  async function announceTo(client: RtspTestClient, { urlOf }: Server, path: string) {
    const headers = { 'Content-Type': 'application/sdp' }
    const announcement = { headers, body: description }
    return (await client.request('ANNOUNCE', urlOf(path), announcement)).statusCode
  }

  /** Waits until no server has a path. */
  async function freed(store: MemoryStore, path: string): Promise<void> {
    let isTaken = true
    await until(
      () => !isTaken,
      async () => {
        await nextTurn()
        const page = await store.streams()
        isTaken = page?.streams.some((each) => each.path === path) ?? false
      },
    )
  }

  it('frees a path for the others when an ANNOUNCE fails, or nobody sets up what it has announced', async () => {
    const store = new MemoryStore()
    const clock = new ManualClock()
    const pool = { maxSessions: 1, maxIdleSetup: 30 }
    const [one, two] = [await startServer(store, { clock, pool }), await startServer(store)]
    const first = await RtspTestClient.connect(one.rtsp.address().port)
    const second = await RtspTestClient.connect(one.rtsp.address().port)
    expect(await announceTo(first, one, '/x')).toBe(200)
    expect(await announceTo(second, one, '/y')).toBe(503)
    await freed(store, '/y')
    await publishTo(two.urlOf('/y'))
    await expect(publish(two.urlOf('/x'), { description })).rejects.toThrow(/403/)
    clock.advance(30_000)
    await freed(store, '/x')
    await publishTo(two.urlOf('/x'))
    expect([first.socket.destroyed, second.socket.destroyed]).toEqual([false, false])
  })

  it('keeps a path that another client of the same server announces when the first leaves', async () => {
    const store = new MemoryStore()
    const always = { publisherTakeover: 'always' } as const
    const [one, two] = [await startServer(store, always), await startServer(store)]
    const first = await RtspTestClient.connect(one.rtsp.address().port)
    const second = await RtspTestClient.connect(one.rtsp.address().port)
    expect(await announceTo(first, one, '/x')).toBe(200)
    expect(await announceTo(second, one, '/x')).toBe(200)
    const { connections } = one.rtsp.stats()
    first.socket.destroy()
    await until(() => one.rtsp.stats().connections < connections)
    await expect(publish(two.urlOf('/x'), { description })).rejects.toThrow(/403/)
  })

  it('frees a path for the others when its publisher leaves before it has recorded', async () => {
    const store = new MemoryStore()
    const [one, two] = [await startServer(store), await startServer(store)]
    const client = await RtspTestClient.connect(one.rtsp.address().port)
    expect(await announceTo(client, one, '/x')).toBe(200)
    await expect(publish(two.urlOf('/x'), { description })).rejects.toThrow(/403/)
    // A connection has one announcement at a time.
    await announceTo(client, one, '/y')
    await freed(store, '/x')
    await publishTo(two.urlOf('/x'))
    await expect(publish(two.urlOf('/y'), { description })).rejects.toThrow(/403/)
    client.socket.destroy()
    await until(() => two.node.streams.list().every(({ path }) => path === '/x'))
    await publishTo(two.urlOf('/y'))
  })

  it('needs neither login nor place for the pull of another server, but for everybody else', async () => {
    const store = new MemoryStore({ warmMs: 0 })
    const auth = { users: { ann: 'secret' } }
    const one = await startServer(store, { auth, pool: { maxSessions: 2 } })
    const two = await startServer(store, { auth, pool: { maxSessions: 2 } })
    const publisher = await publishTo(one.urlOf('/x', 'ann:secret@'))
    const viewer = await watch(two.urlOf('/x', 'ann:secret@'))
    await expectFlow(publisher, viewer)
    expect(one.rtsp.pool.size).toBe(2)
    await expect(watch(one.urlOf('/x'))).rejects.toThrow(/requires credentials/)
    await expect(watch(one.urlOf('/x', 'ann:secret@'))).rejects.toThrow(/503/)
  })
})
