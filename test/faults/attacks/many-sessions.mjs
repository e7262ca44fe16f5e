/** Session after session from the addresses of one host, none of which plays or leaves. */
import { RtspPeer, sessionIdOf } from '../support/rtsp-peer.mjs'
import {
  attackerAddress,
  attackerAddress6,
  authorityOf,
  inParallel,
  stopped,
} from './addresses.mjs'

export async function attack({ host, port, sessions, addresses, family = 4 }, stage) {
  const addressOf = family === 6 ? attackerAddress6 : attackerAddress
  const uri = `rtsp://${authorityOf({ host, port })}/test/trackID=0`
  const counts = { held: 0, refused: 0 }
  const open = async (number) => {
    try {
      const localAddress = addressOf(number % addresses)
      const peer = await RtspPeer.connect({ host, port, localAddress })
      const Transport = `RTP/AVP/TCP;unicast;interleaved=0-1`
      const answer = await peer.request('SETUP', uri, { Transport })
      if (answer.status === 200 && sessionIdOf(answer) !== '') counts.held++
      else counts.refused++
    } catch {
      counts.refused++
    }
  }
  await inParallel(sessions, 50, stage.signal, open)
  stage.standing()
  await stopped(stage.signal)
  return counts
}
