/** Wrong passwords from one address over many connections, each as fast as the server answers. */

import { digestOf } from '../support/digest.mjs'
import { RtspPeer } from '../support/rtsp-peer.mjs'
import { attackerAddress, authorityOf, sleep } from './addresses.mjs'

export async function attack({ host, port, connections, from }, stage) {
  const uri = `rtsp://${authorityOf({ host, port })}/victim`
  const counts = { guesses: 0, statuses: {} }
  const run = async () => {
    /** @type {RtspPeer | undefined} */
    let peer
    // The answer to a wrong password takes its time.
    stage.signal.addEventListener('abort', () => peer?.close())
    while (!stage.signal.aborted) {
      try {
        if (!peer || peer.socket.destroyed) {
          peer = await RtspPeer.connect({ host, port, localAddress: from ?? attackerAddress(0) })
        }
        const challenge = await peer.request('DESCRIBE', uri)
        const credentials = { user: 'victim', password: `guess-${Math.random()}` }
        const Authorization = digestOf(challenge.head, 'DESCRIBE', uri, credentials)
        const { status } = await peer.request('DESCRIBE', uri, { Authorization })
        counts.guesses++
        counts.statuses[status] = (counts.statuses[status] ?? 0) + 1
      } catch {
        await sleep(10)
      }
    }
    peer?.close()
  }
  const running = Promise.all(Array.from({ length: connections }, run))
  stage.standing()
  await running
  return counts
}
