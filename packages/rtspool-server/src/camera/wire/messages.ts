import {
  type ReadonlyRtspHeaders,
  RtspHeaders,
  type RtspRequest,
  type RtspResponse,
  serializeResponse,
} from 'rtspool/rtsp'
import type { WireAnswer, WireRequest, WireResponse } from './wire-filter.js'

/** Methods that a camera announces while nobody has named its path yet. */
const allMethods = 'OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER'

/** Copies a received request, so that filters can change it. */
export const wireRequest = ({ method, uri, headers, body }: RtspRequest): WireRequest => ({
  ...{ method, uri, body },
  headers: copyOf(headers),
})

/** Copies a received response, so that filters can change it. */
export const wireResponse = ({
  statusCode,
  reason,
  headers,
  body,
}: RtspResponse): WireResponse => ({
  ...{ statusCode, reason, body },
  headers: copyOf(headers),
})

const copyOf = (headers: ReadonlyRtspHeaders): RtspHeaders => new RtspHeaders(headers)

/** Builds the response to a request that the camera itself never receives. */
export function responseTo(request: WireRequest, { statusCode, headers = [] }: WireAnswer): Buffer {
  return serializeResponse({
    statusCode,
    headers: new RtspHeaders([...cSeqOf(request), ...headers]),
  })
}

/** Builds the response to a URL that no camera can have; its body is the explanation. */
export function refusalOf(request: WireRequest, statusCode: number, explanation: string): Buffer {
  return serializeResponse({
    statusCode,
    headers: new RtspHeaders([...cSeqOf(request), ['Content-Type', 'text/plain; charset=utf-8']]),
    body: `${explanation}\n`,
  })
}

/** Builds the response to an OPTIONS request for `*`, which names no camera. */
export const optionsResponse = (request: WireRequest): Buffer =>
  responseTo(request, { statusCode: 200, headers: [['Public', allMethods]] })

function cSeqOf({ headers }: WireRequest): [name: string, value: string][] {
  const cSeq = headers.get('CSeq')
  return cSeq === undefined ? [] : [['CSeq', cSeq]]
}
