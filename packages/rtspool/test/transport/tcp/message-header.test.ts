import { describe, expect, it } from 'vitest'
import {
  messageHeaderBytes,
  messageOf,
  opcodes,
  writeMessageHeader,
} from '../../../src/transport/tcp/message-header.js'

describe('headers of WebSocket messages', () => {
  it.each([
    [0, '8200'],
    [1, '8201'],
    [125, '827d'],
    [126, '827e007e'],
    [127, '827e007f'],
    [65_535, '827effff'],
    [65_536, '827f0000000000010000'],
    [2 ** 32 + 5, '827f0000000100000005'],
  ])('have the shortest length field for %i bytes', (sizeBytes, header) => {
    const target = Buffer.alloc(16, 0xee)
    const behind = writeMessageHeader(target, 3, sizeBytes)
    expect(target.toString('hex', 3, behind)).toBe(header)
    expect(behind - 3).toBe(messageHeaderBytes(sizeBytes))
    expect([target[2], target[behind]]).toEqual([0xee, 0xee])
  })

  it('stand in front of a copy of the payload', () => {
    const payload = Buffer.from('still there?')
    const message = messageOf(payload, opcodes.pong)
    payload.fill(0)
    expect(message.toString('latin1')).toBe('\x8a\x0cstill there?')
  })
})
