import { beforeEach, describe, expect, it } from 'vitest'
import { slabsInUse } from '../../src/media/track/packet-memory.js'
import { RelayFlow } from '../../src/relay/relay-flow.js'
import { Standby } from '../../src/relay/standby.js'
import type { Upstream } from '../../src/relay/upstream.js'
import { parseSdp } from '../../src/sdp/index.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { duringRead } from '../../src/transport/system/read-memory.js'
import { cameraSdp } from '../support/scripted-camera.js'
import { rtpPacket } from '../support/test-server.js'

const description = parseSdp(cameraSdp)
const limits = { maxBytes: 1e6, maxSeconds: 10 }
const keyFrame = rtpPacket({
  ...{ sequenceNumber: 1, timestamp: 9000, payloadType: 96, marker: true },
  payload: Buffer.from([0x65, 0x88]),
})

/** Pushes a key frame as a read into the memory that sockets share, so that the receiver has to copy the packet. */
const pushTo = (receiver: { push(track: number, packet: Buffer): void }): void =>
  duringRead((packet) => receiver.push(0, packet), keyFrame)

function flowOf() {
  const clock = new ManualClock()
  const flow = new RelayFlow({
    ...{ clock, limits, arrived: () => {}, described: () => {}, returns: () => {} },
    closed: async () => {},
  })
  return { clock, flow }
}

function standbyOf(clock: ManualClock): Standby {
  const standby = new Standby({ clock, limits, upstream: {} as Upstream, ready: () => {} })
  standby.begin(description)
  pushTo(standby)
  return standby
}

describe('the memory of packets that a relay keeps', () => {
  let before = 0
  beforeEach(() => {
    before = slabsInUse()
  })
  const used = (): number => slabsInUse() - before

  it('is given back when the connection ends, or another one begins', () => {
    const { flow } = flowOf()
    for (let count = 0; count < 3; count++) {
      flow.begin(description)
      pushTo(flow)
      expect(used()).toBe(1)
    }
    flow.leave()
    expect(used()).toBe(0)
  })

  it('is given back when a standby takes over, and later with the standby', () => {
    const { clock, flow } = flowOf()
    flow.begin(description)
    pushTo(flow)
    const { contents } = standbyOf(clock)
    if (!contents) throw new Error('expected contents')
    expect(used()).toBe(2)
    flow.takeOver(contents)
    expect(used()).toBe(1)
    flow.leave()
    expect([used(), clock.pendingTimers]).toEqual([0, 1])
  })

  it('is given back by a standby that is cancelled, or described again', () => {
    const { clock } = flowOf()
    const standby = standbyOf(clock)
    standby.begin(description)
    expect(used()).toBe(0)
    pushTo(standby)
    expect(used()).toBe(1)
    standby.cancel()
    expect([used(), clock.pendingTimers]).toEqual([0, 0])
  })
})
