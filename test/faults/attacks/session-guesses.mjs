/** Guessed session ids, as fast as the server answers. */
import { randomBytes } from 'node:crypto'
import { RtspPeer } from '../support/rtsp-peer.mjs'
import { attackerAddress, authorityOf, sleep } from './addresses.mjs'

const methods = ['TEARDOWN', 'PAUSE', 'GET_PARAMETER', 'PLAY']

export async function attack({ host, port, connections, addresses }, stage) {
  const uri = `rtsp://${authorityOf({ host, port })}/victim`
  const counts = { guesses: 0, hits: 0 }
  const run = async (number) => {
    let peer
    while (!stage.signal.aborted) {
      try {
        if (!peer || peer.socket.destroyed) {
          peer = await RtspPeer.connect({
            host,
            port,
            localAddress: attackerAddress(number % addresses),
          })
        }
        const Session = randomBytes(24).toString('base64').replaceAll('+', '.').replaceAll('/', '_')
        const method = methods[counts.guesses++ % methods.length] ?? 'PAUSE'
        const { status } = await peer.request(method, uri, { Session })
        if (status === 200) counts.hits++
      } catch {
        await sleep(5)
      }
    }
    peer?.close()
  }
  const running = Promise.all(Array.from({ length: connections }, (_, number) => run(number)))
  stage.standing()
  await running
  return counts
}
