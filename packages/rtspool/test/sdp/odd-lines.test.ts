import { describe, expect, it } from 'vitest'
import { describePresentation } from '../../src/media/describe-presentation.js'
import { parseSdp, serializeSdp } from '../../src/sdp/index.js'
import { seededRandom } from '../rtp/random-bytes.js'
import { sdpSamples } from './samples.js'

const head = ['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=x', 't=0 0']
const track = [
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 H264/90000',
  'a=fmtp:96 packetization-mode=1',
  'a=control:streamid=0',
]
const textOf = (lines: readonly string[], end = '\r\n'): string =>
  lines.map((line) => line + end).join('')
const replaced = (from: string, to: string): string => textOf([...head, ...track]).replace(from, to)

/** Returns the tracks as a viewer sees them. */
function tracksOf(input: string | Buffer) {
  return parseSdp(input).media.map((media) => ({
    kind: media.kind,
    protocol: media.protocol,
    formats: media.formats,
    control: media.control,
    rtpmaps: media.payloadTypes.map((type) => media.rtpmap(type)),
    fmtps: media.payloadTypes.map((type) => media.fmtp(type)),
  }))
}

const expected = tracksOf(textOf([...head, ...track]))

describe('lines without meaning for RTSP do not refuse an announcement', {
  tags: ['M-J', 'A-REC-2'],
}, () => {
  const cases: [name: string, text: string | Buffer][] = [
    ['negative port', replaced('video 0', 'video -1353744643')],
    ['port above 65535', replaced('video 0', 'video 99999')],
    ['port above 2^32', replaced('video 0', 'video 18446744073709551616')],
    ['port in hexadecimal', replaced('video 0', 'video 0x1388')],
    ['port that is a word', replaced('video 0', 'video $')],
    ['port with a broken count', replaced('video 0', 'video 5000/x')],
    ['port missing', replaced('video 0 RTP', 'video RTP')],
    ['NUL behind the last line', `${textOf([...head, ...track])}\0`],
    ['NULs and a line end behind the last line', `${textOf([...head, ...track])}\0\0\r\n\0`],
    ['NUL at the end of each line', textOf([...head, ...track], '\0\r\n')],
    ['line of one space', textOf([...head, ' ', ...track])],
    ['lines of spaces and tabs', textOf([' ', ...head, '\t', '  ', ...track, ' '])],
    ['byte order mark', `\ufeff${textOf([...head, ...track])}`],
    ['byte order mark, as bytes', Buffer.from(`\ufeff${textOf([...head, ...track])}`)],
    [
      'byte order mark before text that is not UTF-8',
      Buffer.from(`\xef\xbb\xbf${replaced('s=x', 's=Caf\xe9')}`, 'latin1'),
    ],
    ['thread=0 0 for t=0 0', replaced('t=0 0', 'thread=0 0')],
    ['a line without =', textOf([...head, 'hello', ...track])],
    ['a line that begins with =', textOf([...head, '=0', ...track])],
    ['a type that is a digit', textOf([...head, '1=0', ...track])],
    ['a type that no standard knows', textOf([...head, 'X=1', 'j=', ...track, 'Q=2'])],
    ['no o=, s=, t=', textOf(['v=0', ...track])],
    ['LF alone', textOf([...head, ...track], '\n')],
    ['CR alone', textOf([...head, ...track], '\r')],
    ['CR CR LF', textOf([...head, ...track], '\r\r\n')],
    ['spaces behind each line', textOf([...head, ...track], '  \r\n')],
    ['spaces before each line', textOf([...head, ...track].map((line) => `  ${line}`))],
    ['spaces around =', textOf([...head, ...track].map((line) => line.replace('=', ' = ')))],
    ['v= behind the others', textOf([...head.slice(1), 'v=0', ...track])],
    ['v= twice', textOf(['v=0', ...head, ...track])],
    ['any order above the media', textOf([...head.slice(2), 'v=0', 'o=x', ...track])],
    ['o= and c= cut short', textOf(['v=0', 'o=- 0', 's=', 'c=IN', 't=', ...track])],
    ['b=RR:0 and an empty a=', textOf([...head, 'a=', 'b=RR:0', ...track, 'a=:', 'b='])],
    ['broken r=, z= and k=', textOf([...head, 'r=', 'z=x', 'k=prompt', ...track, 'k=clear:x'])],
  ]

  it.each(cases)('%s', (_name, text) => {
    expect(tracksOf(text)).toEqual(expected)
    expectWellFormed(text)
  })

  it('random combinations of them keep their meaning', { tags: 'generator' }, () => {
    const meanings = sdpSamples.map(({ text }) => tracksOf(text))
    for (let seed = 1; seed <= 2000; seed++) {
      const random = seededRandom(seed)
      const place = seed % sdpSamples.length
      const odd = withOddities(sdpSamples[place]?.text ?? '', random)
      expect(tracksOf(odd), `seed ${seed}`).toEqual(meanings[place])
      expectWellFormed(odd)
      const written = serializeSdp(parseSdp(odd))
      expect(serializeSdp(parseSdp(written))).toBe(written)
    }
  })

  it('no control character reaches a viewer', { tags: 'generator' }, () => {
    const alphabet = ['\0', '\x01', '\t', '\x0b', '\x1b', '\x7f', '\x85', '\x9b', '\r', '\n', 'é']
    let read = 0
    for (let seed = 1; seed <= 2000; seed++) {
      const random = seededRandom(seed)
      const text = replaced('s=x', `s=x${alphabet[Math.floor(random() * alphabet.length)]}y`)
      const at = Math.floor(random() * text.length)
      const mark = alphabet[Math.floor(random() * alphabet.length)]
      const odd = text.slice(0, at) + mark + text.slice(at)
      const input = random() < 0.5 ? odd : Buffer.from(odd, random() < 0.5 ? 'latin1' : 'utf8')
      try {
        parseSdp(input)
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_SDP' })
        continue
      }
      read++
      expectWellFormed(input)
    }
    expect(read).toBeGreaterThan(300)
  })
})

/** Adds changes without meaning, some of them to each line. */
function withOddities(text: string, random: () => number): string {
  const ends = ['\r\n', '\n', '\r', '\0\r\n', '\r\r\n', '\r\n \r\n', '\r\nthread=0 0\r\n', '\n\n']
  const extra = ['', 'X=1', ' ', 'hello', '12=3', '\t', 'k=x', 'zz=top', '=']
  const pick = (from: readonly string[]): string => from[Math.floor(random() * from.length)] ?? ''
  const lines = text.split('\r\n').slice(0, -1)
  const odd = lines.map((line) => {
    if (line.startsWith('m=') && random() < 0.5) {
      return line.replace(/^m=(\S+) +\S+/, `m=$1 ${pick(['-1', '65536', '99999999999', '?'])}`)
    }
    return random() < 0.2 ? line.replace('=', ' =') : line
  })
  const mixed = odd.map((line) => `${pick(['', '', ' '])}${line}${pick(ends)}${pick(extra)}\n`)
  return `${pick(['', '\ufeff'])}${mixed.join('')}${pick(['', '\0', '\0\0\r\n', ' '])}`
}

const token = "[!#$%&'*+\\-.^_`{|}~0-9A-Za-z]+"
const attribute = `a=${token}(:.+)?\\r\\n`
const session = `v=0\\r\\no=- 1 1 IN IP4 0\\.0\\.0\\.0\\r\\ns=.+\\r\\nc=IN IP4 0\\.0\\.0\\.0\\r\\nt=0 0\\r\\n`
const media = `m=${token} 0 ${token}(/${token})*( ${token})+\\r\\n(i=.+\\r\\n)?(b=${token}:\\d+\\r\\n)*(${attribute})*`
const description = new RegExp(`^${session}(${attribute})*(${media})*$`)
const controlCharacter = /\p{Cc}/u

/** Checks a description by the parts of RFC 8866 section 9 that matter to viewers. */
function expectWellFormed(announced: string | Buffer): void {
  const text = describePresentation(parseSdp(announced), { id: 1, version: 1 }).toString()
  expect(text).toMatch(description)
  expect(text.replaceAll('\r\n', '').replaceAll('\t', '')).not.toMatch(controlCharacter)
}
