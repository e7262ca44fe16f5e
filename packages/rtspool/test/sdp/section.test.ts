import { describe, expect, test } from 'vitest'
import { parseSdp, SdpSection, serializeSdp } from '../../src/sdp/index.js'

function section(...lines: string[]): SdpSection {
  return new SdpSection(lines.map((line) => ({ type: line.charAt(0), value: line.slice(2) })))
}

function text(of: SdpSection): string[] {
  return of.lines.map(({ type, value }) => `${type}=${value}`)
}

describe('attributes', () => {
  const media = section('a=control:x', 'a=recvonly', 'a=rtpmap:1 a', 'a=rtpmap:2 b', 'a=controls:y')

  test('are found by their whole name', () => {
    expect(media.attribute('control')).toBe('x')
    expect(media.attribute('recvonly')).toBe('')
    expect(media.attribute('cont')).toBeUndefined()
    expect(media.attributes('rtpmap')).toEqual(['1 a', '2 b'])
    expect(media.hasAttribute('recvonly')).toBe(true)
    expect(media.hasAttribute('sendonly')).toBe(false)
  })

  test('are replaced in place, added at the end, removed by name', () => {
    const copy = media.clone()
    copy.setAttribute('control', 'z')
    copy.setAttribute('sendonly')
    copy.addAttribute('rtpmap', '3 c')
    copy.removeAttributes('controls')
    copy.setAttribute('recvonly', 'no')
    expect(text(copy)).toEqual([
      'a=control:z',
      'a=recvonly:no',
      'a=rtpmap:1 a',
      'a=rtpmap:2 b',
      'a=sendonly',
      'a=rtpmap:3 c',
    ])
    expect(media.attribute('control')).toBe('x')
  })
})

describe('lines are inserted at their place in the grammar', () => {
  test.each([
    { name: 'c= of a session', lines: ['v=0', 'o=-', 's=-', 't=0 0', 'a=x'], type: 'c', at: 3 },
    { name: 'b= of a media', lines: ['i=x', 'c=IN', 'a=x'], type: 'b', at: 2 },
    { name: 'i= of a media', lines: ['c=IN', 'a=x'], type: 'i', at: 0 },
    { name: 'a line of a type nobody knows', lines: ['c=IN', 'a=x'], type: 'y', at: 2 },
    { name: 'the first line of all', lines: [], type: 'c', at: 0 },
    {
      name: 't= with an unknown line about',
      lines: ['v=0', 's=-', 'x=1', 'a=x'],
      type: 't',
      at: 2,
    },
  ])('$name', ({ lines, type, at }) => {
    const edited = section(...lines)
    edited.setValue(type, 'new')
    expect(text(edited)).toEqual([...lines.slice(0, at), `${type}=new`, ...lines.slice(at)])
    edited.setValue(type, 'newer')
    expect(edited.value(type)).toBe('newer')
    edited.removeValues(type)
    expect(text(edited)).toEqual(lines)
  })
})

test.each(['a\r\nb', 'a\nm=video 0 RTP/AVP 0', 'a\0'])('the value %j is never written', (value) => {
  const description = parseSdp('v=0\nm=video 0 RTP/AVP 96\n')
  description.session.setValue('s', value)
  expect(() => serializeSdp(description)).toThrow(RangeError)
  description.session.removeValues('s')
  description.media[0]?.setAttribute('control', value)
  expect(() => serializeSdp(description)).toThrow(RangeError)
})
