import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RequestError } from '../../src/errors.js'
import { parseSdp, serializeSdp } from '../../src/sdp/index.js'
import { mutate } from '../rtp/random-bytes.js'
import { sdpSamples } from './samples.js'

test('20,000 mutated descriptions are parsed, or refused with ERR_SDP, without any other error', () => {
  const seeds = sdpSamples.map(({ text }) => Buffer.from(text))
  let refused = 0
  for (let run = 0; run < 20_000; run++) {
    const bytes = mutate(seeds[run % seeds.length] as Buffer, run)
    try {
      const description = parseSdp(bytes)
      const text = serializeSdp(description)
      if (serializeSdp(parseSdp(text)) !== text) expect.fail(JSON.stringify(text))
      for (const media of description.media) {
        for (const payloadType of media.payloadTypes) {
          media.rtpmap(payloadType)
          media.fmtp(payloadType)
        }
      }
    } catch (error) {
      if (!(error instanceof RequestError) || error.code !== 'ERR_SDP') throw error
      refused++
    }
  }
  expect(refused).toBeGreaterThan(1000)
  expect(refused).toBeLessThan(19_000)
})

/** A line's text after its type, without control characters. */
const lineText = fc
  .string({ unit: 'grapheme', maxLength: 30 })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is kept out
  .filter((text) => !/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/.test(text))

const spaces = fc.string({ unit: fc.constantFrom(' ', '\t'), maxLength: 3 })

function expectUnchanged(lines: readonly string[]): void {
  const text = ['v=0', ...lines, ''].join('\r\n')
  expect(serializeSdp(parseSdp(text))).toBe(text)
  expect(serializeSdp(parseSdp(Buffer.from(text)))).toBe(text)
}

test('any lines with a type after v=0 are written back unchanged', () => {
  const line = fc
    .tuple(fc.constantFrom(...'osiuepcbtrzkxyZ'), lineText)
    .map(([type, text]) => `${type}=${text}`)
  const attribute = lineText
    .filter((text) => !/^[ \t]|[ \t]$/.test(text))
    .map((text) => `a=${text}`)
  const media = fc.constantFrom('m=video 0 RTP/AVP 96', 'm=audio  5/2 RTP/AVP  0 ', 'm=x 1 udp')
  fc.assert(
    fc.property(fc.array(fc.oneof(line, attribute, media), { maxLength: 40 }), expectUnchanged),
    { numRuns: 300 },
  )
})

test('spaces and tabs around an attribute are removed, except at the end of a value', () => {
  const text = lineText.filter((name) => !/^[ \t]|[ \t]$/.test(name))
  fc.assert(
    fc.property(spaces, text, spaces, (before, attribute, after) => {
      const written = serializeSdp(parseSdp(`v=0\r\na=${before}${attribute}${after}\r\n`))
      const kept = attribute.includes(':') ? after : ''
      expect(written).toBe(`v=0\r\na=${attribute}${kept}\r\n`)
    }),
    { numRuns: 300 },
  )
})
