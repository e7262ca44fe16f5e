import { channel } from 'node:diagnostics_channel'
import { pino } from 'pino'
import type { OversizedPacket, TimelineBreak } from 'rtspool'
import { ManualClock } from 'rtspool/testing'
import { expect, it } from 'vitest'
import { logDiagnostics } from '../../src/log/diagnostics-log.js'
import { RepeatLimit } from '../../src/log/repeat-limit.js'

function collected() {
  const lines: unknown[] = []
  const log = pino(
    { base: null, timestamp: false },
    { write: (line) => void lines.push(JSON.parse(line)) },
  )
  return { log, lines }
}

it('warns of packets that are too large for UDP, with the path and the sizes', {
  tags: 'A-RTP-3',
}, () => {
  const { log, lines } = collected()
  const packet: OversizedPacket = {
    path: '/live/cam',
    track: 1,
    sizeBytes: 10_000,
    maxDatagramBytes: 1472,
  }
  const end = logDiagnostics(new RepeatLimit(log, new ManualClock()))
  channel('rtspool:oversized-packet').publish(packet)
  end()
  channel('rtspool:oversized-packet').publish(packet)
  expect(lines).toEqual([
    { level: 40, ...packet, msg: 'packets are too large for UDP: viewers need TCP' },
  ])
})

it.each([
  ['rtspool:fragmented-packet', { sizeBytes: 1472 }],
  ['rtspool:unsent-packet', { code: 'ENETUNREACH' }],
])('warns of %s, with path and address', { tags: 'R-1' }, (name, facts) => {
  const { log, lines } = collected()
  const packet = { path: '/live/cam', track: 0, address: '10.0.0.1', ...facts }
  const end = logDiagnostics(new RepeatLimit(log, new ManualClock()))
  channel(name).publish(packet)
  end()
  channel(name).publish(packet)
  expect(lines).toMatchObject([{ level: 40, ...packet }])
})

it('warns of a publisher that sends nothing, with path, track, address and transport', {
  tags: 'P-6',
}, () => {
  const { log, lines } = collected()
  const silence = {
    ...{ path: '/live', track: 0, address: '10.0.0.1', lowerTransport: 'UDP', seconds: 10 },
  }
  const end = logDiagnostics(new RepeatLimit(log, new ManualClock()))
  channel('rtspool:silent-track').publish(silence)
  end()
  expect(lines).toMatchObject([{ level: 40, ...silence }])
})

it('many silent tracks of one host do not use up the lines of another', {
  tags: ['S-7', 'P-6'],
}, () => {
  const { log, lines } = collected()
  const end = logDiagnostics(new RepeatLimit(log, new ManualClock()))
  const tell = (address: string, track: number): void =>
    channel('rtspool:silent-track').publish({ path: '/live', track, address })
  for (let track = 0; track < 64; track++) tell('10.0.0.1', track)
  tell('10.0.0.2', 0)
  end()
  expect(lines).toHaveLength(11)
  expect(lines.at(-1)).toMatchObject({ address: '10.0.0.2' })
})

it('N3 warns of packets from another port than announced, with both ports', {
  tags: 'B-RTP',
}, () => {
  const { log, lines } = collected()
  const seen = {
    ...{ path: '/live', track: 0, client: 'publisher', address: '10.0.0.1', protocol: 'RTP' },
    ...{ announcedPort: 5000, seenPort: 61_000 },
  }
  const end = logDiagnostics(new RepeatLimit(log, new ManualClock()))
  channel('rtspool:foreign-port').publish(seen)
  end()
  expect(lines).toMatchObject([
    { level: 40, ...seen, msg: 'packets from another port than announced are dropped' },
  ])
})

it('warns of a payload type that is not described, with path, track and types', {
  tags: 'U-10',
}, () => {
  const { log, lines } = collected()
  const packet = { path: '/live', track: 1, payloadType: 97, expected: [0, 8] }
  const end = logDiagnostics(new RepeatLimit(log, new ManualClock()))
  channel('rtspool:unlisted-packet').publish(packet)
  end()
  channel('rtspool:unlisted-packet').publish(packet)
  expect(lines).toMatchObject([{ level: 40, ...packet }])
})

it.each([
  'rtspool:file-media-failed',
  'rtspool:source-close-failed',
  'rtspool:callback-failed',
  'rtspool:back-channel-failed',
])('logs %s with its path and error', (name) => {
  const { log, lines } = collected()
  const end = logDiagnostics(new RepeatLimit(log, new ManualClock()))
  channel(name).publish({ path: '/cam', error: new Error('disk') })
  end()
  channel(name).publish({ path: '/cam', error: new Error('later') })
  expect(lines).toMatchObject([{ level: 50, path: '/cam', err: { message: 'disk' } }])
})

it('counts breaks by publisher: one that jumps all the time hides no other', {
  tags: 'P-5',
}, () => {
  const { log, lines } = collected()
  const end = logDiagnostics(new RepeatLimit(log, new ManualClock()))
  const tell = (path: string, address: string): void =>
    channel('rtspool:timeline-break').publish({ path, track: 0, address, kind: 'source' })
  for (let index = 0; index < 50; index++) tell(`/live/${index}`, '192.0.2.1')
  tell('/live/cam', '192.0.2.2')
  end()
  expect(lines).toHaveLength(11)
  expect(lines.at(-1)).toMatchObject({ path: '/live/cam', address: '192.0.2.2' })
})

it.each([
  ['timestamp', 'the time of a source has jumped'],
  ['source', 'a source goes on with another SSRC'],
  ['sequence', 'the sequence numbers of a source have begun anew'],
] as const)('warns of a source that does not go on: %s', { tags: 'P-5' }, (kind, msg) => {
  const { log, lines } = collected()
  const change: TimelineBreak = {
    ...{ path: '/live/cam', track: 0, kind, timeline: 'passThrough', count: 3 },
  }
  const end = logDiagnostics(new RepeatLimit(log, new ManualClock()))
  channel('rtspool:timeline-break').publish(change)
  end()
  expect(lines).toEqual([{ level: 40, ...change, msg }])
})
