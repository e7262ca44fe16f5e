/**
 * Honest clients during an attack: a publisher, a viewer over TCP and one over UDP, and newcomers who ask for a
 * description, each from an address of its own. `victim.mjs JSON` with host, port, addresses and, where the server wants them,
 * credentials. Prints `playing`, then at the end of its input one line of JSON.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { nowUs, percentile, StampReader, stampedPacket } from './rtp-stamp.mjs'
import { RtspPeer, sessionIdOf } from './rtsp-peer.mjs'

const settings = JSON.parse(process.argv[2] ?? '{}')
const { host, port, addresses, credentials } = settings
const packetIntervalMs = 10
const probeIntervalMs = 250
const probeTimeoutMs = 5_000
/** Time for what is under way when the publisher stops. */
const drainMs = 500
const ssrc = 0x0bad_cafe
const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
const url = `rtsp://${authority}/victim`
const sdp = [
  ...['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=victim', 't=0 0'],
  ...['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', 'a=control:streamid=0', ''],
].join('\r\n')

async function join(localAddress) {
  const to = { host, port, localAddress, timeoutMs: probeTimeoutMs }
  const peer = await RtspPeer.connect(to)
  peer.credentials = credentials
  return peer
}

async function publish() {
  const peer = await join(addresses.publisher)
  const typed = { 'Content-Type': 'application/sdp' }
  await peer.expectOk('ANNOUNCE', url, typed, sdp)
  const transport = 'RTP/AVP/TCP;unicast;interleaved=0-1;mode=record'
  const answer = await peer.expectOk('SETUP', `${url}/streamid=0`, { Transport: transport })
  await peer.expectOk('RECORD', url, { Session: sessionIdOf(answer) })
  return peer
}

async function play(localAddress, transport) {
  const peer = await join(localAddress)
  const { body } = await peer.expectOk('DESCRIBE', url)
  const control = /^a=control:(track\S+)/m.exec(body)?.[1] ?? 'trackID=0'
  const answer = await peer.expectOk('SETUP', `${url}/${control}`, { Transport: transport })
  return { peer, session: sessionIdOf(answer) }
}

async function playTcp() {
  const reader = new StampReader()
  const { peer, session } = await play(addresses.tcpViewer, 'RTP/AVP/TCP;unicast;interleaved=0-1')
  peer.onFrame = (channel, payload) => {
    if (channel === 0) reader.read(payload)
  }
  await peer.expectOk('PLAY', url, { Session: session })
  return { reader, peer }
}

async function playUdp() {
  const reader = new StampReader()
  const family = host.includes(':') ? 'udp6' : 'udp4'
  const rtp = createSocket(family, (packet) => reader.read(packet))
  const rtcp = createSocket(family)
  rtp.bind(addresses.udpPort, addresses.udpViewer)
  rtcp.bind(addresses.udpPort + 1, addresses.udpViewer)
  await Promise.all([once(rtp, 'listening'), once(rtcp, 'listening')])
  rtp.setRecvBufferSize(4 * 1024 * 1024)
  const ports = `${addresses.udpPort}-${addresses.udpPort + 1}`
  const { peer, session } = await play(addresses.udpViewer, `RTP/AVP;unicast;client_port=${ports}`)
  await peer.expectOk('PLAY', url, { Session: session })
  return { reader, peer, sockets: [rtp, rtcp] }
}

/** Newcomers, one after the other. @returns What they met so far. */
function startProbes() {
  const probes = { answered: 0, refused: 0, times: [], refusals: {} }
  const refuse = (why) => {
    probes.refused++
    probes.refusals[why] = (probes.refusals[why] ?? 0) + 1
  }
  const probe = async () => {
    const begin = nowUs()
    /** @type {RtspPeer | undefined} */
    let peer
    try {
      peer = await join(addresses.newcomer)
      const late = setTimeout(() => peer?.close(), probeTimeoutMs)
      const { status } = await peer.request('DESCRIBE', url)
      clearTimeout(late)
      if (status === 200) probes.answered++
      else refuse(`status ${status}`)
    } catch (error) {
      refuse(error.message)
    }
    probes.times.push((nowUs() - begin) / 1000)
    peer?.close()
  }
  const timer = setInterval(() => void probe(), probeIntervalMs)
  return { probes, stop: () => clearInterval(timer) }
}

const publisher = await publish()
let sent = 0
const sending = setInterval(() => {
  publisher.sendFrame(0, stampedPacket(++sent, ssrc))
}, packetIntervalMs)
const tcp = await playTcp()
const udp = await playUdp()
const { probes, stop } = startProbes()
const keepAlive = setInterval(() => {
  for (const { peer } of [tcp, udp]) peer.request('OPTIONS', url).catch(() => {})
}, 15_000)
await new Promise((resolve) => setTimeout(resolve, 300))
console.log('playing')
await once(process.stdin.resume(), 'end')

stop()
clearInterval(sending)
clearInterval(keepAlive)
await new Promise((resolve) => setTimeout(resolve, drainMs))
const seen = ({ reader }) => ({
  received: reader.received,
  lost: reader.lost(sent),
  delayP50: percentile(reader.delays, 0.5),
  delayP99: percentile(reader.delays, 0.99),
  delayMax: percentile(reader.delays, 1),
})
console.log(
  JSON.stringify({
    sent,
    tcp: { ...seen(tcp), misaligned: tcp.peer.misaligned },
    udp: seen(udp),
    probes: {
      answered: probes.answered,
      refused: probes.refused,
      refusals: probes.refusals,
      p50: percentile(probes.times, 0.5),
      p99: percentile(probes.times, 0.99),
    },
  }),
)
process.exit(0)
