import type { RtspErrorCode } from '../../src/errors.js'
import type { RtspRange } from '../../src/rtsp/headers/range.js'
import type { RtpInfoEntry } from '../../src/rtsp/headers/rtp-info.js'
import type { SessionHeader } from '../../src/rtsp/headers/session.js'
import type { TransportSpec } from '../../src/rtsp/headers/transport.js'
import type { RtspUri } from '../../src/rtsp/uri.js'

/** One value of a header: a received form, its meaning, and the form that the server sends. */
export interface HeaderCase<Value> {
  readonly name: string
  readonly wire: string
  readonly value: Value
  /** Serialized form of the value, if it differs from `wire`. */
  readonly canonical?: string
}

/** A value that is refused. */
export interface RefusedCase {
  readonly name: string
  readonly wire: string
  readonly code: RtspErrorCode
}

const refused = (code: RtspErrorCode, wires: Record<string, string>): RefusedCase[] =>
  Object.entries(wires).map(([name, wire]) => ({ name, wire, code }))

const udp = {
  isSupported: true,
  protocol: 'RTP',
  profile: 'AVP',
  lowerTransport: 'UDP',
  delivery: 'unicast',
  append: false,
  parameters: [],
} satisfies TransportSpec
const tcp = { ...udp, lowerTransport: 'TCP' } satisfies TransportSpec

export const transportCases: readonly HeaderCase<TransportSpec[]>[] = [
  {
    name: 'A-SET-5 UDP in a request of a client',
    wire: 'RTP/AVP;unicast;client_port=5000-5001',
    value: [{ ...udp, clientPort: [5000, 5001] }],
  },
  {
    name: 'A-SET-5 UDP in a response of a server',
    wire: 'RTP/AVP;unicast;client_port=5000-5001;server_port=6970-6971;ssrc=0000ABCD;mode="PLAY"',
    value: [
      {
        ...udp,
        clientPort: [5000, 5001],
        serverPort: [6970, 6971],
        ssrc: 0xabcd,
        mode: 'PLAY',
      },
    ],
  },
  {
    name: 'A-SET-6 TCP',
    wire: 'RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=FFFFFFFF;mode="PLAY"',
    value: [{ ...tcp, interleaved: [0, 1], ssrc: 0xffffffff, mode: 'PLAY' }],
  },
  { name: 'A-SET-6 TCP without channels', wire: 'RTP/AVP/TCP;unicast', value: [tcp] },
  {
    name: 'A-SET-1 alternatives, the first of them unknown',
    wire: 'RTP/FOO;unicast, RTP/AVP;multicast, RTP/AVP/TCP;unicast;interleaved=0-1',
    canonical: 'RTP/FOO;unicast,RTP/AVP;multicast,RTP/AVP/TCP;unicast;interleaved=0-1',
    value: [
      {
        ...udp,
        isSupported: false,
        profile: 'FOO',
        delivery: undefined,
        parameters: [['unicast', undefined]],
      },
      { ...udp, delivery: 'multicast' },
      { ...tcp, interleaved: [0, 1] },
    ],
  },
  {
    name: 'A-SET-2 an unknown protocol, whose parameters are not interpreted',
    wire: 'x-real-rdt/udp;client_port=a-b;mode=play',
    value: [
      {
        ...udp,
        isSupported: false,
        protocol: 'x-real-rdt',
        profile: 'udp',
        delivery: undefined,
        parameters: [
          ['client_port', 'a-b'],
          ['mode', 'play'],
        ],
      },
    ],
  },
  {
    name: 'A-SET-4 neither unicast nor multicast',
    wire: 'RTP/AVP;client_port=5000-5001',
    value: [{ ...udp, delivery: undefined, clientPort: [5000, 5001] }],
  },
  {
    name: 'A-SET-8 one port stands for two',
    wire: 'RTP/AVP/UDP;unicast;client_port=5000',
    canonical: 'RTP/AVP;unicast;client_port=5000-5001',
    value: [{ ...udp, clientPort: [5000, 5001] }],
  },
  {
    name: 'A-SET-8 one channel stands for two',
    wire: 'RTP/AVP/TCP;interleaved=4',
    canonical: 'RTP/AVP/TCP;interleaved=4-5',
    value: [{ ...tcp, delivery: undefined, interleaved: [4, 5] }],
  },
  {
    name: 'A-SET-8 a channel that is too high is for the server to refuse',
    wire: 'RTP/AVP/TCP;unicast;interleaved=256-257',
    value: [{ ...tcp, interleaved: [256, 257] }],
  },
  {
    name: 'A-SET-8 port 0 is for the server to refuse',
    wire: 'RTP/AVP;unicast;client_port=0-1',
    value: [{ ...udp, clientPort: [0, 1] }],
  },
  ...['mode=RECORD', 'mode="RECORD"', 'mode=record', 'mode=receive', 'MODE = "record"'].map(
    (mode): HeaderCase<TransportSpec[]> => ({
      name: `A-SET-15 ${mode}`,
      wire: `RTP/AVP/TCP;unicast;interleaved=0-1;${mode}`,
      canonical: 'RTP/AVP/TCP;unicast;interleaved=0-1;mode="RECORD"',
      value: [{ ...tcp, interleaved: [0, 1], mode: 'RECORD' }],
    }),
  ),
  {
    name: 'A-SET-15 a list of modes in quotes, commas and all',
    wire: 'RTP/AVP;unicast;mode="FOO, PLAY";client_port=2-3, RTP/AVP/TCP',
    canonical: 'RTP/AVP;unicast;client_port=2-3;mode="PLAY",RTP/AVP/TCP',
    value: [
      { ...udp, clientPort: [2, 3], mode: 'PLAY' },
      { ...tcp, delivery: undefined },
    ],
  },
  {
    name: 'A-SET-15 an unknown mode',
    wire: 'RTP/AVP;unicast;mode=DANCE',
    canonical: 'RTP/AVP;unicast',
    value: [{ ...udp, isSupported: false }],
  },
  {
    name: 'A-SET-16 append',
    wire: 'RTP/AVP;unicast;mode="RECORD";append',
    value: [{ ...udp, mode: 'RECORD', append: true }],
  },
  {
    name: 'A-SET-17 multicast with all parameters',
    wire: 'RTP/AVP;multicast;destination=239.1.2.3;port=5000-5001;ttl=16;layers=2',
    value: [
      {
        ...udp,
        delivery: 'multicast',
        destination: '239.1.2.3',
        port: [5000, 5001],
        ttl: 16,
        layers: 2,
      },
    ],
  },
  {
    name: 'A-SET-18 destination without a value, and a source',
    wire: 'RTP/AVP;unicast;destination;source=[::1]',
    value: [{ ...udp, destination: '', source: '[::1]' }],
  },
  ...['AVPF', 'SAVP', 'SAVPF'].map(
    (profile): HeaderCase<TransportSpec[]> => ({
      name: `A-SET-19 ${profile}`,
      wire: `RTP/${profile};unicast`,
      value: [{ ...udp, profile }],
    }),
  ),
  {
    name: 'A-SET-20 an unknown parameter',
    wire: 'RTP/AVP;unicast;RTCP-mux;x="a;b,\\"c"',
    canonical: 'RTP/AVP;unicast;rtcp-mux;x="a;b,\\"c"',
    value: [
      {
        ...udp,
        parameters: [
          ['rtcp-mux', undefined],
          ['x', 'a;b,"c'],
        ],
      },
    ],
  },
  {
    name: 'case, space and an extra semicolon',
    wire: ' rtp/avp/tcp ; UNICAST ;; Interleaved = 0 - 1 ;',
    canonical: 'RTP/AVP/TCP;unicast;interleaved=0-1',
    value: [{ ...tcp, interleaved: [0, 1] }],
  },
  {
    name: 'an unknown lower transport',
    wire: 'RTP/AVP/DCCP',
    value: [{ ...udp, isSupported: false, lowerTransport: 'DCCP', delivery: undefined }],
  },
]

export const refusedTransports = refused('ERR_HEADER_VALUE', {
  'A-SET-3 nothing': '',
  'A-SET-3 space': '  ',
  'A-SET-3 semicolons': ';;;',
  'A-SET-3 a comma': ',',
  'A-SET-3 a comma at the end': 'RTP/AVP;unicast,',
  'A-SET-3 no profile': 'RTP',
  'A-SET-3 an empty profile': 'RTP/',
  'A-SET-3 four pieces': 'RTP/AVP/TCP/IP',
  'A-SET-3 client_port without a value': 'RTP/AVP;client_port=',
  'A-SET-3 client_port without an equals sign': 'RTP/AVP;client_port',
  'A-SET-3 a port that is no number': 'RTP/AVP;client_port=x-y',
  'A-SET-3 half a pair': 'RTP/AVP;client_port=5000-',
  'A-SET-3 three ports': 'RTP/AVP;client_port=1-2-3',
  'A-SET-3 a negative port': 'RTP/AVP;client_port=-5',
  'A-SET-8 a port over 65535': 'RTP/AVP;client_port=70000-70001',
  'A-SET-8 no port behind the last': 'RTP/AVP;client_port=65535',
  'an SSRC that is not hex': 'RTP/AVP;ssrc=xyz',
  'an SSRC of nine digits': 'RTP/AVP;ssrc=123456789',
  'an empty SSRC': 'RTP/AVP;ssrc=',
  'a ttl over 255': 'RTP/AVP;multicast;ttl=256',
  'an empty mode': 'RTP/AVP;mode=""',
  'a quoted string that does not end': 'RTP/AVP;mode="PLAY',
  'a quote inside of a value': 'RTP/AVP;mode=PL"AY"',
  'a parameter without name': 'RTP/AVP;=5',
  'a parameter twice': 'RTP/AVP;client_port=2-3;client_port=4-5',
  'unicast and multicast': 'RTP/AVP;unicast;multicast',
  '33 alternatives': `RTP/AVP${',RTP/AVP'.repeat(32)}`,
  '65 parameters': `RTP/AVP${';x'.repeat(65)}`,
  'a broken one behind a good one': 'RTP/AVP;unicast, RTP/AVP;client_port=',
})

export const sessionCases: readonly HeaderCase<SessionHeader>[] = [
  { name: 'an id', wire: 'abcdefgh', value: { id: 'abcdefgh' } },
  { name: 'A-SET-12 an id and a timeout', wire: 'S1;timeout=60', value: { id: 'S1', timeout: 60 } },
  {
    name: 'space and case',
    wire: ' S1 ; Timeout = 5 ',
    value: { id: 'S1', timeout: 5 },
  },
  { name: 'other parameters', wire: 'S1;x;y=z', value: { id: 'S1' } },
  {
    name: 'a timeout that is no number',
    wire: 'S1;timeout=1e9',
    value: { id: 'S1' },
  },
  { name: '128 characters', wire: 'a'.repeat(128), value: { id: 'a'.repeat(128) } },
]

export const refusedSessions = refused('ERR_HEADER_VALUE', {
  'no id': '',
  'only a timeout': ' ;timeout=60',
  '129 characters': 'a'.repeat(129),
})

const npt = (start: number | 'now' | undefined, end?: number): RtspRange => ({
  unit: 'npt',
  start,
  end,
})

export const rangeCases: readonly HeaderCase<RtspRange>[] = [
  { name: 'A-RNG-1 open', wire: 'npt=5-', value: npt(5) },
  { name: 'A-RNG-1 closed', wire: 'npt=5-7.5', value: npt(5, 7.5) },
  { name: 'A-RNG-1 only an end', wire: 'npt=-7', value: npt(undefined, 7) },
  { name: 'A-RNG-1 hours', wire: 'npt=0:00:05.5-', canonical: 'npt=5.5-', value: npt(5.5) },
  {
    name: 'A-RNG-1 hours at both ends',
    wire: 'npt=1:02:03-100:00:00',
    canonical: 'npt=3723-360000',
    value: npt(3723, 360_000),
  },
  { name: 'A-RNG-1 now', wire: 'npt=now-', value: npt('now') },
  { name: 'A-RNG-6 FFmpeg', wire: 'npt=0.000-', canonical: 'npt=0-', value: npt(0) },
  {
    name: 'A-RNG-7 with a time to begin',
    wire: 'npt=0.000- ; time=19970123T143720Z',
    canonical: 'npt=0-',
    value: npt(0),
  },
  { name: 'case and space', wire: ' NPT = 5 - 6. ', canonical: 'npt=5-6', value: npt(5, 6) },
  { name: 'of no length', wire: 'npt=5-5', value: npt(5, 5) },
  {
    name: 'A-RNG-2 clock',
    wire: 'clock=20260101T120000.250Z-',
    value: { unit: 'clock', start: Date.UTC(2026, 0, 1, 12, 0, 0, 250), end: undefined },
  },
  ...[
    ['R-3 the beginning that rtspsrc asks for', '19000101T000000Z', '1900-01-01T00:00:00Z'],
    ['R-3 the second before 1970', '19691231T235959Z', '1969-12-31T23:59:59Z'],
    ['R-3 half a second before 1970', '19691231T235959.500Z', '1969-12-31T23:59:59.500Z'],
    ['R-3 the year 99', '00990704T120000Z', '0099-07-04T12:00:00Z'],
    ['R-3 the year 0', '00000101T000000Z', '0000-01-01T00:00:00Z'],
    ['R-3 the last second', '99991231T235959Z', '9999-12-31T23:59:59Z'],
  ].map(([name = '', time, iso = '']) => ({
    name,
    wire: `clock=${time}-`,
    value: { unit: 'clock' as const, start: Date.parse(iso), end: undefined },
  })),
  {
    name: 'A-RNG-2 clock with an end',
    wire: 'clock=19961108T142300Z-19961108T143520Z',
    value: {
      unit: 'clock',
      start: Date.UTC(1996, 10, 8, 14, 23),
      end: Date.UTC(1996, 10, 8, 14, 35, 20),
    },
  },
  {
    name: 'A-RNG-3 smpte',
    wire: 'smpte=10:12:33:20-',
    value: {
      unit: 'smpte',
      start: { hours: 10, minutes: 12, seconds: 33, frames: 20, subframes: 0 },
      end: undefined,
    },
  },
  {
    name: 'A-RNG-3 smpte-25 with subframes and without frames',
    wire: 'smpte-25=10:07:00-10:07:33:05.01',
    canonical: 'smpte-25=10:07:00:00-10:07:33:05.01',
    value: {
      unit: 'smpte-25',
      start: { hours: 10, minutes: 7, seconds: 0, frames: 0, subframes: 0 },
      end: { hours: 10, minutes: 7, seconds: 33, frames: 5, subframes: 1 },
    },
  },
]

export const refusedRanges = [
  ...refused('ERR_RANGE', {
    'A-RNG-5 npt backwards': 'npt=7-5',
    'A-RNG-5 clock backwards': 'clock=20260101T120000Z-20250101T120000Z',
    'A-RNG-5 smpte backwards': 'smpte=10:00:00-09:59:59',
  }),
  ...refused('ERR_RANGE_UNIT', {
    'an unknown unit': 'bytes=0-',
    'smpte of other rate': 'smpte-24=1:2:3-',
  }),
  ...refused('ERR_HEADER_VALUE', {
    'A-RNG-5 nothing': '',
    'A-RNG-5 no unit': '=5-',
    'A-RNG-5 no equals sign': 'npt',
    'A-RNG-5 nothing behind it': 'npt=',
    'A-RNG-5 only a dash': 'npt=-',
    'A-RNG-5 no dash': 'npt=5',
    'A-RNG-5 letters': 'npt=a-b',
    'A-RNG-5 an exponent': 'npt=1e3-',
    'A-RNG-5 a sign': 'npt=+5-',
    'A-RNG-5 hex': 'npt=0x10-',
    'A-RNG-5 two negatives': 'npt=--5',
    'A-RNG-5 minutes over 59': 'npt=0:60:00-',
    'A-RNG-5 seconds over 59': 'npt=0:00:60-',
    'A-RNG-5 two fields': 'npt=1:02-',
    'A-RNG-5 four fields': 'npt=1:02:03:04-',
    'A-RNG-5 two points': 'npt=1.2.3-',
    'A-RNG-5 more digits than a number has': `npt=${'9'.repeat(400)}-`,
    'A-RNG-5 more seconds than can be written without an exponent': `npt=1${'0'.repeat(21)}-`,
    'A-RNG-5 a list': 'npt=1-2,npt=3-4',
    'A-RNG-2 the 31st of February': 'clock=20260231T120000Z-',
    'A-RNG-2 no Z': 'clock=20260131T120000-',
    'A-RNG-2 a 13th month before 1970': 'clock=19001301T000000Z-',
    'A-RNG-2 the 29th of February 1900': 'clock=19000229T000000Z-',
    'A-RNG-2 the hour 24': 'clock=19000101T240000Z-',
    'A-RNG-2 a year of five digits': 'clock=119000101T000000Z-',
    'A-RNG-2 a year before Christ': 'clock=-0010101T000000Z-',
    'A-RNG-2 a fraction without digits': 'clock=20260131T120000.Z-',
    'A-RNG-3 no frames': 'smpte=10:12-',
    'A-RNG-3 five fields': 'smpte=10:12:13:14:15-',
  }),
]

const url = 'rtsp://127.0.0.1:8554/cam/trackID=0'

export const rtpInfoCases: readonly HeaderCase<RtpInfoEntry[]>[] = [
  {
    name: 'A-INF-1 one track',
    wire: `url=${url};seq=45102;rtptime=12345678`,
    value: [{ url, seq: 45102, rtptime: 12345678 }],
  },
  {
    name: 'A-INF-1 two tracks',
    wire: `url=${url};seq=0;rtptime=4294967295,url=/b;seq=65535`,
    value: [
      { url, seq: 0, rtptime: 4294967295 },
      { url: '/b', seq: 65535 },
    ],
  },
  { name: 'A-INF-1 only a URL', wire: 'url=a', value: [{ url: 'a' }] },
  {
    name: 'commas and semicolons in a URL',
    wire: 'url=/a,b;c=d;seq=1,url=/e?f=g,h;rtptime=2',
    value: [
      { url: '/a,b;c=d', seq: 1 },
      { url: '/e?f=g,h', rtptime: 2 },
    ],
  },
  {
    name: 'quotes, case and space',
    wire: ' URL="/a" ; RTPTIME=2 ; Seq=1; , url=/b',
    canonical: 'url=/a;seq=1;rtptime=2,url=/b',
    value: [{ url: '/a', rtptime: 2, seq: 1 }, { url: '/b' }],
  },
]

export const refusedRtpInfos = refused('ERR_HEADER_VALUE', {
  nothing: '',
  'no URL': 'seq=1;rtptime=2',
  'an empty URL': 'url=;seq=1',
  'a URL with a space': 'url=/a b;seq=1',
  'a sequence number of 17 bits': 'url=/a;seq=65536',
  'a timestamp of 33 bits': 'url=/a;rtptime=4294967296',
  'a negative number': 'url=/a;seq=-1',
  '257 entries': `url=a${',url=a'.repeat(256)}`,
  'half a quoted string': 'url="/a;seq=1',
})

export const cSeqCases: readonly HeaderCase<number>[] = [
  { name: 'A-MSG-5 zero', wire: '0', value: 0 },
  { name: 'A-MSG-6 the highest', wire: '4294967295', value: 4294967295 },
  { name: 'A-MSG-6 leading zeros are not echoed', wire: '007', value: 7 },
]

export const refusedCSeqs = refused('ERR_HEADER_VALUE', {
  'A-MSG-6 empty': '',
  'A-MSG-6 one more than the highest': '4294967296',
  'A-MSG-6 twenty digits': '99999999999999999999',
  'A-MSG-6 a sign': '-1',
  'A-MSG-6 text behind it': '1 X',
  'A-MSG-6 a fraction': '1.0',
  'A-MSG-6 digits of another script': '１',
})

const uri = (fields: Partial<RtspUri>): RtspUri => {
  const path = fields.path ?? '/cam'
  return {
    scheme: 'rtsp',
    authority: 'host',
    host: 'host',
    port: undefined,
    path,
    rawPath: path,
    query: undefined,
    ...fields,
  }
}

export const uriCases: readonly HeaderCase<RtspUri>[] = [
  { name: 'a host and a path', wire: 'rtsp://host/cam', value: uri({}) },
  {
    name: 'a port',
    wire: 'rtsp://host:8554/cam',
    value: uri({ authority: 'host:8554', port: 8554 }),
  },
  { name: 'rtsps', wire: 'rtsps://host/cam', value: uri({ scheme: 'rtsps' }) },
  { name: 'rtspu', wire: 'rtspu://host/cam', value: uri({ scheme: 'rtspu' }) },
  {
    name: 'scheme and host in capitals',
    wire: 'RTSP://HOST/Cam',
    value: uri({ authority: 'HOST', path: '/Cam' }),
  },
  {
    name: 'a colon without a port',
    wire: 'rtsp://host:/cam',
    value: uri({ authority: 'host:' }),
  },
  {
    name: 'user and password, which are dropped',
    wire: 'rtsp://u:p@x@host/cam',
    value: uri({}),
  },
  {
    name: 'no path',
    wire: 'rtsp://host',
    value: uri({ path: '/' }),
  },
  {
    name: 'no path and a query',
    wire: 'rtsp://host?a=b',
    value: uri({ path: '/', query: 'a=b' }),
  },
  {
    name: 'A-DES-5 a query with the control behind it',
    wire: 'rtsp://host/pub?a=b/streamid=0?c',
    value: uri({ path: '/pub', query: 'a=b/streamid=0?c' }),
  },
  { name: 'A-DES-5 an empty query', wire: 'rtsp://host/cam?', value: uri({ query: '' }) },
  {
    name: 'A-DES-9 IPv6',
    wire: 'rtsp://[::1]:8554/cam',
    value: uri({ authority: '[::1]:8554', host: '::1', port: 8554 }),
  },
  {
    name: 'A-DES-9 IPv6 with a zone',
    wire: 'rtsp://[fe80::1%25eth0]/cam',
    value: uri({ authority: '[fe80::1%25eth0]', host: 'fe80::1%25eth0' }),
  },
  {
    name: 'A-DES-10 a trailing slash',
    wire: 'rtsp://host/cam/trackID=0/',
    value: uri({ path: '/cam/trackID=0/' }),
  },
  {
    name: 'A-DES-12 percent escapes are decoded once',
    wire: 'rtsp://host/a%20b%25%32e%C3%BC',
    value: uri({ path: '/a b%2eü', rawPath: '/a%20b%25%32e%C3%BC' }),
  },
  {
    name: 'an escaped question mark stays in the path',
    wire: 'rtsp://host/a%3Fb%23',
    value: uri({ path: '/a?b#', rawPath: '/a%3Fb%23' }),
  },
  { name: 'dots in a name', wire: 'rtsp://host/..a/b..', value: uri({ path: '/..a/b..' }) },
]

export const refusedUris = refused('ERR_REQUEST_URI', {
  nothing: '',
  'an asterisk': '*',
  'a relative path': 'cam',
  'another scheme': 'http://host/cam',
  'no scheme': '://host/cam',
  'one slash': 'rtsp:/host/cam',
  'no host': 'rtsp:///cam',
  'only a user': 'rtsp://u@/cam',
  'an escape in the host': 'rtsp://h%6fst/cam',
  'port 0': 'rtsp://host:0/cam',
  'a port over 65535': 'rtsp://host:65536/cam',
  'a port that is no number': 'rtsp://host:80x/cam',
  'A-DES-9 IPv6 without brackets': 'rtsp://::1/cam',
  'A-DES-9 a bracket that does not close': 'rtsp://[::1/cam',
  'A-DES-9 no address in brackets': 'rtsp://[]/cam',
  'A-DES-9 text behind the bracket': 'rtsp://[::1]x/cam',
  'A-DES-12 NUL': 'rtsp://host/a%00b',
  'A-DES-12 NUL in the query': 'rtsp://host/a?b%00',
  'A-DES-12 an escaped line feed': 'rtsp://host/a%0ab',
  'A-DES-12 a control character': 'rtsp://host/a\x01b',
  'A-DES-12 a space': 'rtsp://host/a b',
  'A-DES-12 half an escape': 'rtsp://host/a%2',
  'A-DES-12 an escape without digits': 'rtsp://host/a%zz',
  'A-DES-12 an escape that is not UTF-8': 'rtsp://host/a%ff',
  'A-DES-12 a dot segment': 'rtsp://host/a/../b',
  'A-DES-12 a dot segment at the end': 'rtsp://host/a/..',
  'A-DES-12 an escaped dot segment': 'rtsp://host/a/%2e%2E/b',
  'A-DES-12 a dot segment between escaped slashes': 'rtsp://host/a%2f..%2fb',
  'A-DES-12 a single dot': 'rtsp://host/./a',
  'A-DES-12 an empty segment': 'rtsp://host/a//b',
  'A-DES-12 an empty first segment': '//host/cam',
  'A-DES-12 two trailing slashes': 'rtsp://host/a//',
  'A-DES-12 a backslash': 'rtsp://host/a\\b',
  'A-DES-12 an escaped backslash': 'rtsp://host/a%5Cb',
  'a fragment': 'rtsp://host/a#b',
  'bytes that were not UTF-8': 'rtsp://host/\ufffd',
})
