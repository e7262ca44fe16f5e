import { describe, expect, it } from 'vitest'
import { connect, type RtspClientOptions, type RtspPlayOptions } from '../../src/client/index.js'
import { withReplayExtension } from '../../src/rtp/index.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { closeAfterTest } from '../support/open-things.js'
import { type CameraAnswers, frame, ScriptedCamera } from '../support/scripted-camera.js'
import { rtpPacket } from '../support/test-server.js'
import { until } from '../support/until.js'

const onlyVideo = ({ kind }: { readonly kind: string }): boolean => kind === 'video'
const at = Date.UTC(2026, 10, 29, 12)

async function playing(
  options: RtspPlayOptions,
  answers: CameraAnswers = {},
  others: RtspClientOptions = {},
) {
  const clock = new ManualClock()
  const camera = await ScriptedCamera.start(answers)
  const client = await connect(camera.url, { clock, tracks: onlyVideo, ...others })
  closeAfterTest({
    close: () => client.close(),
    checkClosed: () => expect(clock.pendingTimers, 'timers left').toBe(0),
  })
  const answer = await client.play(options)
  return { camera, client, answer }
}

const facts = { isSync: false, isEnd: false, isDiscontinuous: false, isTerminal: false, cSeq: 4 }
const packet = (sequenceNumber: number, timestamp: number, payload: number[], marker = false) =>
  rtpPacket({ sequenceNumber, timestamp, marker, payload: Buffer.from(payload) })

describe('ONVIF replay', () => {
  it.each<[RtspPlayOptions['replay'], Record<string, string>]>([
    [{}, {}],
    [{ rateControl: false }, { 'Rate-Control': 'no' }],
    [
      { rateControl: true, frames: 'all' },
      { 'Rate-Control': 'yes', Frames: 'all' },
    ],
    [
      { frames: 'intra', immediate: true },
      { Frames: 'intra', Immediate: 'yes' },
    ],
    [{ frames: 'intra', intraMs: 4000 }, { Frames: 'intra/4000' }],
    [{ immediate: false, frames: 'predicted' }, { Frames: 'predicted' }],
  ])('%j sends %j', async (replay, expected) => {
    const range = 'clock=20261129T120000Z-20261129T121000Z'
    const answers = { PLAY: { headers: { Range: range, Scale: '-4.0' } } }
    const { camera, answer } = await playing({ replay, range, scale: -4 }, answers)
    expect(camera.of('SETUP')[0]?.headers.get('require')).toBe('onvif-replay')
    expect(camera.of('DESCRIBE')[0]?.headers.has('require')).toBe(false)
    const headers = camera.of('PLAY')[0]?.headers
    const sent = ['Require', 'Range', 'Scale', 'Rate-Control', 'Frames', 'Immediate'].map(
      (name) => [name, headers?.get(name)],
    )
    expect(Object.fromEntries(sent.filter(([, value]) => value !== undefined))).toEqual({
      ...{ Require: 'onvif-replay', Range: range, Scale: '-4' },
      ...expected,
    })
    expect(answer).toMatchObject({ scale: -4, range: { unit: 'clock' } })
  })

  it('sends none of it without the option, and both tags with a back channel', async () => {
    const { camera } = await playing({})
    expect(camera.requests.some(({ headers }) => headers.has('require'))).toBe(false)
    const body = [
      ...['v=0', 'm=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', 'a=control:track1'],
      ...['m=audio 0 RTP/AVP 0', 'a=sendonly', 'a=control:track2', ''],
    ].join('\r\n')
    const headers = { 'Content-Type': 'application/sdp' }
    const answers = { DESCRIBE: { headers, body } }
    const both = await playing({ replay: {} }, answers, { backChannel: true })
    expect(both.camera.of('PLAY')[0]?.headers.get('require')).toBe(
      'www.onvif.org/ver20/backchannel, onvif-replay',
    )
  })

  it('tells the status of a server without it', async () => {
    const refused = playing({ replay: {} }, { SETUP: { status: 551 } })
    await expect(refused).rejects.toMatchObject({ code: 'ERR_CLIENT_REFUSED', statusCode: 551 })
  })

  it('tells the time of the recording with packets and access units, backwards and across gaps', async () => {
    const { camera, client } = await playing({ replay: { rateControl: false }, scale: -1 })
    const packets = client.packets()
    const units = client.accessUnits()
    // Two pictures, the second of an hour before, in two packets each; then the first packet of a third.
    const times = [at, at - 3_600_000, at - 3_604_000]
    for (const [index, unixMs] of times.entries()) {
      const timestamp = 1_000_000 + index * 90
      const first = packet(index * 2 + 1, timestamp, [0x67, 1])
      const extension = { ...facts, unixMs, isSync: true, isDiscontinuous: index > 0 }
      camera.send(frame(0, withReplayExtension(first, extension)))
      camera.send(frame(0, packet(index * 2 + 2, timestamp, [0x65, index], true)))
    }
    await until(() => client.stats().packets === 6)
    for (const unixMs of times) {
      const { value: first } = await packets.next()
      expect(first?.replay).toMatchObject({ unixMs, isSync: true, cSeq: 4 })
      const { value: second } = await packets.next()
      expect(second?.replay).toBeUndefined()
    }
    for (const [index, unixMs] of times.entries()) {
      const { value: unit } = await units.next()
      expect(unit).toMatchObject({ unixTimeMs: unixMs, isKeyFrame: true })
      expect(unit?.parts.at(-1)).toEqual(Buffer.from([0x65, index]))
    }
  })

  it.each([
    [{ fast: true }, "replay has no option 'fast'"],
    [{ frames: 'some' }, "replay.frames must be one of intra, predicted, all, got 'some'"],
    [{ intraMs: 0, frames: 'intra' }, 'replay.intraMs must be an integer'],
    [{ intraMs: 1 }, "replay.intraMs needs replay.frames: 'intra'"],
    [{ rateControl: 'no' }, 'replay.rateControl must be'],
  ])('%j is refused', async (replay, message) => {
    await expect(playing({ replay: replay as never })).rejects.toThrow(message)
  })
})
