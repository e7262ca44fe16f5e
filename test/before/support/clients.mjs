/** Publishers and viewers for trials, on top of the client of the attacks. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { RtspPeer, sessionIdOf } from '../../faults/support/rtsp-peer.mjs'

export { RtspPeer, sessionIdOf }

export const sessionLines = ['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=trial', 't=0 0']
export const h264Lines = (track = 0) => [
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 H264/90000',
  'a=fmtp:96 packetization-mode=1',
  `a=control:streamid=${track}`,
]
export const pcmuLines = (track) => ['m=audio 0 RTP/AVP 0', `a=control:streamid=${track}`]
export const sdpOf = (...lines) => [...lines.flat(), ''].join('\r\n')
export const h264Sdp = sdpOf(sessionLines, h264Lines())

/** Kinds of NAL unit of H.264: a key frame, another picture, parameter sets. */
export const idr = 0x65
export const slice = 0x41
export const sps = 0x67
export const pps = 0x68

export const urlOf = ({ host, port }, path) =>
  `rtsp://${host.includes(':') ? `[${host}]` : host}:${port}${path}`

/** Makes an RTP packet. */
export function rtp({ type = 96, number, time, ssrc = 5, payload, marker = true }) {
  const header = Buffer.alloc(12)
  header[0] = 0x80
  header[1] = (marker ? 0x80 : 0) | type
  header.writeUInt16BE(number & 0xffff, 2)
  header.writeUInt32BE(time >>> 0, 4)
  header.writeUInt32BE(ssrc, 8)
  return Buffer.concat([header, payload])
}

/** Makes a NAL unit of this first byte and length; its slice begins a picture. */
export const unit = (first, bytes = 200) =>
  Buffer.concat([Buffer.from([first, 0x88]), Buffer.alloc(bytes - 2, 1)])

export const join = (to) => RtspPeer.connect({ ...to, timeoutMs: 3_000 })

/** Announces, sets up and records over TCP. */
export async function publish(to, path, { sdp = h264Sdp, tracks = 1, record = true } = {}) {
  const peer = await join(to)
  const url = urlOf(to, path)
  await peer.expectOk('ANNOUNCE', url, { 'Content-Type': 'application/sdp' }, sdp)
  let session = ''
  for (let track = 0; track < tracks; track++) {
    const answer = await peer.expectOk('SETUP', `${url}/streamid=${track}`, {
      Transport: `RTP/AVP/TCP;unicast;interleaved=${2 * track}-${2 * track + 1};mode=record`,
      ...(session && { Session: session }),
    })
    session = sessionIdOf(answer)
  }
  if (record) await peer.expectOk('RECORD', url, { Session: session })
  return { peer, url, session, send: (track, packet) => peer.sendFrame(2 * track, packet) }
}

/** Addresses of the tracks of a description. */
export function controlsOf(url, body) {
  return body
    .split(/^m=/m)
    .slice(1)
    .map((media) => /^a=control:(\S+)/m.exec(media)?.[1] ?? '')
    .map((control) => (/^rtsps?:/.test(control) ? control : `${url}/${control}`))
}

/**
 * Describes a path and sets up its tracks.
 *
 * @param {(track: number) => string} transportOf - Transport header of a track; by default over TCP.
 */
export async function setUp(to, path, { tracks, transportOf = overTcp, peer, headers } = {}) {
  peer ??= await join(to)
  const url = urlOf(to, path)
  const frames = []
  peer.onFrame = (channel, bytes) =>
    frames.push({ channel, bytes: Buffer.from(bytes), at: performance.now() })
  const described = await peer.expectOk('DESCRIBE', url, { Accept: 'application/sdp' })
  let session = ''
  let answer
  for (const [track, control] of controlsOf(url, described.body).slice(0, tracks).entries()) {
    answer = await peer.expectOk('SETUP', control, {
      Transport: transportOf(track),
      ...headers,
      ...(session && { Session: session }),
    })
    session = sessionIdOf(answer)
  }
  const ask = (method, more = {}) => peer.request(method, url, { Session: session, ...more })
  return { peer, url, session, frames, described, answer, ask }
}

export const overTcp = (track) => `RTP/AVP/TCP;unicast;interleaved=${2 * track}-${2 * track + 1}`
export const overUdp = (track) =>
  `RTP/AVP;unicast;client_port=${45_000 + 2 * track}-${45_001 + 2 * track}`

/** Sets up and plays. */
export async function view(to, path, options) {
  const viewer = await setUp(to, path, options)
  viewer.played = await viewer.ask('PLAY')
  if (viewer.played.status !== 200) throw new Error(`PLAY ${path}: ${viewer.played.status}`)
  return viewer
}

/** RTP packets that a viewer has of a track: its header fields and payload. */
export const packetsOf = ({ frames }, track = 0) =>
  frames
    .filter(({ channel }) => channel === 2 * track)
    .map(({ bytes, at }) => ({
      at,
      number: bytes.readUInt16BE(2),
      time: bytes.readUInt32BE(4),
      ssrc: bytes.readUInt32BE(8),
      payload: bytes.subarray(12),
    }))

/** Sender reports that a viewer has of a track; `ntp` in seconds since 1900. */
export const reportsOf = ({ frames }, track = 0) =>
  frames
    .filter(({ channel, bytes }) => channel === 2 * track + 1 && bytes[1] === 200)
    .map(({ bytes, at }) => ({
      at,
      ntp: bytes.readUInt32BE(8) + bytes.readUInt32BE(12) / 2 ** 32,
      time: bytes.readUInt32BE(16),
    }))

/** Opens the UDP ports of {@link overUdp}. @returns The packets of RTP. */
export async function openUdp(address = '127.0.0.1', track = 0) {
  const packets = []
  const family = address.includes(':') ? 'udp6' : 'udp4'
  const media = createSocket(family, (packet) => packets.push(packet))
  const control = createSocket(family)
  media.bind(45_000 + 2 * track, address)
  control.bind(45_001 + 2 * track, address)
  await Promise.all([once(media, 'listening'), once(control, 'listening')])
  return { packets, media, control }
}

/** Sends a picture of one packet every 40 ms: a key frame every `group` of them. */
export function pump({ send }, { group = 25, track = 0, bytes = 200, ssrc = 5, first = 0 } = {}) {
  let count = first
  const next = () => {
    const payload = unit(count % group === 0 ? idr : slice, bytes)
    send(track, rtp({ number: count, time: count * 3600, ssrc, payload }))
    count++
  }
  const timer = setInterval(next, 40)
  return {
    next,
    stop: () => clearInterval(timer),
    get count() {
      return count
    },
  }
}
