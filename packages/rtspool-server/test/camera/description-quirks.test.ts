import { describe, expect, it } from 'vitest'
import { CameraScene } from './camera-scene.js'

/** Returns the session description that a camera with a quirk sends, checked for its own length. */
async function sdpOf(quirk: string, path = '/test'): Promise<string> {
  const scene = await CameraScene.start()
  const client = await scene.connect(`quirk=${quirk}`, path)
  const response = await client.describe()
  expect(response.statusCode, response.body.toString()).toBe(200)
  expect(response.headers.get('Content-Length')).toBe(String(response.body.length))
  const sdp = response.body.toString()
  expect(sdp).toContain('m=')
  return sdp
}

const linesOf = (sdp: string, start: string): string[] =>
  sdp.split('\r\n').filter((line) => line.startsWith(start))

describe('session descriptions', () => {
  it.each([
    ['10a', 's=', ['s=-', 's=camera']],
    ['10b', 's=', []],
    ['10c', 'c=', ['c=IN IPV4 0.0.0.0']],
    ['10e', 'o=', ['o=- 1700000000.25 1700000000.25 IN IP4 0.0.0.0']],
    ['10f', 'o=', ['o=RTSP 29000000000000000000 29000000000000000001 IN IP4 0.0.0.0']],
    ['10g', 't=', ['t=now-']],
    ['12a', 'o=', ['o=- 1001 1 IN ']],
    ['12a', 'c=', ['c=IN ']],
    ['12b', 'o=', ['o=- -8900000000000000000 1 IN IP4 0.0.0.0']],
    ['12c', 'o=', ['o=- 1327451109 1327451109 IP IP4 192.0.2.1']],
    ['12c', 'c=', ['c=IP IP4 0.0.0.0']],
    ['12d', 'o=', ['o=Channel1 3910280086 3910366486 IN IP4']],
    ['16a', 'a=sendonly', ['a=sendonly', 'a=sendonly']],
    ['16b', 'a=inactive', ['a=inactive', 'a=inactive']],
  ])('%s: the lines %s are %j', async (quirk, start, lines) => {
    expect(linesOf(await sdpOf(quirk), start)).toEqual(lines)
  })

  it('10d: the last line has no line end', async () => {
    expect(await sdpOf('10d')).toMatch(/a=control:trackID=1$/)
  })

  it('10h: there is no session part', async () => {
    expect(await sdpOf('10h')).toMatch(/^m=video 0 RTP\/AVP 96\r\n/)
  })

  it.each([
    ['11a', 'm=application/TP-LINK 0 RTP/AVP 95'],
    ['11b', 'm=application/TP-LINK 0 RTP/AVP smart/1/90000'],
    ['12e', 'm=metadata 0 RTP/AVP 98'],
  ])('%s: one more track is %s', async (quirk, line) => {
    const [video, audio, other] = linesOf(await sdpOf(quirk), 'm=')
    expect([video, audio, other]).toEqual(['m=video 0 RTP/AVP 96', 'm=audio 0 RTP/AVP 97', line])
  })

  it('13: the fmtp of the video stands below the audio', async () => {
    const [, video = '', audio = ''] = (await sdpOf('13')).split('m=')
    expect(video).not.toContain('a=fmtp')
    expect(audio).toContain('a=fmtp:96 packetization-mode=1')
    expect(audio).toContain('a=fmtp:97')
  })

  it('14: the fmtp of H.265 has SPS and PPS only', async () => {
    const [fmtp = ''] = linesOf(await sdpOf('14', '/h265'), 'a=fmtp')
    expect(fmtp).not.toContain('sprop-vps')
    expect(fmtp).toMatch(/^a=fmtp:96 .*sprop-sps=\w.*sprop-pps=\w/)
  })

  it('14: other media than H.265 are refused with a reason', async () => {
    const scene = await CameraScene.start()
    const response = await (await scene.connect('quirk=14')).describe()
    expect(response.statusCode).toBe(400)
    expect(response.body.toString()).toBe(
      'quirk 14: expected media in H265, got H264 and MPEG4-GENERIC\n',
    )
  })

  it('15: parameter sets begin with start codes', async () => {
    const sets = /sprop-parameter-sets=([^;\r]*)/.exec(await sdpOf('15'))?.[1]?.split(',') ?? []
    const bytes = sets.map((set) => Buffer.from(set, 'base64'))
    expect(bytes.map((each) => each.subarray(0, 4).toString('hex'))).toEqual([
      '00000001',
      '00000001',
    ])
    expect(bytes.map((each) => each.readUInt8(4) & 0x1f)).toEqual([7, 8])
  })

  it('31a: packetization-mode is 0', async () => {
    expect(await sdpOf('31a')).toContain('a=fmtp:96 packetization-mode=0;')
  })

  it('31b: there is no packetization-mode', async () => {
    const sdp = await sdpOf('31b')
    expect(sdp).not.toContain('packetization-mode')
    expect(sdp).toMatch(/a=fmtp:96 profile-level-id=.*sprop-parameter-sets=/)
  })

  it('34c: there are two audio tracks', async () => {
    expect(linesOf(await sdpOf('34c'), 'm=audio')).toHaveLength(2)
  })

  it('keep all quirks that a URL lists', async () => {
    const sdp = await sdpOf('10b,31b,16b')
    expect(linesOf(sdp, 's=')).toEqual([])
    expect(linesOf(sdp, 'a=inactive')).toHaveLength(2)
    expect(sdp).not.toContain('packetization-mode')
  })
})
