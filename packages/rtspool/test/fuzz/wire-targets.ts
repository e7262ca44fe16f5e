import { RtspError } from '../../src/errors.js'
import { Base64Stream } from '../../src/http/base64-stream.js'
import { protocolOf } from '../../src/http/protocol.js'
import { HttpHeadReader } from '../../src/http/request-head.js'
import { HttpResponseHeadReader } from '../../src/http/response-head.js'
import { parseSrtpOffer } from '../../src/mikey/index.js'
import { parseMikey } from '../../src/mikey/parse.js'
import { serializeMikey } from '../../src/mikey/serialize.js'
import { parseCompound, serializeCompound } from '../../src/rtcp/index.js'
import type { ReadonlyRtspHeaders } from '../../src/rtsp/message.js'
import { RtspParser } from '../../src/rtsp/parser.js'
import { serializeRequest, serializeResponse } from '../../src/rtsp/serializer.js'
import { type ParserEvent, recordingSink } from '../rtsp/record.js'
import { transcripts } from '../rtsp/transcripts.js'
import { type FuzzTarget, fuzzTarget } from './target.js'

/** Long enough for every rule, short enough for a hundred thousand runs. */
const maxSeedBytes = 1500

/** Cuts an input in two: every input must have the same result in two pieces as in one. */
const cutInTwo = (bytes: Buffer): Buffer[] => {
  const middle = bytes.length >> 1
  return [bytes.subarray(0, middle), bytes.subarray(middle)]
}

function eventsOf(chunks: readonly Buffer[]): ParserEvent[] {
  const events: ParserEvent[] = []
  const parser = new RtspParser(recordingSink(events))
  for (const chunk of chunks) parser.push(chunk)
  return events
}

/** Returns headers without Content-Length, which follows from the body. */
const headersOf = (headers: ReadonlyRtspHeaders) =>
  [...headers].filter(([name]) => name.toLowerCase() !== 'content-length')

function writeEvent(event: ParserEvent): Buffer {
  if (event.kind === 'request') return serializeRequest(event)
  if (event.kind === 'response') return serializeResponse(event)
  const { channel, payload } = event
  const header = Buffer.from([0x24, channel, payload.length >> 8, payload.length & 0xff])
  return Buffer.concat([header, payload])
}

const plainEvent = (event: ParserEvent) =>
  event.kind === 'frame' ? event : { ...event, headers: headersOf(event.headers) }

function readHead(chunks: readonly Buffer[]) {
  const reader = new HttpHeadReader()
  for (const [at, chunk] of chunks.entries()) {
    const read = reader.push(chunk)
    if (read) return { head: read.head, rest: Buffer.concat([read.rest, ...chunks.slice(at + 1)]) }
  }
  return undefined
}

function readHttp(wire: Buffer) {
  protocolOf(wire)
  const read = readHead(cutInTwo(wire))
  return read && { ...read, headers: [...read.head.headers] }
}

/** Writes a head with only its parsed parts. */
function writeHttp({
  head: { method, target, version },
  headers,
  rest,
}: NonNullable<ReturnType<typeof readHttp>>) {
  const lines = headers.map(([name, value]) => `${name}:${value}\r\n`).join('')
  const text = `${method} ${target} HTTP/${version}\r\n${lines}\r\n`
  // Shorter lines can still be more bytes: the limit applies to received bytes.
  return Buffer.concat([Buffer.from(text, 'latin1'), rest])
}

function readHttpResponse(wire: Buffer) {
  const reader = new HttpResponseHeadReader()
  const [first = wire, second = wire] = cutInTwo(wire)
  const early = reader.push(first)
  if (early) return { head: early.head, rest: Buffer.concat([early.rest, second]) }
  return reader.push(second)
}

function writeHttpResponse({ head, rest }: NonNullable<ReturnType<typeof readHttpResponse>>) {
  const { statusCode, reason, headers } = head
  const lines = headers.map(([name, value]) => `${name}:${value}\r\n`).join('')
  const text = `HTTP/1.0 ${statusCode}${reason && ' '}${reason}\r\n${lines}\r\n`
  return Buffer.concat([Buffer.from(text, 'latin1'), rest])
}

/** Parses the offer of a valid message, which may still be refused. */
function offerOf(wire: Buffer): void {
  try {
    parseSrtpOffer(wire)
  } catch (error) {
    if (!(error instanceof RtspError)) throw error
  }
}

/** Parsers of data from a connection or in a datagram. */
export const wireTargets: readonly FuzzTarget[] = [
  fuzzTarget({
    name: 'rtsp-stream',
    tags: ['B-ILV', 'B-BIG', 'B-SMUG'],
    format: 'txt',
    seeds: transcripts.map(({ wire }) => wire).filter(({ length }) => length < maxSeedBytes),
    read: (wire) => {
      const events = eventsOf(cutInTwo(wire))
      return { events: events.map(plainEvent), written: Buffer.concat(events.map(writeEvent)) }
    },
    write: ({ written }) => written,
  }),
  ...['http-head', 'web-socket-head'].map((name) =>
    fuzzTarget({ name, tags: 'B-SMUG', format: 'txt', read: readHttp, write: writeHttp }),
  ),
  fuzzTarget({
    name: 'http-response-head',
    tags: 'B-SMUG',
    format: 'txt',
    read: readHttpResponse,
    write: writeHttpResponse,
  }),
  fuzzTarget({
    name: 'http-tunnel-base64',
    tags: 'A-HTP-3',
    format: 'txt',
    read: (wire) => {
      const stream = new Base64Stream()
      return Buffer.concat(cutInTwo(wire).map((chunk) => stream.push(chunk)))
    },
    write: (bytes) => Buffer.from(bytes.toString('base64')),
  }),
  fuzzTarget({
    name: 'mikey',
    tags: 'B-SRTP',
    read: (wire) => {
      const message = parseMikey(wire)
      offerOf(wire)
      return { message, written: serializeMikey(message) }
    },
    write: ({ written }) => written,
  }),
  fuzzTarget({
    name: 'rtcp',
    tags: ['A-RTC-6', 'B-RTCP'],
    read: (bytes) => {
      const packets = parseCompound(bytes)
      parseCompound(bytes, { policy: 'strict' })
      return packets.length === 0 ? undefined : packets
    },
    write: serializeCompound,
  }),
]
