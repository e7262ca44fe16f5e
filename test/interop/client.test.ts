import { connect, type RtspClientTransport } from 'rtspool/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GstRtspServer, startGstRtspServer } from './support/gst-rtsp-server.js'
import { until } from './support/process.js'

let server: GstRtspServer

beforeAll(async () => {
  server = await startGstRtspServer()
})
afterAll(() => server.close())

describe('rtspool/client pulls from gst-rtsp-server', () => {
  it.each<RtspClientTransport>(['tcp', 'udp', 'http'])(
    'pictures and sound over %s',
    async (transport) => {
      await using client = await connect(`${server.url}/cam`, { transports: [transport] })
      expect(client.tracks.map(({ encoding }) => encoding)).toEqual(['H264', 'OPUS'])
      await client.play()
      await until(() => client.tracks.every(({ stats }) => stats.packets > 50))
      expect(client.transport).toBe(transport)
      expect(client.stats()).toMatchObject({ lostPackets: 0, invalidPackets: 0, strayBytes: 0 })
    },
  )

  it('with Digest', async () => {
    const url = `${server.privateUrl}/priv`
    await expect(connect(url)).rejects.toMatchObject({ code: 'ERR_CLIENT_UNAUTHORIZED' })
    await using client = await connect(url, { username: 'u', password: 'p' })
    await client.play()
    await until(() => client.stats().packets > 10)
  })

  it('access units that decoders can begin with', async () => {
    await using client = await connect(`${server.url}/cam`)
    for await (const { track, parts, isKeyFrame, unixTimeMs } of client.accessUnits()) {
      if (track.kind !== 'video' || !isKeyFrame || unixTimeMs === undefined) continue
      const types = parts.map((part) => (part[0] ?? 0) & 0x1f)
      expect(types).toEqual(expect.arrayContaining([5, 7, 8]))
      expect(Math.abs(unixTimeMs - Date.now())).toBeLessThan(30_000)
      break
    }
  })

  it('a file to its end, after which the iteration ends', async () => {
    await using client = await connect(`${server.url}/file`)
    let packets = 0
    for await (const _ of client.packets()) packets++
    expect(packets).toBe(client.stats().packets)
    expect(client.state).toBe('playing')
  })

  it('a file with a pause, and from another place', async () => {
    await using client = await connect(`${server.url}/file`)
    const packets = client.packets()
    const first = await client.play()
    expect(first.range).toMatchObject({ unit: 'npt', start: 0 })
    await until(() => client.stats().packets > 5)
    await client.pause()
    expect(client.state).toBe('paused')
    const resumed = await client.play()
    expect(resumed.range).toMatchObject({ unit: 'npt' })
    const { range, scale } = await client.seek(8, { scale: 2 })
    expect(range).toMatchObject({ unit: 'npt', start: 8 })
    // gst-rtsp-server 1.22.0 answers that it plays at the normal speed.
    expect(scale).toBe(1)
    const begun = Date.now()
    for await (const _ of packets);
    // Some 2 s of the file remain.
    expect(Date.now() - begun).toBeLessThan(6000)
    expect(client.stats()).toMatchObject({ invalidPackets: 0, strayBytes: 0 })
  })

  it('and tells a stream without parameters from one with them', async () => {
    await using client = await connect(`${server.url}/cam`)
    await client.play()
    expect([...(await client.getParameters())]).toEqual([])
    await expect(client.setParameters({ zoom: '2' })).rejects.toMatchObject({
      code: 'ERR_CLIENT_REFUSED',
    })
  })
})
