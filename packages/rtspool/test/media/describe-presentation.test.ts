import { describe, expect, it } from 'vitest'
import { describePresentation } from '../../src/media/describe-presentation.js'
import { parseSdp } from '../../src/sdp/index.js'

const source = [
  'v=0',
  'o=camera 1 2 IN IP4 192.168.1.9',
  's=Front door',
  'c=IN IP4 192.168.1.9',
  'b=AS:4000',
  't=0 0',
  'a=control:rtsp://192.168.1.9/stream',
  'a=tool:somebody',
  'a=range:npt=now-',
  'a=x-unknown:kept',
  'a=recvonly',
  'm=video 5004 RTP/AVP 96',
  'c=IN IP4 192.168.1.9',
  'b=AS:3900',
  'a=rtpmap:96 X-foo/90000',
  'a=fmtp:96 any=thing; other=thing',
  'a=control:rtsp://192.168.1.9/stream/video',
  'a=sendonly',
  'm=audio 5006 RTP/AVP 0',
  '',
].join('\r\n')

describe('describePresentation', () => {
  const text = describePresentation(parseSdp(Buffer.from(source)), {
    id: 42,
    version: 1,
  }).toString()
  const sdp = parseSdp(Buffer.from(text))

  it('keeps unknown lines unchanged', { tags: 'A-PAY-9' }, () => {
    expect(text).toContain('\r\na=x-unknown:kept\r\n')
    expect(text).toContain('\r\na=range:npt=now-\r\n')
    expect(text).toContain('\r\na=rtpmap:96 X-foo/90000\r\na=fmtp:96 any=thing; other=thing\r\n')
    expect(text).toContain('\r\nb=AS:3900\r\n')
    expect(sdp.session.value('s')).toBe('Front door')
  })

  it('gives each track a control of ours', { tags: 'A-DES-4' }, () => {
    expect(sdp.session.attribute('control')).toBe('*')
    expect(sdp.media.map(({ control }) => control)).toEqual(['trackID=0', 'trackID=1'])
  })

  it('omits addresses, ports and directions of the source', { tags: 'A-DES-6' }, () => {
    expect(text).not.toContain('192.168.1.9')
    expect(text).not.toMatch(/a=(recvonly|sendonly|tool:somebody)/)
    expect(sdp.media.map(({ port }) => port)).toEqual([0, 0])
    expect(sdp.session.value('o')).toBe('- 42 1 IN IP4 0.0.0.0')
  })

  it('leaves the description of the source as it was', () => {
    const description = parseSdp(Buffer.from(source))
    describePresentation(description, { id: 1, version: 1 })
    expect(description.media[0]?.control).toBe('rtsp://192.168.1.9/stream/video')
  })
})
