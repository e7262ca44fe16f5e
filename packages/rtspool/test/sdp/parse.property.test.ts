import { expect, test } from 'vitest'
import { RequestError } from '../../src/errors.js'
import { parseSdp, serializeSdp } from '../../src/sdp/index.js'
import { mutate } from '../rtp/random-bytes.js'
import { sdpSamples } from './samples.js'

test('20,000 mutated descriptions are read, or refused with ERR_SDP, and never anything else', () => {
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
