import type { MediaQuirk } from '../media/media-quirk.js'
import { nalPiecesOf, nalTypeOf, nalTypes } from './nal-pieces.js'
import type { Quirk } from './quirk.js'
import { blocksOf, mapLines, mapMedia, textOf } from './sdp-text.js'

const startCode = Buffer.from([0, 0, 0, 1])
/** Matches a line of a session description that states the direction of a track. */
const direction = /^a=(recvonly|sendonly|sendrecv|inactive)$/

const replaceLines =
  (type: string, line: string) =>
  (sdp: string): string =>
    mapLines(sdp, (each) => (each.startsWith(`${type}=`) ? line : each))

/** Returns a function that states the direction `attribute` for each track of a session description. */
const directed =
  (attribute: string) =>
  (sdp: string): string =>
    mapMedia(sdp, (lines) => [...lines.filter((line) => !direction.test(line)), `a=${attribute}`])

/** Returns a function that adds a track to a session description, which no client can set up. */
const withTrack =
  (...lines: readonly string[]) =>
  (sdp: string): string =>
    textOf([...blocksOf(sdp), [...lines, 'a=control:track9']])

/** Returns a function that changes the parameters of H.264 (`a=fmtp`) in a session description. */
const h264Parameters =
  (change: (text: string) => string) =>
  (sdp: string): string =>
    mapLines(sdp, (line) => (/^a=fmtp:.*packetization-mode=/.test(line) ? change(line) : line))

/** Moves the `a=fmtp` of the first video in a session description below the last track. */
function strayParameters(sdp: string): string {
  const blocks = blocksOf(sdp)
  const video = blocks.find(([first]) => first?.startsWith('m=video'))
  const at = video?.findIndex((line) => line.startsWith('a=fmtp:')) ?? -1
  if (!video || at < 0 || video === blocks.at(-1)) return sdp
  blocks.at(-1)?.push(...video.splice(at, 1))
  return textOf(blocks)
}

const withStartCodes = (sets: string): string =>
  sets
    .split(',')
    .map((set) => Buffer.concat([startCode, Buffer.from(set, 'base64')]).toString('base64'))
    .join(',')

const ordinaryBytes = 1300

/** Sends H.264 without parameter sets, which only the description then has. */
const withoutSets: MediaQuirk = {
  units: {
    encoding: 'H264',
    write: ({ parts }) => {
      const isSet = (part: Buffer): boolean =>
        nalTypeOf(part) === nalTypes.sps || nalTypeOf(part) === nalTypes.pps
      const pieces = nalPiecesOf(
        parts.filter((part) => !isSet(part)),
        ordinaryBytes,
      )
      return pieces.map(({ payload, isLastOfUnit }) => ({ payload, marker: isLastOfUnit }))
    },
  },
}

/** Quirks of cameras in their session descriptions. */
export const descriptionQuirks: readonly Quirk[] = [
  {
    id: '10a',
    who: 'many',
    does: 'the SDP has two s= lines',
    source: 'go2rtc#1426',
    sdp: (sdp) => mapLines(sdp, (line) => (line.startsWith('s=') ? [line, 's=camera'] : line)),
  },
  {
    id: '10b',
    who: 'many',
    does: 'the SDP has no s= line',
    source: 'mediamtx#2473',
    sdp: (sdp) => mapLines(sdp, (line) => (line.startsWith('s=') ? undefined : line)),
  },
  {
    id: '10c',
    who: 'many',
    does: 'c= names an address type that does not exist',
    source: 'mediamtx#2128',
    sdp: replaceLines('c', 'c=IN IPV4 0.0.0.0'),
  },
  {
    id: '10d',
    who: 'many',
    does: 'the last line of the SDP has no line end',
    source: 'AlexxIT/WebRTC#417',
    sdp: (sdp) => sdp.replace(/\r\n$/, ''),
  },
  {
    id: '10e',
    who: 'many',
    does: 'the numbers in o= have decimals',
    source: 'gortsplib#455',
    sdp: replaceLines('o', 'o=- 1700000000.25 1700000000.25 IN IP4 0.0.0.0'),
  },
  {
    id: '10f',
    who: 'VIVOTEK',
    does: 'the numbers in o= do not fit into 64 bits',
    source: 'mediamtx#5949',
    sdp: replaceLines('o', 'o=RTSP 29000000000000000000 29000000000000000001 IN IP4 0.0.0.0'),
  },
  {
    id: '10g',
    who: 'FLIR',
    does: 't= has one value, which is no number',
    source: 'mediamtx#5950',
    sdp: replaceLines('t', 't=now-'),
  },
  {
    id: '10h',
    who: 'many',
    does: 'the SDP has no session part: it begins with m=',
    source: 'gortsplib#448',
    sdp: (sdp) => textOf(blocksOf(sdp).slice(1)),
  },
  {
    id: '11a',
    who: 'TP-Link, Mercury',
    does: 'one more m= line has a media type of its own',
    source: 'gortsplib#275',
    sdp: withTrack('m=application/TP-LINK 0 RTP/AVP 95', 'a=rtpmap:95 TP-LINK/90000'),
  },
  {
    id: '11b',
    who: 'TP-Link TL-IPC44GW',
    does: 'one more m= line has a payload type that is no number',
    source: 'gortsplib#510',
    sdp: withTrack('m=application/TP-LINK 0 RTP/AVP smart/1/90000', 'a=rtpmap:95 TP-LINK/90000'),
  },
  {
    id: '12a',
    who: 'Uniview',
    does: 'o= and c= end after IN',
    source: 'mediamtx#5008, gortsplib#618',
    sdp: (sdp) => replaceLines('c', 'c=IN ')(replaceLines('o', 'o=- 1001 1 IN ')(sdp)),
  },
  {
    id: '12b',
    who: 'Axis 221, Y-CAM',
    does: 'the session id in o= is negative',
    source: 'mediamtx#2708',
    sdp: replaceLines('o', 'o=- -8900000000000000000 1 IN IP4 0.0.0.0'),
  },
  {
    id: '12c',
    who: 'Verint media gateway',
    does: 'the network type of o= and c= is IP in place of IN',
    source: 'mediamtx#5292, gortsplib#1061',
    sdp: (sdp) =>
      replaceLines(
        'c',
        'c=IP IP4 0.0.0.0',
      )(replaceLines('o', 'o=- 1327451109 1327451109 IP IP4 192.0.2.1')(sdp)),
  },
  {
    id: '12d',
    who: 'Altasec',
    does: 'o= has the name of a channel, and no address',
    source: 'mediamtx#2762, gortsplib#476',
    sdp: replaceLines('o', 'o=Channel1 3910280086 3910366486 IN IP4'),
  },
  {
    id: '12e',
    who: 'UDP Technology',
    does: 'one more m= line has the media type metadata, and the encoding METADATA',
    source: 'gortsplib#474',
    sdp: withTrack('m=metadata 0 RTP/AVP 98', 'a=rtpmap:98 METADATA/90000'),
  },
  {
    id: '13',
    who: 'unnamed',
    does: 'the fmtp of the video stands below the last m= line, and only there are parameter sets',
    source: 'AlexxIT/WebRTC#419',
    needs: 'H264',
    sdp: strayParameters,
    media: withoutSets,
  },
  {
    id: '14',
    who: 'unnamed',
    does: 'the fmtp of H.265 has no VPS',
    source: 'go2rtc#1588',
    needs: 'H265',
    sdp: (sdp) => sdp.replace(/sprop-vps=[^;\r\n]*;?/g, ''),
  },
  {
    id: '15',
    who: 'Revotech and others',
    does: 'parameter sets are in the SDP only, and begin with start codes',
    source: 'gortsplib#402',
    needs: 'H264',
    sdp: (sdp) =>
      sdp.replace(
        /(sprop-parameter-sets=)([^;\r\n]*)/g,
        (_, name: string, sets: string) => name + withStartCodes(sets),
      ),
    media: withoutSets,
  },
  {
    id: '16a',
    who: 'CV-RTSPHandler and others',
    does: 'all tracks are marked as back channels (a=sendonly)',
    source: 'go2rtc#771',
    sdp: directed('sendonly'),
  },
  {
    id: '16b',
    who: 'others',
    does: 'all tracks have a wrong direction (a=inactive)',
    source: 'mediamtx#5074',
    sdp: directed('inactive'),
  },
  {
    id: '31a',
    who: 'Hikvision, CP Plus, many',
    does: 'packetization-mode=0, and yet FU-A and STAP-A',
    source: 'mediamtx#5846',
    needs: 'H264',
    sdp: h264Parameters((line) => line.replace(/packetization-mode=\d/, 'packetization-mode=0')),
  },
  {
    id: '31b',
    who: 'many',
    does: 'no packetization-mode, and yet FU-A and STAP-A',
    source: 'gortsplib#1092',
    needs: 'H264',
    sdp: h264Parameters((line) => line.replace(/packetization-mode=\d;?/, '')),
  },
]
