import { expect, it, onTestFinished } from 'vitest'
import { DeliveryTroubles } from '../../../src/media/fan-out/delivery-troubles.js'
import type { SinkReader } from '../../../src/media/fan-out/reader.js'
import { TrackReaders } from '../../../src/media/fan-out/track-readers.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { rtpPacket } from '../../support/test-server.js'

/** A reader inside the process, and the packets that it is given. */
function sinkReader(): { reader: SinkReader; taken: Buffer[] } {
  const taken: Buffer[] = []
  const sink = {
    begin: () => {},
    take: (batch: { packets: Buffer[] }) => void taken.push(...batch.packets),
  }
  return {
    reader: { kind: 'sink', sink, counters: { packetsOut: 0, bytesOut: 0, packetsDropped: 0 } },
    taken,
  }
}

it('readers are sent the packets from when they are added until they are removed', () => {
  const readers = new TrackReaders(new ManualClock(), new DeliveryTroubles('/cam', 0))
  onTestFinished(() => readers.close())
  const packets = Array.from({ length: 6 }, (_, sequenceNumber) => rtpPacket({ sequenceNumber }))
  const [first, second] = [sinkReader(), sinkReader()]
  const push = (index: number): void => {
    readers.push(packets[index] as Buffer, 0, true)
    readers.forEach(() => {})
  }
  push(0)
  readers.add(first.reader)
  push(1)
  readers.add(second.reader)
  push(2)
  readers.remove(first.reader)
  push(3)
  readers.remove(second.reader)
  push(4)
  readers.add(first.reader)
  push(5)
  expect(first.taken).toEqual([packets[1], packets[2], packets[5]])
  expect(second.taken).toEqual([packets[2], packets[3]])
})

it('a track is watched while a reader needs each packet at once', () => {
  const readers = new TrackReaders(new ManualClock(), new DeliveryTroubles('/cam', 0))
  onTestFinished(() => readers.close())
  const recorder = { ...sinkReader().reader, allowsDelay: true }
  const live = sinkReader().reader
  expect(readers.isWatched).toBe(false)
  readers.add(recorder)
  expect(readers.isWatched).toBe(false)
  readers.add(live)
  expect(readers.isWatched).toBe(true)
  readers.remove(live)
  readers.remove(live)
  expect(readers.isWatched).toBe(false)
  readers.remove(recorder)
  readers.add(live)
  expect(readers.isWatched).toBe(true)
})
