import { describe, expect, it } from 'vitest'
import { Backlog } from '../../src/relay/backlog.js'
import { parseSdp } from '../../src/sdp/index.js'
import { cameraSdp } from '../support/scripted-camera.js'
import { rtpPacket } from '../support/test-server.js'

const keyFrame = rtpPacket({
  ...{ sequenceNumber: 1, timestamp: 9000, payloadType: 96, marker: true },
  payload: Buffer.from([0x65, 0x88]),
})
const sound = (bytes: number) =>
  rtpPacket({ sequenceNumber: 1, payloadType: 97, payload: Buffer.alloc(bytes) })

const backlogOf = (maxBytes: number) =>
  new Backlog(parseSdp(cameraSdp).media, { maxBytes, maxSeconds: 10 })

describe('packets that are kept without a receiver', () => {
  it.each([
    { name: 'bytes', maxBytes: 10_000, size: 1000, fits: 9 },
    { name: 'number', maxBytes: 1e6, size: 1, fits: 16_384 },
  ])('have a limit of $name while the video is silent', ({ maxBytes, size, fits }) => {
    const backlog = backlogOf(maxBytes)
    backlog.push(0, keyFrame)
    for (let count = 0; count < fits; count++) backlog.push(1, sound(size))
    expect(backlog.isReady).toBe(true)
    backlog.push(1, sound(size))
    expect([backlog.isReady, backlog.take()]).toEqual([false, []])
    backlog.push(1, sound(size))
    backlog.push(0, keyFrame)
    backlog.push(1, sound(size))
    expect(backlog.take()).toHaveLength(2)
  })
})
