import { RtspError, type RtspErrorCode } from '../../src/errors.js'
import type { ReadonlyRtspHeaders, RtspRequest, RtspResponse } from '../../src/rtsp/message.js'
import { RtspParser, type RtspParserSink } from '../../src/rtsp/parser.js'
import type { RtspParserLimits } from '../../src/rtsp/parser-limits.js'

export interface Frame {
  readonly kind: 'frame'
  readonly channel: number
  readonly payload: Buffer
}

export type ParserEvent = RtspRequest | RtspResponse | Frame

/** Events of a stream, and the code of the error that ended it. */
export interface Recording {
  readonly events: ParserEvent[]
  error: RtspErrorCode | undefined
}

/**
 * Creates a sink that records everything; payloads are copied, because the parser may reuse chunks.
 */
export function recordingSink(events: ParserEvent[]): RtspParserSink {
  return {
    request: (request) => events.push(request),
    response: (response) => events.push(response),
    interleaved: (channel, payload) => events.push({ kind: 'frame', channel, payload }),
  }
}

/** Feeds chunks to a new parser until the chunks or the parser end. */
export function record(chunks: Iterable<Buffer>, limits?: RtspParserLimits): Recording {
  const events: ParserEvent[] = []
  const parser = new RtspParser(recordingSink(events), limits)
  try {
    for (const chunk of chunks) parser.push(chunk)
  } catch (error) {
    if (!(error instanceof RtspError)) throw error
    return { events, error: error.code }
  }
  return { events, error: undefined }
}

const cSeqText = (headers: ReadonlyRtspHeaders): string => `#${headers.get('cseq') ?? '-'}`

/** Describes an event in one line, short enough for a transcript written by hand. */
export function describeEvent(event: ParserEvent): string {
  if (event.kind === 'frame') return `frame ${event.channel} ${event.payload.toString('hex')}`
  const { version, headers, body } = event
  const rest = `${cSeqText(headers)} headers=${headers.size} body=${body.length}`
  if (event.kind === 'request') return `${event.method} ${event.uri} ${version} ${rest}`
  return `${version} ${event.statusCode} "${event.reason}" ${rest}`
}

/** Describes an event completely, to compare two parsers. */
export function eventFacts(event: ParserEvent): string {
  if (event.kind === 'frame') return describeEvent(event)
  const headers = JSON.stringify([...event.headers])
  return `${describeEvent(event)} ${headers} ${event.body.toString('hex')}`
}

/** Cuts a buffer at the given places. */
export function cut(wire: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places, wire.length]
  return ends.map((end, index) => wire.subarray(index === 0 ? 0 : ends[index - 1], end))
}

/** Yields chunks of one byte. */
export function* bytewise(wire: Buffer): Iterable<Buffer> {
  for (let at = 0; at < wire.length; at++) yield wire.subarray(at, at + 1)
}

/** Describes the events in words, and the error that ended them. */
export const summary = ({ events, error }: Recording) => ({
  events: events.map(describeEvent),
  error,
})
