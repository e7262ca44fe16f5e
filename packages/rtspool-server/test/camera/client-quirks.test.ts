import { connect, type ReceivedUnit, type RtspClientOptions } from 'rtspool/client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { until } from '../../../rtspool/test/support/until.js'
import { CameraScene } from './camera-scene.js'

const nalTypes = { idr: 5, sps: 7, pps: 8 }
const startCode = Buffer.from([0, 0, 1])

/** Pulls a virtual camera, and returns access units of one kind. */
async function unitsOf(
  query: string,
  kind: string,
  count: number,
  { path = '/test', ...options }: RtspClientOptions & { readonly path?: string } = {},
) {
  const scene = await CameraScene.start()
  const client = await connect(scene.url(query, path), {
    ...{ clock: scene.clock, username: 'admin', password: 'camera' },
    ...options,
  })
  onTestFinished(() => client.close())
  const units: ReceivedUnit[] = []
  const read = async (): Promise<void> => {
    for await (const unit of client.accessUnits()) {
      if (unit.track.kind === kind && units.push(unit) === count) return
    }
  }
  let isDone = false
  const reading = read().finally(() => {
    isDone = true
  })
  // Time stands still until then: no response is late while the client connects, perhaps twice.
  await until(() => isDone || client.state === 'playing')
  await scene.until(() => isDone)
  await reading
  return units
}

const pictureQuirks = [
  ...['1', '2a', '2b', '3', '4', '5', '6', '7a', '7b', '8a', '8b', '8c', '9a', '9b', '9c'],
  ...['10a', '10b', '10c', '10d', '10e', '10f', '10g', '10h', '11a', '11b', '12a', '12b'],
  ...['12c', '12d', '12e', '13'],
  ...[
    '15',
    '16a',
    '16b',
    '19a',
    '19b',
    '19c',
    '20a',
    '20b',
    '22',
    '23a',
    '23b',
    '28',
    '29a',
    '29b',
  ],
  ...['29c', '30a', '30b', '30c', '31a', '31b', '33a', '33b', '33c', '34c', '35', '36'],
]

const udpFirst: RtspClientOptions = { transports: ['udp', 'tcp'] }
const onlyUdp: RtspClientOptions = { transports: ['udp'] }

/** Query and options with which a quirk shows, where its number alone does not make it show. */
const waysToShow: Readonly<Record<string, RtspClientOptions & { readonly query?: string }>> = {
  '1': { query: 'quirk=1&deny=udp', ...udpFirst },
  '7a': { query: 'quirk=7a&auth=digest' },
  '7b': { query: 'quirk=7b&auth=digest' },
  '20a': onlyUdp,
  '20b': onlyUdp,
}

describe('rtspool/client copes with a camera of quirk', () => {
  it.each(pictureQuirks)('%s: pictures come whole', async (quirk) => {
    const { query = `quirk=${quirk}`, ...options } = waysToShow[quirk] ?? {}
    const [first, second] = await unitsOf(query, 'video', 2, options)
    const types = first?.parts.map((part) => (part[0] ?? 0) & 0x1f)
    expect(types).toEqual(expect.arrayContaining([nalTypes.sps, nalTypes.pps, nalTypes.idr]))
    for (const part of first?.parts ?? []) {
      expect(part.indexOf(startCode)).toBe(-1)
    }
    expect(first).toMatchObject({ isKeyFrame: true, lostPackets: 0 })
    expect(second).toMatchObject({ lostPackets: 0 })
    expect(second?.timestamp).not.toBe(first?.timestamp)
  })

  it('28: packets of 10 kB come by UDP, too', async () => {
    const [first, second] = await unitsOf('quirk=28', 'video', 2, onlyUdp)
    expect([first?.lostPackets, second?.lostPackets]).toEqual([0, 0])
    expect(first?.isKeyFrame).toBe(true)
  })

  it('21: takes TCP after a refusal of UDP (461)', async () => {
    const [first] = await unitsOf('deny=udp', 'video', 1, udpFirst)
    expect(first).toMatchObject({ isKeyFrame: true, lostPackets: 0 })
  })

  it.each(['32a', '32b'])('%s: frames of AAC come without headers', async (quirk) => {
    const [plain, odd] = await Promise.all([
      unitsOf('', 'audio', 3),
      unitsOf(`quirk=${quirk}`, 'audio', 3),
    ])
    expect(odd.map(({ parts }) => parts)).toEqual(plain.map(({ parts }) => parts))
  })

  it('32c: samples come with the most significant byte first, as L16', async () => {
    const [plain, odd] = await Promise.all([
      unitsOf('', 'audio', 3, { path: '/pcm' }),
      unitsOf('quirk=32c', 'audio', 3, { path: '/pcm' }),
    ])
    expect(odd.map(({ parts }) => parts)).toEqual(plain.map(({ parts }) => parts))
    expect(odd[0]?.track.encoding).toBe('L16')
    expect(odd[0]?.track.description.rtpmap(odd[0].track.payloadType)?.encoding).toBe('L16')
  })

  it('14: pictures of H.265 have all parameter sets', async () => {
    const [first] = await unitsOf('quirk=14', 'video', 1, { path: '/h265' })
    const types = first?.parts.map((part) => ((part[0] ?? 0) >> 1) & 0x3f)
    expect(types).toEqual(expect.arrayContaining([32, 33, 34]))
  })
})
