import { describe, expect, test } from 'vitest'
import { opusSamplesOf, splitOpusPacket } from '../../../src/rtp/index.js'
import { bytesOf } from '../../support/bytes-of.js'

/** TOC of 20 ms of CELT in mono: configuration 31, and the code of the number of frames. */
const toc = (code: number) => (0xf8 | code).toString(16)

describe('the duration of an Opus packet', { tags: 'A-PAY-4' }, () => {
  test.each([
    { name: 'SILK, 10 ms', packet: '00 11', samples: 480 },
    { name: 'SILK, 60 ms', packet: '18 11', samples: 2880 },
    { name: 'hybrid, 20 ms', packet: '68 11', samples: 960 },
    { name: 'CELT, 2.5 ms', packet: '80 11', samples: 120 },
    { name: 'CELT, 20 ms', packet: 'f8 11', samples: 960 },
    { name: 'two frames', packet: 'f9 1111', samples: 1920 },
    { name: 'six frames', packet: 'fb 06 11', samples: 5760 },
    { name: 'more than 120 ms', packet: 'fb 07 11', samples: 0 },
    { name: 'no frame', packet: 'fb 00', samples: 0 },
    { name: 'nothing', packet: '', samples: 0 },
  ])('$name', ({ packet, samples }) => {
    expect(opusSamplesOf(bytesOf(packet))).toBe(samples)
  })
})

describe('the frames of an Opus packet', { tags: 'A-PAY-4' }, () => {
  test.each([
    { name: 'one', packet: `${toc(0)} 0102`, frames: ['0102'] },
    { name: 'two of one size', packet: `${toc(1)} 0102 0304`, frames: ['0102', '0304'] },
    { name: 'two', packet: `${toc(2)} 01 01 020304`, frames: ['01', '020304'] },
    { name: 'three of one size', packet: `${toc(3)} 03 01 02 03`, frames: ['01', '02', '03'] },
    { name: 'three', packet: `${toc(3)} 83 01 00 01 02`, frames: ['01', '', '02'] },
    { name: 'with padding', packet: `${toc(3)} 42 02 01 02 0000`, frames: ['01', '02'] },
    { name: 'two of two sizes that are one', packet: `${toc(1)} 010203`, frames: undefined },
    { name: 'a size beyond the end', packet: `${toc(2)} 09 01`, frames: undefined },
    { name: 'sizes beyond the end', packet: `${toc(3)} 82 09 01`, frames: undefined },
    { name: 'padding beyond the end', packet: `${toc(3)} 42 ff ff 01`, frames: undefined },
  ])('$name', ({ packet, frames }) => {
    const split = splitOpusPacket(bytesOf(packet))
    expect(split?.frames.map((frame) => Buffer.from(frame).toString('hex'))).toEqual(frames)
    if (split) expect([split.toc, split.frameSamples]).toEqual([0xf8, 960])
  })

  test('of more than 251 bytes have their size in two bytes', () => {
    const packet = Buffer.concat([bytesOf(`${toc(2)} fc 01`), Buffer.alloc(256 + 3, 7)])
    expect(splitOpusPacket(packet)?.frames.map(({ length }) => length)).toEqual([256, 3])
  })
})
