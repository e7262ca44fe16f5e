import { rtspMethods } from '../../../src/rtsp/index.js'
import { sdpLimits } from '../../../src/sdp/index.js'

/** A request as large as the limits let it be, in one kind of text that somebody has to read. */
export interface LargestRequest {
  readonly name: string
  readonly wire: Buffer
}

/** What a request consists of beside its method. */
export interface Parts {
  readonly name: string
  readonly uri?: string
  readonly headers?: readonly string[]
  readonly body?: string
}

const maxUri = 2048
const maxLine = 8192
const maxHeaderBytes = 64 * 1024
const maxHeaders = 255
const maxBody = 128 * 1024
const maxSdp = 64 * 1024

const fill = (unit: string, bytes: number): string => unit.repeat(Math.floor(bytes / unit.length))

/** The texts that URIs are taken apart by. */
function uris(base: string): Parts[] {
  const room = maxUri - base.length
  const units: Readonly<Record<string, string>> = {
    'segments of one letter': '/a',
    'trackID segments': '/trackID=1',
    'percent escapes': '%41',
    'escaped slashes': '%2F',
    'letters beyond ASCII': '/%C3%A4',
    'one segment': 'a',
    'dots in segments': '/..a',
    'stream numbers': '/streamid=0',
  }
  return [
    ...Object.entries(units).map(([name, unit]) => ({
      name: `URI of ${name}`,
      uri: `${base}/${fill(unit, room - 1).replace(/^\//, '')}`,
    })),
    { name: 'URI with a long query', uri: `${base}?${fill('a=b&', room - 1)}` },
    { name: 'URI with tracks in its query', uri: `${base}?${fill('/trackID=1', room - 1)}` },
    { name: 'URI with a long user', uri: base.replace('://', `://${fill('a@', room)}`) },
    { name: 'URI with a long host', uri: `rtsp://${fill('a.', maxUri - 20)}/cam` },
  ]
}

/** Headers that are lists or have parameters, each with texts that are long in another way. */
const structured: Readonly<Record<string, readonly string[]>> = {
  Transport: [
    'RTP/AVP,',
    'RTP/AVP;unicast;client_port=1-2,',
    'RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=12345678;mode="PLAY",',
    'RTP/AVP;multicast;destination=239.1.2.3;port=2-3;ttl=4,',
    'RTP/AVP;',
    ';',
    ',',
    '"',
    'RTP/SAVP/TCP;unicast;interleaved=0-1,',
    'RTP/AVP;destination=',
  ],
  Range: ['npt=', 'npt=0-', '1', 'clock=', 'smpte=', ';', ','],
  Session: ['a', ';timeout=60', ';', 'A.'],
  Require: ['a,', ',', 'a'],
  'Proxy-Require': ['a,', ','],
  Accept: ['application/sdp,', 'text/plain;q=0.5,', ',', ';', 'a/b;'],
  'Content-Type': ['text/parameters;', 'a/b;', ';', '"', '\\'],
  Connection: ['close,', 'a,', ','],
  Authorization: ['Basic ', 'Digest ', 'Digest username="a",', ',', '"', '\\"', 'a=b,'],
  'RTP-Info': ['url=a;seq=1;rtptime=2,', ',', ';'],
  KeyMgmt: ['prot=mikey;uri="a";data="AAAA",', ',', 'prot=mikey;data="', '"'],
  Scale: ['1', '.', '-'],
  Speed: ['1'],
  'Rate-Control': ['no,'],
  Timestamp: ['1'],
  CSeq: ['1', '0'],
  'Content-Length': ['0', ',', '0,'],
  'Content-Base': ['/a'],
  'User-Agent': ['a ', '('],
  'x-any': ['a', ' ', '\t', '\u00e4'],
  Bandwidth: ['1'],
  Blocksize: ['1'],
  Conference: ['a'],
  'If-Modified-Since': ['Sat, '],
  'Cache-Control': ['a,'],
}

/** Each unit in one line as long as it may be, and in as many such lines as there may be. */
function headers(names: readonly string[]): Parts[] {
  const parts: Parts[] = []
  for (const name of names) {
    for (const unit of structured[name] ?? []) {
      const line = `${name}: ${fill(unit, maxLine - name.length - 2)}`
      const count = Math.floor(maxHeaderBytes / line.length) - 1
      parts.push({ name: `lines of ${name}: ${unit}`, headers: Array<string>(count).fill(line) })
      const short = `${name}: ${unit}`
      const lines = Array<string>(maxHeaders - 8).fill(short)
      parts.push({ name: `${maxHeaders - 8} lines of ${name}: ${unit}`, headers: lines })
    }
  }
  const distinct = Array.from({ length: maxHeaders - 8 }, (_, at) => `x-${at}: ${fill('a', 200)}`)
  parts.push({ name: 'many headers', headers: distinct })
  return parts
}

function body(name: string, type: string | undefined, text: string): Parts {
  const typed = type === undefined ? [] : [`Content-Type: ${type}`]
  return { name, headers: typed, body: text }
}

/** Bodies that are read line by line. */
function bodies(): Parts[] {
  const units = ['a\n', '\n', 'a: b\r\n', ':', 'a', ' \n', '\t', '\u00e4\n', 'keymgmt: a\n']
  return units.flatMap((unit) => [
    body(`parameters: ${unit}`, 'text/parameters', fill(unit, maxBody / Buffer.byteLength(unit))),
    body(`a body without type: ${unit}`, undefined, fill(unit, maxBody / Buffer.byteLength(unit))),
    body(`another type: ${unit}`, 'a/b', fill(unit, maxBody / Buffer.byteLength(unit))),
  ])
}

const sdpHead = 'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=a\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n'
const video = 'm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:streamid=0\r\n'

/** Descriptions of 64 KiB. */
function descriptions(): Parts[] {
  const lines = [
    'a=x:y\r\n',
    'a=x\r\n',
    'a=control:streamid=1\r\n',
    'a=rtpmap:96 H264/90000\r\n',
    'a=fmtp:96 a=b\r\n',
    'a=fmtp:96 sprop-parameter-sets=Z0IAH5WoFAFuQA==,aM48gA==;packetization-mode=1\r\n',
    'a=key-mgmt:mikey AAAA\r\n',
    'a=range:npt=0-1\r\n',
    'a=rtcp-fb:96 nack\r\n',
    'b=AS:1\r\n',
    'i=a\r\n',
    'c=IN IP4 127.0.0.1\r\n',
    'k=clear:a\r\n',
    'a=recvonly\r\n',
    'a=\u00e4\r\n',
    'x=y\r\n',
    '\r\n',
    '\n',
  ]
  const filled = (head: string, line: string): string =>
    head + fill(line, Math.min(maxSdp - head.length - 200, line.length * (sdpLimits.lines - 10)))
  const described = lines.flatMap((line) => [
    body(
      `a description with ${line.trim()} in its session`,
      'application/sdp',
      filled(sdpHead, line) + video,
    ),
    body(
      `a description with ${line.trim()} in its media`,
      'application/sdp',
      filled(sdpHead + video, line),
    ),
  ])
  const media = Array.from(
    { length: 64 },
    (_, at) =>
      video.replace('streamid=0', `streamid=${at}`) +
      fill(`a=fmtp:96 a=${fill('b', 160)}${at}\r\n`, 800),
  )
  const formats = `m=video 0 RTP/AVP ${fill('96 ', maxLine)}\r\n`
  return [
    ...described,
    body('a description of 64 media', 'application/sdp', sdpHead + media.join('')),
    body('a description of many formats', 'application/sdp', sdpHead + formats),
    body(
      'a description of one long line',
      'application/sdp',
      `${sdpHead}${video}a=fmtp:96 ${fill('a=b;', 60_000)}\r\n`,
    ),
    body(
      'a description in Latin-1',
      'application/sdp',
      `${sdpHead}${video}a=x:${fill('\u00e4', 30_000)}\r\n`,
    ),
    body('no description', 'application/sdp', fill('a', maxSdp)),
    body('a description that is too large', 'application/sdp', fill('a=b\r\n', maxBody)),
  ]
}

/** Header lines that a request has beside what it is large in. */
export type Common = (method: string, uri: string) => readonly string[]

/**
 * Everything that a request can be large in, for every method.
 *
 * @param only - Names of the headers that are to be large; all by default.
 */
export function* largestRequests(
  base: string,
  common: Common = () => [],
  only: { readonly headers?: readonly string[] } = {},
): Generator<LargestRequest> {
  const lines = headers(only.headers ?? Object.keys(structured))
  for (const method of [...rtspMethods, 'UNKNOWN']) {
    const described = method === 'ANNOUNCE' ? descriptions() : []
    const uri = method === 'ANNOUNCE' ? `${base}/live` : base
    for (const part of [...uris(base), ...lines, ...bodies(), ...described]) {
      yield make(method, uri, part, common)
    }
  }
}

/**
 * Requests that are large in the keys that they carry, for a session with SRTP.
 *
 * @param message - A MIKEY message as large as a piece of a request may be: so many bytes, or a little less.
 */
export function* largestKeyRequests(
  base: string,
  common: Common,
  message: (sizeBytes: number) => Buffer,
): Generator<LargestRequest> {
  const of = (sizeBytes: number): string => message(sizeBytes).toString('base64')
  const header = (sizeBytes: number): string => `prot=mikey;data="${of(sizeBytes)}"`
  const line = `KeyMgmt: ${header(6000)}`
  const many = `KeyMgmt: ${Array<string>(32).fill(header(120)).join(',')}`
  const lines = Math.floor(maxHeaderBytes / maxLine) - 1
  const secure = 'Transport: RTP/SAVP/TCP;unicast;interleaved=0-1'
  const setups = [
    { name: 'one large message', headers: [secure, line] },
    { name: 'large messages', headers: [secure, ...Array<string>(lines).fill(line)] },
    { name: 'many messages', headers: [secure, ...Array<string>(lines).fill(many)] },
    { name: 'no message', headers: [secure, `KeyMgmt: prot=mikey;data="${fill('A', 7000)}"`] },
  ]
  for (const part of setups) yield make('SETUP', `${base}/trackID=0`, part, common)
  const parameter = `KeyMgmt: ${header(90_000)}`
  const parameters = [
    body('keys', 'text/parameters', parameter),
    body('small keys', 'text/parameters', `KeyMgmt: ${header(120)}\r\n`.repeat(100)),
  ]
  for (const part of parameters) yield make('SET_PARAMETER', base, part, common)
  const media = (attribute: string, count: number = sdpLimits.media): string =>
    `${video.replace('RTP/AVP', 'RTP/SAVP')}${attribute}`.repeat(count)
  const keyed = (sizeBytes: number): string => `a=key-mgmt:mikey ${of(sizeBytes)}\r\n`
  const announced = [
    body('keys of 16 media', 'application/sdp', sdpHead + media(keyed(2700), 16)),
    body('one large key for 16 media', 'application/sdp', sdpHead + keyed(42_000) + media('', 16)),
    body('one large key', 'application/sdp', sdpHead + media(keyed(45_000), 1)),
    body('16 media without keys', 'application/sdp', sdpHead + media('', 16)),
    body('keys of 64 media', 'application/sdp', sdpHead + media(keyed(500))),
  ]
  for (const part of announced) yield make('ANNOUNCE', `${base}/live`, part, () => [])
}

function make(
  method: string,
  base: string,
  { name, uri = base, headers = [], body = '' }: Parts,
  common: Common,
): LargestRequest {
  const names = new Set(headers.map((line) => line.slice(0, line.indexOf(':'))))
  const others = ['CSeq: 1', ...common(method, uri)].filter(
    (line) => !names.has(line.slice(0, line.indexOf(':'))),
  )
  const bytes = Buffer.from(body)
  const length = bytes.length === 0 ? [] : [`Content-Length: ${bytes.length}`]
  const head = [`${method} ${uri} RTSP/1.0`, ...others, ...headers, ...length, '', ''].join('\r\n')
  return { name: `${method} with ${name}`, wire: Buffer.concat([Buffer.from(head), bytes]) }
}
