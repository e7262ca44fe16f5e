/** One address that opens more and more connections and keeps them busy, just so that they stay. */
import { RtspPeer } from '../support/rtsp-peer.mjs'
import { attackerAddress, attackerAddress6, inParallel, stopped } from './addresses.mjs'

export async function attack({ host, port, connections, family = 4, addresses = 1 }, stage) {
  const addressOf = family === 6 ? attackerAddress6 : attackerAddress
  const counts = { held: 0, refused: 0 }
  const peers = []
  const open = async (number) => {
    try {
      const localAddress = addressOf(number % addresses)
      const peer = await RtspPeer.connect({ host, port, localAddress })
      await peer.request('OPTIONS', '*')
      counts.held++
      peers.push(peer)
    } catch {
      counts.refused++
    }
  }
  await inParallel(connections, 100, stage.signal, open)
  stage.standing()
  const refresh = setInterval(() => {
    for (const peer of peers) peer.request('OPTIONS', '*').catch(() => {})
  }, 20_000)
  await stopped(stage.signal)
  clearInterval(refresh)
  return counts
}
