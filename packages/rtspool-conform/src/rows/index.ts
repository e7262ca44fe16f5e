import type { Row } from '../row.js'
import { aggregateRows } from './aggregate.js'
import { connectionRows } from './connections.js'
import { describeRows } from './describe.js'
import { digestRows } from './digest.js'
import { interleavedRows } from './interleaved.js'
import { messageRows } from './messages.js'
import { optionsRows } from './options.js'
import { playRows } from './play.js'
import { rangeRows } from './range.js'
import { recordRows, recordTransportRows } from './record.js'
import { rtcpRows } from './rtcp.js'
import { rtpInfoRows } from './rtp-info.js'
import { secureRows } from './secure.js'
import { sessionRows } from './session.js'
import { transportRows } from './setup.js'
import { teardownRows } from './teardown.js'
import { httpRows } from './tunnels.js'
import { webSocketRows } from './websockets.js'

const prefixes = [
  'MSG',
  'OPT',
  'DES',
  'SET',
  'SES',
  'STA',
  'PLY',
  'TRD',
  'RNG',
  'INF',
  'SCL',
  'ILV',
]
const laterPrefixes = ['REC', 'RED', 'RTC', 'RTP', 'DIG', 'HTP', 'WSS', 'TLS', 'SRT', '20', 'ONV']
const order = [...prefixes, ...laterPrefixes]

/** All conformance tests, in the order in which the checklist of requirements lists them. */
export const allRows: readonly Row[] = Object.freeze(
  [
    ...[...messageRows, ...connectionRows, ...optionsRows, ...describeRows],
    ...[...transportRows, ...aggregateRows, ...recordTransportRows, ...sessionRows],
    ...[...playRows, ...teardownRows, ...rangeRows, ...rtpInfoRows],
    ...[...interleavedRows, ...recordRows, ...rtcpRows],
    ...[...digestRows, ...httpRows, ...webSocketRows, ...secureRows],
  ].sort(byId),
)

function byId(left: Row, right: Row): number {
  const [chapter, number, letter] = keyOf(left.id)
  const [otherChapter, otherNumber, otherLetter] = keyOf(right.id)
  return chapter - otherChapter || number - otherNumber || letter.localeCompare(otherLetter)
}

function keyOf(id: string): readonly [number, number, string] {
  const [, prefix = '', number = '', letter = ''] = /^A-(\w+)-(\d+)([a-z]?)$/.exec(id) ?? []
  return [order.indexOf(prefix), Number(number), letter]
}
