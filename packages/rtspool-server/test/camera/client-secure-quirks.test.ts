import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect, type RtspClientOptions } from 'rtspool/client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parseSrtpOffer } from '../../../rtspool/src/mikey/index.js'
import { CameraScene } from './camera-scene.js'

const certificateOf = (name: string) => {
  const read = (part: string): Buffer =>
    readFileSync(
      new URL(`../../../rtspool/test/support/certificates/${name}.${part}.pem`, import.meta.url),
    )
  const [key, cert] = [read('key'), read('cert')]
  return { key, cert, fingerprint: new X509Certificate(cert).fingerprint256 }
}
const [elliptic, rsa] = [certificateOf('first'), certificateOf('rsa')]

/** Starts cameras with TLS, and connects to one of them over rtsps. */
async function attempted(
  query: string,
  tls: RtspClientOptions['tls'],
  { certificate = elliptic, isOld = false, ...options }: AttemptOptions = {},
) {
  const scene = await CameraScene.start({ tls: { port: 0, ...certificate, isOld } })
  const url = scene
    .url(query)
    .replace(/^rtsp:\/\/[^/]+/, `rtsps://127.0.0.1:${scene.server.tlsPort}`)
  const client = await connect(url, { clock: scene.clock, tls, ...options })
  onTestFinished(() => client.close())
  return { scene, client }
}

interface AttemptOptions extends RtspClientOptions {
  readonly certificate?: typeof elliptic
  readonly isOld?: boolean
}

/** Plays until whole pictures have arrived, and returns the first two. */
async function picturesOf({ scene, client }: Awaited<ReturnType<typeof attempted>>) {
  const pictures: boolean[] = []
  let isDone = false
  const reading = (async () => {
    for await (const { track, isKeyFrame, lostPackets } of client.accessUnits()) {
      if (track.kind !== 'video') continue
      expect(lostPackets).toBe(0)
      if (pictures.push(isKeyFrame) === 2) return
    }
  })().finally(() => {
    isDone = true
  })
  await scene.until(() => isDone)
  await reading
  return pictures
}

const pinned = { fingerprint: elliptic.fingerprint }

describe('rtspool/client copes with a camera of quirk 34:', () => {
  it('a certificate that nobody has signed, which it pins', async () => {
    const attempt = await attempted('', pinned)
    expect(attempt.client.tracks[0]?.srtp).toBeUndefined()
    expect(await picturesOf(attempt)).toEqual([true, false])
  })

  it.each([
    ['unless it is pinned', {}],
    ['with the fingerprint of another', { fingerprint: rsa.fingerprint }],
  ])('and refuses that certificate %s', async (_, tls) => {
    await expect(attempted('', tls)).rejects.toThrow(/certificate/)
  })

  it.each(['34a', '34b'])('%s: SRTP over TCP and UDP', async (quirk) => {
    for (const transport of ['tcp', 'udp'] as const) {
      const attempt = await attempted(`quirk=${quirk}`, pinned, { transports: [transport] })
      expect(await picturesOf(attempt)).toEqual([true, false])
      const [video] = attempt.client.tracks
      expect(video?.srtp).toBe('AES_CM_128_HMAC_SHA1_80')
      expect(video?.stats.rejectedPackets).toBe(0)
      expect(video?.description.protocol).toBe('RTP/SAVP')
    }
  })

  it('34c: two audio tracks, of which it sets up the wanted one only', async () => {
    const tracks: RtspClientOptions['tracks'] = ({ kind, index }) => kind === 'video' || index === 1
    const attempt = await attempted('quirk=34c', pinned, { tracks })
    expect(await picturesOf(attempt)).toEqual([true, false])
    expect(attempt.client.tracks.map(({ isSetUp }) => isSetUp)).toEqual([true, true, false])
  })

  it('TLS 1.0 with RSA key exchange, which it allows for this camera only', async () => {
    const old = { certificate: rsa, isOld: true }
    const { fingerprint } = rsa
    await expect(attempted('', { fingerprint }, old)).rejects.toThrow()
    const attempt = await attempted('', { fingerprint, allowsLegacy: true }, old)
    expect(await picturesOf(attempt)).toEqual([true, false])
  })
})

describe('a virtual camera', () => {
  it('refuses SRTP without a certificate, and says so', async () => {
    const scene = await CameraScene.start()
    const response = await (await scene.connect('quirk=34a')).describe()
    expect(response.statusCode).toBe(400)
    expect(response.body.toString()).toContain('expected --tls-key and --tls-cert for SRTP')
  })

  it('34b: gives keys with an index of four bytes', async () => {
    const indexOf = async (quirk: string) => {
      const { client } = await attempted(`quirk=${quirk}`, pinned)
      const attribute = client.tracks[0]?.description.attribute('key-mgmt') ?? ''
      const data = Buffer.from(attribute.replace(/^mikey /, ''), 'base64')
      return parseSrtpOffer(data).master.mki?.length
    }
    expect([await indexOf('34a'), await indexOf('34b')]).toEqual([undefined, 4])
  })

  it('has no SRTP for clients outside of TLS', async () => {
    const scene = await CameraScene.start({ tls: { port: 0, ...elliptic } })
    expect(await (await scene.connect('quirk=34a')).sdp()).toContain('m=video 0 RTP/AVP 96')
  })
})
