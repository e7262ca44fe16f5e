import { describe, expect, it } from 'vitest'
import { FrameFormat } from '../../../src/media/fan-out/frame-format.js'
import { MessageReader } from '../../support/web-socket-messages.js'

const packets = [Buffer.from('a'), Buffer.from('bc')]

describe('FrameFormat', () => {
  it.each([
    [false, '$\x04\0\x01a$\x04\0\x02bc'],
    [true, '\x82\x0b$\x04\0\x01a$\x04\0\x02bc'],
  ])('frames packets (WebSocket: %s)', (isWebSocket, wire) => {
    const format = new FrameFormat(4, isWebSocket)
    expect(format.frame(packets).toString('latin1')).toBe(wire)
  })

  it.each([
    [false, '$\x04\0\x01x$\x04\0\x02bc'],
    [true, '\x82\x0b$\x04\0\x01x$\x04\0\x02bc'],
  ])('writes the end of a batch behind other packets (WebSocket: %s)', (isWebSocket, wire) => {
    const format = new FrameFormat(4, isWebSocket)
    const leads = [Buffer.from('x')]
    const target = Buffer.alloc(2 + wire.length)
    format.write(target, 1, packets, 1, leads)
    expect(target.toString('latin1')).toBe(`\0${wire}\0`)
    expect(format.sizeBytes(packets, 1, leads)).toBe(wire.length)
  })

  it('puts many packets into several messages', () => {
    const many = Array.from({ length: 10 }, (_, index) => Buffer.alloc(60_000, index))
    const expected = [many.slice(0, 4), many.slice(4, 8), many.slice(8)]
    const format = new FrameFormat(4, true)
    const wire = format.frameMany(many)
    expect(wire).toEqual(Buffer.concat(expected.map((packets) => format.frame(packets))))
    const plain = new FrameFormat(4, false)
    expect(new MessageReader().read(wire)).toEqual(plain.frame(many))
    expect(plain.frameMany(many)).toEqual(plain.frame(many))
    expect(format.frameMany(packets)).toEqual(format.frame(packets))
  })

  it.each([
    [121, 2],
    [122, 4],
    [65_531, 4],
    [65_532, 10],
  ])('puts a packet of %i bytes behind a header of %i', (sizeBytes, headerBytes) => {
    const format = new FrameFormat(0, true)
    const bytes = format.frame([Buffer.alloc(sizeBytes)])
    expect(bytes.length).toBe(headerBytes + 4 + sizeBytes)
    expect(format.headerBytes(4 + sizeBytes)).toBe(headerBytes)
    expect(bytes[headerBytes]).toBe(0x24)
  })
})
