import { expect, test } from 'vitest'
import {
  isValidRtp,
  markerOf,
  parseHevcConfiguration,
  payloadEndOf,
  payloadOffsetOf,
  payloadTypeOf,
  sequenceNumberOf,
  splitOpusPacket,
  ssrcOf,
  timestampOf,
} from '../../src/rtp/index.js'
import { bytesOf } from '../support/bytes-of.js'
import { kindOf, payloadOf } from '../support/payload.js'
import { mutate } from './random-bytes.js'
import { hevcConfiguration, invalidPackets, validPackets } from './samples.js'

test('20,000 mutated RTP packets never throw', { tags: 'A-RTC-6' }, () => {
  const seeds = [...validPackets, ...invalidPackets].map(({ wire }) => bytesOf(wire))
  let accepted = 0
  for (let run = 0; run < 20_000; run++) {
    const packet = mutate(seeds[run % seeds.length] as Buffer, run)
    for (const read of [markerOf, payloadTypeOf, sequenceNumberOf, timestampOf, ssrcOf])
      read(packet)
    const payload = payloadOf(packet)
    kindOf('H264', payload)
    if (!isValidRtp(packet)) continue
    accepted++
    const start = payloadOffsetOf(packet)
    const end = payloadEndOf(packet)
    if (!(start >= 12 && start <= end && end <= packet.length)) expect.fail(packet.toString('hex'))
    if (payload.length !== end - start) expect.fail(packet.toString('hex'))
  }
  expect(accepted).toBeGreaterThan(1000)
})

test('a mutated configuration of an H.265 file gives parameter sets or a RangeError', {
  tags: 'A-PAY-2',
}, () => {
  for (let seed = 0; seed < 5000; seed++) {
    try {
      const { sps: sets } = parseHevcConfiguration(mutate(hevcConfiguration, seed))
      for (const set of sets) expect(set.length).toBeGreaterThan(0)
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError)
    }
  }
})

test('the frames of mutated Opus packets never lie outside of them', { tags: 'A-PAY-4' }, () => {
  const packet = bytesOf(`fb c4 03 02 01 03 0102 01 010203 0405 000000`)
  for (let seed = 0; seed < 5000; seed++) {
    const mutated = mutate(packet, seed)
    const split = splitOpusPacket(mutated)
    const sizeBytes = split?.frames.reduce((sum, { length }) => sum + length, 0) ?? 0
    expect(sizeBytes).toBeLessThanOrEqual(mutated.length)
  }
})
