/** Sessions that are set up and torn down as fast as they go, and requests that are refused in between. */
import { RtspPeer, sessionIdOf } from '../support/rtsp-peer.mjs'
import { attackerAddress, authorityOf } from './addresses.mjs'

export async function attack({ host, port, connections, addresses = 1 }, stage) {
  const base = `rtsp://${authorityOf({ host, port })}`
  const counts = { sessions: 0, refused: 0, failed: 0 }
  const run = async (number) => {
    const localAddress = attackerAddress(number % addresses)
    let peer
    while (!stage.signal.aborted) {
      try {
        if (!peer || peer.socket.destroyed)
          peer = await RtspPeer.connect({ host, port, localAddress })
        const Transport = 'RTP/AVP/TCP;unicast;interleaved=0-1'
        const answer = await peer.request('SETUP', `${base}/test/trackID=0`, { Transport })
        if (answer.status === 200) {
          counts.sessions++
          await peer.request('TEARDOWN', `${base}/test`, { Session: sessionIdOf(answer) })
        } else counts.refused++
        const { status } = await peer.request('DESCRIBE', `${base}/nothing-here`)
        if (status !== 200) counts.refused++
      } catch {
        counts.failed++
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    }
    peer?.close()
  }
  const running = Promise.all(Array.from({ length: connections }, (_, number) => run(number)))
  stage.standing()
  await running
  return counts
}
