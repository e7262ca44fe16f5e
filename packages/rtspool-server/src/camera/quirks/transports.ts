import { lowerTransportOf } from '../wire/access-filters.js'
import { limitPlaces } from '../wire/limit-places.js'
import type { CreateFilter, WireFrame } from '../wire/wire-filter.js'
import type { Quirk } from './quirk.js'

/** Difference between the interleaved channels that a client asks for and those that it gets. */
const channelShift = 16
const channelCount = 256

/** Creates a filter that changes the Transport header in the response to each successful SETUP. */
const transportAnswer =
  (change: (transport: string) => string): CreateFilter =>
  () => ({
    response({ statusCode, headers }, { method }) {
      const transport = headers.get('Transport')
      if (method !== 'SETUP' || statusCode !== 200 || transport === undefined) return
      headers.set('Transport', change(transport))
    },
  })

/** Creates a filter that changes the digits of the SSRC in the Transport header of responses. */
const ssrcWritten = (change: (digits: string) => string): CreateFilter =>
  transportAnswer((transport) => {
    const digits = /;ssrc=(\w+)/i.exec(transport)?.[1] ?? '00C0FFEE'
    return `${transport.replace(/;ssrc=\w+/i, '')};ssrc=${change(digits)}`
  })

/** Answers SETUP with other interleaved channels than the client asks for, and uses those. */
const otherChannels: CreateFilter = (link) => {
  const answers = transportAnswer((transport) =>
    transport.replace(/interleaved=(\d+)-(\d+)/, (_, first: string, second: string) => {
      return `interleaved=${shifted(Number(first))}-${shifted(Number(second))}`
    }),
  )
  return {
    ...answers(link),
    frame: ({ channel, payload }) => ({ channel: shifted(channel), payload }),
    clientFrame: ({ channel, payload }) => ({
      channel: (channel + channelCount - channelShift) % channelCount,
      payload,
    }),
  }
}

const shifted = (channel: number): number => (channel + channelShift) % channelCount

/** Sets up UDP, and sends nothing over it: the server itself never receives PLAY. */
const silentUdp: CreateFilter = () => {
  let isUdp = false
  return {
    request({ method, headers }) {
      if (method !== 'PLAY' || !isUdp) return undefined
      return {
        statusCode: 200,
        headers: [
          ['Session', headers.get('Session') ?? ''],
          ['Range', 'npt=now-'],
        ],
      }
    },
    response({ statusCode, headers }, { method }) {
      if (method !== 'SETUP' || statusCode !== 200) return
      isUdp = lowerTransportOf(headers.get('Transport') ?? '') === 'udp'
    },
  }
}

/** Gives connections the back channel: so many may have it open at a time. */
const backChannels =
  (limit: number): CreateFilter =>
  ({ camera }) =>
    limitPlaces(camera.backChannels, {
      ...{ limit, statusCode: 400 },
      isAsking: ({ method, headers }) =>
        method === 'SETUP' && /backchannel/i.test(headers.get('Require') ?? ''),
    })

/** Notes whether the client has the back channel open. */
const noteBackChannel = backChannels(Number.POSITIVE_INFINITY)

/** Lets one client at a time open the back channel; all SETUPs of others that ask for it fail. */
const oneBackChannel = backChannels(1)

/** Replaces the payload of a frame on an odd channel (RTCP) by bytes that are no RTCP. */
const brokenRtcp = ({ channel, payload }: WireFrame): WireFrame =>
  channel % 2 === 0 ? { channel, payload } : { channel, payload: Buffer.alloc(payload.length, 1) }

/** Number of interleaved frames between two pieces of rubbish: bytes that belong to no frame or message. */
const rubbishInterval = 16
const maxRubbishBytes = 24
/** Lowest value of a byte of rubbish, above `$` and all letters. */
const firstRubbishByte = 0x80

const rubbishBetweenFrames: CreateFilter = (link) => {
  let frames = 0
  return {
    frame(frame) {
      if (frames++ % rubbishInterval === 0) {
        const length = 1 + Math.floor(link.random() * maxRubbishBytes)
        const bytes = Array.from({ length }, () => firstRubbishByte + link.random() * 0x7f)
        link.send(Buffer.from(bytes))
      }
      return frame
    },
  }
}

/** Quirks of cameras in transports, and in bytes on the connection. */
export const transportQuirks: readonly Quirk[] = [
  {
    id: '2a',
    who: 'some Hikvision',
    does: 'the SSRC of the Transport answer contains spaces',
    source: 'gortsplib 50f19e66',
    filter: ssrcWritten((digits) => ` ${digits.slice(0, 4)} ${digits.slice(4)}`),
  },
  {
    id: '2b',
    who: 'others',
    does: 'the SSRC of the Transport answer is no number',
    source: 'mediamtx#1118',
    filter: ssrcWritten(() => 'camera'),
  },
  {
    id: '17',
    who: 'Dahua, Amcrest',
    does: 'SETUP with a back channel fails while another client has it open',
    source: 'go2rtc pkg/rtsp/client.go',
    filter: oneBackChannel,
  },
  {
    id: '18',
    who: 'Amcrest doorbell',
    does: 'the call button (motion events of ONVIF) is dead while a client has the back channel open',
    source: 'go2rtc internal/rtsp/README.md',
    filter: noteBackChannel,
  },
  {
    id: '19a',
    who: 'Escam Q6 and others',
    does: 'the answer for TCP is RTP/AVP with interleaved=, without /TCP',
    source: 'go2rtc pkg/rtsp/client.go',
    filter: transportAnswer((transport) =>
      transport.includes('interleaved=') ? transport.replace('RTP/AVP/TCP', 'RTP/AVP') : transport,
    ),
  },
  {
    id: '19b',
    who: 'Escam Q6 and others',
    does: 'interleaved= of the answer has one channel only',
    source: 'go2rtc pkg/rtsp/client.go',
    filter: transportAnswer((transport) =>
      transport.replace(/interleaved=(\d+)-\d+/, 'interleaved=$1'),
    ),
  },
  {
    id: '19c',
    who: 'others',
    does: 'the answer names other channels than the client asks for, and packets use those',
    source: 'go2rtc pkg/rtsp/client.go',
    filter: otherChannels,
  },
  {
    id: '20a',
    who: 'OpenIPC and others',
    does: 'the answer for UDP has no server_port',
    source: 'mediamtx#407',
    filter: transportAnswer((transport) => transport.replace(/;server_port=[^;]*/, '')),
  },
  {
    id: '20b',
    who: 'others',
    does: 'the answer has an empty source=',
    source: 'mediamtx#986',
    filter: transportAnswer((transport) => `${transport.replace(/;source=[^;]*/, '')};source=`),
  },
  {
    id: '21',
    who: 'any behind NAT or firewall',
    does: 'SETUP and PLAY for UDP succeed, and no packet arrives',
    source: 'gortsplib#169',
    filter: silentUdp,
  },
  {
    id: '33a',
    who: 'Hanwha',
    does: 'RTCP over TCP does not parse',
    source: 'mediamtx#5355',
    filter: () => ({ frame: brokenRtcp }),
  },
  {
    id: '33b',
    who: 'others over TCP',
    does: 'rubbish stands between interleaved frames',
    source: 'mediamtx#1085, go2rtc pkg/rtsp/conn.go',
    filter: rubbishBetweenFrames,
  },
  {
    id: '33c',
    who: 'others',
    does: 'status lines end after the code, without a reason',
    source: 'gortsplib#1050',
    filter: () => ({ responseBytes: withoutReason }),
  },
]

function withoutReason(bytes: Buffer): Buffer {
  const end = bytes.indexOf('\r\n')
  const code = bytes.toString('latin1', 0, end).split(' ').slice(0, 2).join(' ')
  return Buffer.concat([Buffer.from(code), bytes.subarray(end)])
}
