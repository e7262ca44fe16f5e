import type { RtspErrorCode } from '../../src/errors.js'
import { RtspHeaders } from '../../src/rtsp/message.js'
import { rtspParserLimitsDefaults } from '../../src/rtsp/parser-limits.js'
import type { ParserEvent, Recording } from './record.js'

// The rules of CONFORMANCE A1 and A7 a second time, on the whole stream at once. Written with
// regular expressions and copies, without a look at the parser under test.

type Limits =
  | typeof rtspParserLimitsDefaults
  | { [Name in keyof typeof rtspParserLimitsDefaults]: number }

const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
const requestLine = new RegExp(`^(${token}) ([^ ]+) RTSP/([0-9]+\\.[0-9]+)$`)
const statusLine = /^RTSP\/([0-9]+\.[0-9]+) ([1-9][0-9]{2})(?: (.*))?$/s
const headerLine = new RegExp(`^(${token}):[ \\t]*(.*?)[ \\t]*$`, 's')
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controlInStartLine = /[\x00-\x1f\x7f]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controlInHeader = /[\x00-\x08\x0a-\x1f\x7f]/

const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8')

class Refused extends Error {
  readonly code: RtspErrorCode
  constructor(code: RtspErrorCode) {
    super(code)
    this.code = code
  }
}

/** Thrown if the stream ends before a message does. */
class Incomplete extends Error {}

class Reader {
  readonly text: string
  readonly limits: Limits
  at = 0

  constructor(wire: Buffer, limits: Limits) {
    this.text = wire.toString('latin1')
    this.limits = limits
  }

  line(limit: number, tooLong: (line: string) => RtspErrorCode): string {
    const end = this.text.indexOf('\n', this.at)
    const raw = end === -1 ? this.text.slice(this.at) : this.text.slice(this.at, end)
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    if (line.length > limit) throw new Refused(tooLong(line.slice(0, limit + 1)))
    if (end === -1) throw new Incomplete()
    this.at = end + 1
    return line
  }

  bytes(count: number): Buffer {
    if (this.at + count > this.text.length) throw new Incomplete()
    const taken = Buffer.from(this.text.slice(this.at, this.at + count), 'latin1')
    this.at += count
    return taken
  }

  isUriTooLong(line: string): boolean {
    if (line.startsWith('RTSP/') || !line.includes(' ')) return false
    return (line.split(' ')[1] ?? '').length > this.limits.maxUriBytes
  }

  frame(): ParserEvent {
    const [, channel = 0, high = 0, low = 0] = this.bytes(4)
    return { kind: 'frame', channel, payload: this.bytes(high * 256 + low) }
  }

  headers(): RtspHeaders {
    const { maxLineBytes, maxHeaderBytes, maxHeaders } = this.limits
    const headers = new RtspHeaders()
    for (let total = 0; ; ) {
      const left = maxHeaderBytes - total
      const line = this.line(Math.min(maxLineBytes, left), () =>
        left < maxLineBytes ? 'ERR_RTSP_TOO_MANY_HEADERS' : 'ERR_RTSP_LINE_TOO_LONG',
      )
      if (line === '') return headers
      if (headers.size === maxHeaders) throw new Refused('ERR_RTSP_TOO_MANY_HEADERS')
      total += line.length
      const [, name, value] = headerLine.exec(line) ?? []
      if (name === undefined || value === undefined || controlInHeader.test(line)) {
        throw new Refused('ERR_RTSP_HEADER_LINE')
      }
      headers.append(name, utf8(value))
    }
  }

  body(headers: RtspHeaders): Buffer {
    if (headers.has('Transfer-Encoding')) throw new Refused('ERR_RTSP_TRANSFER_ENCODING')
    const values = headers.getAll('Content-Length')
    const isGood = values.every((value) => /^[0-9]+$/.test(value) && BigInt(value) < 2n ** 32n)
    const lengths = new Set(isGood ? values.map(Number) : [])
    if (!isGood || lengths.size > 1) throw new Refused('ERR_RTSP_CONTENT_LENGTH')
    const [length = 0] = lengths
    if (length > this.limits.maxBodyBytes) throw new Refused('ERR_RTSP_BODY_TOO_LARGE')
    return this.bytes(length)
  }

  message(): ParserEvent | undefined {
    if (!new RegExp(`^(?:${token}|\r|\n)`).test(this.text.slice(this.at, this.at + 1))) {
      throw new Refused('ERR_RTSP_START_LINE')
    }
    const line = this.line(this.limits.maxLineBytes, (cutLine) =>
      this.isUriTooLong(cutLine) ? 'ERR_RTSP_URI_TOO_LONG' : 'ERR_RTSP_LINE_TOO_LONG',
    )
    if (line === '') return undefined
    if (controlInStartLine.test(line)) throw new Refused('ERR_RTSP_START_LINE')
    if (this.isUriTooLong(line)) throw new Refused('ERR_RTSP_URI_TOO_LONG')
    const asStatus = statusLine.exec(line)
    const asRequest = requestLine.exec(line)
    if (asStatus === null && asRequest === null) throw new Refused('ERR_RTSP_START_LINE')
    if ((asRequest?.[1]?.length ?? 0) > this.limits.maxMethodBytes) {
      throw new Refused('ERR_RTSP_START_LINE')
    }
    const headers = this.headers()
    const body = this.body(headers)
    if (asStatus !== null) {
      const [, version = '', status = '', reason = ''] = asStatus
      const statusCode = Number(status)
      return { kind: 'response', version, statusCode, reason: utf8(reason), headers, body }
    }
    const [, method = '', uri = '', version = ''] = asRequest ?? []
    return { kind: 'request', method, uri: utf8(uri), version, headers, body }
  }
}

/** Parses a whole stream, which gives the expected result for any division into chunks. */
export function parseWhole(wire: Buffer, limits: Limits = rtspParserLimitsDefaults): Recording {
  const reader = new Reader(wire, limits)
  const events: ParserEvent[] = []
  try {
    while (reader.at < reader.text.length) {
      const event = reader.text[reader.at] === '$' ? reader.frame() : reader.message()
      if (event !== undefined) events.push(event)
    }
  } catch (error) {
    if (error instanceof Refused) return { events, error: error.code }
    if (!(error instanceof Incomplete)) throw error
  }
  return { events, error: undefined }
}
