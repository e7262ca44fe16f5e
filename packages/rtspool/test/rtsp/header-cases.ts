import type { RtspErrorCode } from '../../src/errors.js'
import type { RtspRange } from '../../src/rtsp/headers/range.js'
import type { RtpInfoEntry } from '../../src/rtsp/headers/rtp-info.js'
import type { SessionHeader } from '../../src/rtsp/headers/session.js'
import type { TransportSpec } from '../../src/rtsp/headers/transport.js'
import type { RtspUri } from '../../src/rtsp/uri.js'
import type { Tags } from '../support/tagged-cases.js'

/** One value of a header: a received form, its meaning, and the form that the server sends. */
export interface HeaderCase<Value> {
  readonly name: string
  readonly tags?: Tags
  readonly wire: string
  readonly value: Value
  /** Serialized form of the value, if it differs from `wire`. */
  readonly canonical?: string
}

/** A value that is refused. */
export interface RefusedCase {
  readonly name: string
  readonly tags?: Tags
  readonly wire: string
  readonly code: RtspErrorCode
}

const refused = (
  code: RtspErrorCode,
  wires: Record<string, string>,
  tags: Tags = [],
): RefusedCase[] => Object.entries(wires).map(([name, wire]) => ({ name, tags, wire, code }))

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
    name: 'UDP in a request of a client',
    tags: 'A-SET-5',
    wire: 'RTP/AVP;unicast;client_port=5000-5001',
    value: [{ ...udp, clientPort: [5000, 5001] }],
  },
  {
    name: 'UDP in a response of a server',
    tags: 'A-SET-5',
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
    name: 'TCP',
    tags: 'A-SET-6',
    wire: 'RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=FFFFFFFF;mode="PLAY"',
    value: [{ ...tcp, interleaved: [0, 1], ssrc: 0xffffffff, mode: 'PLAY' }],
  },
  { name: 'TCP without channels', tags: 'A-SET-6', wire: 'RTP/AVP/TCP;unicast', value: [tcp] },
  {
    name: 'alternatives, the first of them unknown',
    tags: 'A-SET-1',
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
    name: 'an unknown protocol, whose parameters are not interpreted',
    tags: 'A-SET-2',
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
    name: 'neither unicast nor multicast',
    tags: 'A-SET-4',
    wire: 'RTP/AVP;client_port=5000-5001',
    value: [{ ...udp, delivery: undefined, clientPort: [5000, 5001] }],
  },
  {
    name: 'one port stands for two',
    tags: 'A-SET-8',
    wire: 'RTP/AVP/UDP;unicast;client_port=5000',
    canonical: 'RTP/AVP;unicast;client_port=5000-5001',
    value: [{ ...udp, clientPort: [5000, 5001] }],
  },
  {
    name: 'one channel stands for two',
    tags: 'A-SET-8',
    wire: 'RTP/AVP/TCP;interleaved=4',
    canonical: 'RTP/AVP/TCP;interleaved=4-5',
    value: [{ ...tcp, delivery: undefined, interleaved: [4, 5] }],
  },
  {
    name: 'a channel that is too high is for the server to refuse',
    tags: 'A-SET-8',
    wire: 'RTP/AVP/TCP;unicast;interleaved=256-257',
    value: [{ ...tcp, interleaved: [256, 257] }],
  },
  {
    name: 'port 0 is for the server to refuse',
    tags: 'A-SET-8',
    wire: 'RTP/AVP;unicast;client_port=0-1',
    value: [{ ...udp, clientPort: [0, 1] }],
  },
  ...['mode=RECORD', 'mode="RECORD"', 'mode=record', 'mode=receive', 'MODE = "record"'].map(
    (mode): HeaderCase<TransportSpec[]> => ({
      name: `${mode}`,
      tags: 'A-SET-15',
      wire: `RTP/AVP/TCP;unicast;interleaved=0-1;${mode}`,
      canonical: 'RTP/AVP/TCP;unicast;interleaved=0-1;mode="RECORD"',
      value: [{ ...tcp, interleaved: [0, 1], mode: 'RECORD' }],
    }),
  ),
  {
    name: 'a list of modes in quotes, commas and all',
    tags: 'A-SET-15',
    wire: 'RTP/AVP;unicast;mode="FOO, PLAY";client_port=2-3, RTP/AVP/TCP',
    canonical: 'RTP/AVP;unicast;client_port=2-3;mode="PLAY",RTP/AVP/TCP',
    value: [
      { ...udp, clientPort: [2, 3], mode: 'PLAY' },
      { ...tcp, delivery: undefined },
    ],
  },
  {
    name: 'an unknown mode',
    tags: 'A-SET-15',
    wire: 'RTP/AVP;unicast;mode=DANCE',
    canonical: 'RTP/AVP;unicast',
    value: [{ ...udp, isSupported: false }],
  },
  {
    name: 'append',
    tags: 'A-SET-16',
    wire: 'RTP/AVP;unicast;mode="RECORD";append',
    value: [{ ...udp, mode: 'RECORD', append: true }],
  },
  {
    name: 'multicast with all parameters',
    tags: 'A-SET-17',
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
    name: 'destination without a value, and a source',
    tags: 'A-SET-18',
    wire: 'RTP/AVP;unicast;destination;source=[::1]',
    value: [{ ...udp, destination: '', source: '[::1]' }],
  },
  ...['AVPF', 'SAVP', 'SAVPF'].map(
    (profile): HeaderCase<TransportSpec[]> => ({
      name: `${profile}`,
      tags: 'A-SET-19',
      wire: `RTP/${profile};unicast`,
      value: [{ ...udp, profile }],
    }),
  ),
  {
    name: 'an unknown parameter',
    tags: 'A-SET-20',
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

export const refusedTransports = [
  ...refused(
    'ERR_HEADER_VALUE',
    {
      nothing: '',
      space: '  ',
      semicolons: ';;;',
      'a comma': ',',
      'a comma at the end': 'RTP/AVP;unicast,',
      'no profile': 'RTP',
      'an empty profile': 'RTP/',
      'four pieces': 'RTP/AVP/TCP/IP',
      'client_port without a value': 'RTP/AVP;client_port=',
      'client_port without an equals sign': 'RTP/AVP;client_port',
      'a port that is no number': 'RTP/AVP;client_port=x-y',
      'half a pair': 'RTP/AVP;client_port=5000-',
      'three ports': 'RTP/AVP;client_port=1-2-3',
      'a negative port': 'RTP/AVP;client_port=-5',
    },
    'A-SET-3',
  ),
  ...refused(
    'ERR_HEADER_VALUE',
    {
      'a port over 65535': 'RTP/AVP;client_port=70000-70001',
      'no port behind the last': 'RTP/AVP;client_port=65535',
    },
    'A-SET-8',
  ),
  ...refused('ERR_HEADER_VALUE', {
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
  }),
]

export const sessionCases: readonly HeaderCase<SessionHeader>[] = [
  { name: 'an id', wire: 'abcdefgh', value: { id: 'abcdefgh' } },
  {
    name: 'an id and a timeout',
    tags: 'A-SET-12',
    wire: 'S1;timeout=60',
    value: { id: 'S1', timeout: 60 },
  },
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
  { name: 'open', tags: 'A-RNG-1', wire: 'npt=5-', value: npt(5) },
  { name: 'closed', tags: 'A-RNG-1', wire: 'npt=5-7.5', value: npt(5, 7.5) },
  { name: 'only an end', tags: 'A-RNG-1', wire: 'npt=-7', value: npt(undefined, 7) },
  {
    name: 'hours',
    tags: 'A-RNG-1',
    wire: 'npt=0:00:05.5-',
    canonical: 'npt=5.5-',
    value: npt(5.5),
  },
  {
    name: 'hours at both ends',
    tags: 'A-RNG-1',
    wire: 'npt=1:02:03-100:00:00',
    canonical: 'npt=3723-360000',
    value: npt(3723, 360_000),
  },
  { name: 'now', tags: 'A-RNG-1', wire: 'npt=now-', value: npt('now') },
  { name: 'FFmpeg', tags: 'A-RNG-6', wire: 'npt=0.000-', canonical: 'npt=0-', value: npt(0) },
  {
    name: 'with a time to begin',
    tags: 'A-RNG-7',
    wire: 'npt=0.000- ; time=19970123T143720Z',
    canonical: 'npt=0-',
    value: npt(0),
  },
  { name: 'case and space', wire: ' NPT = 5 - 6. ', canonical: 'npt=5-6', value: npt(5, 6) },
  { name: 'of no length', wire: 'npt=5-5', value: npt(5, 5) },
  {
    name: 'clock',
    tags: 'A-RNG-2',
    wire: 'clock=20260101T120000.250Z-',
    value: { unit: 'clock', start: Date.UTC(2026, 0, 1, 12, 0, 0, 250), end: undefined },
  },
  ...[
    ['the beginning that rtspsrc asks for', '19000101T000000Z', '1900-01-01T00:00:00Z'],
    ['the second before 1970', '19691231T235959Z', '1969-12-31T23:59:59Z'],
    ['half a second before 1970', '19691231T235959.500Z', '1969-12-31T23:59:59.500Z'],
    ['the year 99', '00990704T120000Z', '0099-07-04T12:00:00Z'],
    ['the year 0', '00000101T000000Z', '0000-01-01T00:00:00Z'],
    ['the last second', '99991231T235959Z', '9999-12-31T23:59:59Z'],
  ].map(([name = '', time, iso = '']) => ({
    name,
    tags: 'R-3',
    wire: `clock=${time}-`,
    value: { unit: 'clock' as const, start: Date.parse(iso), end: undefined },
  })),
  {
    name: 'clock with an end',
    tags: 'A-RNG-2',
    wire: 'clock=19961108T142300Z-19961108T143520Z',
    value: {
      unit: 'clock',
      start: Date.UTC(1996, 10, 8, 14, 23),
      end: Date.UTC(1996, 10, 8, 14, 35, 20),
    },
  },
  {
    name: 'smpte',
    tags: 'A-RNG-3',
    wire: 'smpte=10:12:33:20-',
    value: {
      unit: 'smpte',
      start: { hours: 10, minutes: 12, seconds: 33, frames: 20, subframes: 0 },
      end: undefined,
    },
  },
  {
    name: 'smpte-25 with subframes and without frames',
    tags: 'A-RNG-3',
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
  ...refused(
    'ERR_RANGE',
    {
      'npt backwards': 'npt=7-5',
      'clock backwards': 'clock=20260101T120000Z-20250101T120000Z',
      'smpte backwards': 'smpte=10:00:00-09:59:59',
    },
    'A-RNG-5',
  ),
  ...refused('ERR_RANGE_UNIT', {
    'an unknown unit': 'bytes=0-',
    'smpte of other rate': 'smpte-24=1:2:3-',
  }),
  ...refused(
    'ERR_HEADER_VALUE',
    {
      nothing: '',
      'no unit': '=5-',
      'no equals sign': 'npt',
      'nothing behind it': 'npt=',
      'only a dash': 'npt=-',
      'no dash': 'npt=5',
      letters: 'npt=a-b',
      'an exponent': 'npt=1e3-',
      'a sign': 'npt=+5-',
      hex: 'npt=0x10-',
      'two negatives': 'npt=--5',
      'minutes over 59': 'npt=0:60:00-',
      'seconds over 59': 'npt=0:00:60-',
      'two fields': 'npt=1:02-',
      'four fields': 'npt=1:02:03:04-',
      'two points': 'npt=1.2.3-',
      'more digits than a number has': `npt=${'9'.repeat(400)}-`,
      'more seconds than can be written without an exponent': `npt=1${'0'.repeat(21)}-`,
      'a list': 'npt=1-2,npt=3-4',
    },
    'A-RNG-5',
  ),
  ...refused(
    'ERR_HEADER_VALUE',
    {
      'the 31st of February': 'clock=20260231T120000Z-',
      'no Z': 'clock=20260131T120000-',
      'a 13th month before 1970': 'clock=19001301T000000Z-',
      'the 29th of February 1900': 'clock=19000229T000000Z-',
      'the hour 24': 'clock=19000101T240000Z-',
      'a year of five digits': 'clock=119000101T000000Z-',
      'a year before Christ': 'clock=-0010101T000000Z-',
      'a fraction without digits': 'clock=20260131T120000.Z-',
    },
    'A-RNG-2',
  ),
  ...refused(
    'ERR_HEADER_VALUE',
    {
      'no frames': 'smpte=10:12-',
      'five fields': 'smpte=10:12:13:14:15-',
    },
    'A-RNG-3',
  ),
]

const url = 'rtsp://127.0.0.1:8554/cam/trackID=0'

export const rtpInfoCases: readonly HeaderCase<RtpInfoEntry[]>[] = [
  {
    name: 'one track',
    tags: 'A-INF-1',
    wire: `url=${url};seq=45102;rtptime=12345678`,
    value: [{ url, seq: 45102, rtptime: 12345678 }],
  },
  {
    name: 'two tracks',
    tags: 'A-INF-1',
    wire: `url=${url};seq=0;rtptime=4294967295,url=/b;seq=65535`,
    value: [
      { url, seq: 0, rtptime: 4294967295 },
      { url: '/b', seq: 65535 },
    ],
  },
  { name: 'only a URL', tags: 'A-INF-1', wire: 'url=a', value: [{ url: 'a' }] },
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
  { name: 'zero', tags: 'A-MSG-5', wire: '0', value: 0 },
  { name: 'the highest', tags: 'A-MSG-6', wire: '4294967295', value: 4294967295 },
  { name: 'leading zeros are not echoed', tags: 'A-MSG-6', wire: '007', value: 7 },
]

export const refusedCSeqs = [
  ...refused(
    'ERR_HEADER_VALUE',
    {
      empty: '',
      'one more than the highest': '4294967296',
      'twenty digits': '99999999999999999999',
      'a sign': '-1',
      'text behind it': '1 X',
      'a fraction': '1.0',
      'digits of another script': '１',
    },
    'A-MSG-6',
  ),
]

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
    name: 'a query with the control behind it',
    tags: 'A-DES-5',
    wire: 'rtsp://host/pub?a=b/streamid=0?c',
    value: uri({ path: '/pub', query: 'a=b/streamid=0?c' }),
  },
  { name: 'an empty query', tags: 'A-DES-5', wire: 'rtsp://host/cam?', value: uri({ query: '' }) },
  {
    name: 'IPv6',
    tags: 'A-DES-9',
    wire: 'rtsp://[::1]:8554/cam',
    value: uri({ authority: '[::1]:8554', host: '::1', port: 8554 }),
  },
  {
    name: 'IPv6 with a zone',
    tags: 'A-DES-9',
    wire: 'rtsp://[fe80::1%25eth0]/cam',
    value: uri({ authority: '[fe80::1%25eth0]', host: 'fe80::1%25eth0' }),
  },
  {
    name: 'a trailing slash',
    tags: 'A-DES-10',
    wire: 'rtsp://host/cam/trackID=0/',
    value: uri({ path: '/cam/trackID=0/' }),
  },
  {
    name: 'percent escapes are decoded once',
    tags: 'A-DES-12',
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

export const refusedUris = [
  ...refused('ERR_REQUEST_URI', {
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
    'a fragment': 'rtsp://host/a#b',
    'bytes that were not UTF-8': 'rtsp://host/\ufffd',
  }),
  ...refused(
    'ERR_REQUEST_URI',
    {
      'IPv6 without brackets': 'rtsp://::1/cam',
      'a bracket that does not close': 'rtsp://[::1/cam',
      'no address in brackets': 'rtsp://[]/cam',
      'text behind the bracket': 'rtsp://[::1]x/cam',
    },
    'A-DES-9',
  ),
  ...refused(
    'ERR_REQUEST_URI',
    {
      NUL: 'rtsp://host/a%00b',
      'NUL in the query': 'rtsp://host/a?b%00',
      'an escaped line feed': 'rtsp://host/a%0ab',
      'a control character': 'rtsp://host/a\x01b',
      'a space': 'rtsp://host/a b',
      'half an escape': 'rtsp://host/a%2',
      'an escape without digits': 'rtsp://host/a%zz',
      'an escape that is not UTF-8': 'rtsp://host/a%ff',
      'a dot segment': 'rtsp://host/a/../b',
      'a dot segment at the end': 'rtsp://host/a/..',
      'an escaped dot segment': 'rtsp://host/a/%2e%2E/b',
      'a dot segment between escaped slashes': 'rtsp://host/a%2f..%2fb',
      'a single dot': 'rtsp://host/./a',
      'an empty segment': 'rtsp://host/a//b',
      'an empty first segment': '//host/cam',
      'two trailing slashes': 'rtsp://host/a//',
      'a backslash': 'rtsp://host/a\\b',
      'an escaped backslash': 'rtsp://host/a%5Cb',
    },
    'A-DES-12',
  ),
]
