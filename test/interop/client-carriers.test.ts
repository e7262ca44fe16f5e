import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect, type RtspClientTransport } from 'rtspool/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GstRtspServer, startGstRtspServer } from './support/gst-rtsp-server.js'
import { until } from './support/process.js'

const certificates = new URL('../../packages/rtspool/test/support/certificates/', import.meta.url)
const { fingerprint256: fingerprint } = new X509Certificate(
  readFileSync(new URL('first.cert.pem', certificates)),
)

let server: GstRtspServer

beforeAll(async () => {
  server = await startGstRtspServer()
})
afterAll(() => server.close())

describe('rtspool/client pulls with SRTP from gst-rtsp-server', { tags: 'A-SRT-3' }, () => {
  it.each<RtspClientTransport>(['tcp', 'udp', 'http'])(
    'pictures and sound over %s, with a pinned certificate',
    async (transport) => {
      const options = { transports: [transport], tls: { fingerprint } }
      await using client = await connect(`${server.secureUrl}/cam`, options)
      await client.play()
      await until(() => client.tracks.every(({ stats }) => stats.packets > 50))
      expect(client.transport).toBe(transport)
      expect(client.tracks.map(({ srtp }) => srtp)).toEqual([
        'AES_CM_128_HMAC_SHA1_80',
        'AES_CM_128_HMAC_SHA1_80',
      ])
      // The times come with protected reports of the server.
      await until(() => client.tracks.every((track) => track.unixTimeMsAt(0) !== undefined))
      expect(client.stats()).toMatchObject({
        ...{ lostPackets: 0, invalidPackets: 0, rejectedPackets: 0, malformedRtcp: 0 },
      })
    },
  )
})

it.each<RtspClientTransport>(['tcp', 'udp'])(
  'rtspool/client speaks to gst-rtsp-server over the back channel and %s',
  { tags: 'A-ONV-5' },
  async (transport) => {
    const options = { backChannel: true, transports: [transport] }
    await using client = await connect(`${server.onvifUrl}/door`, options)
    const audio = Array.from({ length: 800 }, (_, at) => `${transport}${at}`).join(' ')
    await client.backChannel?.write(Buffer.from(audio))
    await until(() => server.spoken().includes(audio))
    expect(server.spoken()).toContain(audio)
    await until(() => client.tracks[0]?.stats.packets !== 0)
  },
)
