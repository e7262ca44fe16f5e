/** Connections that send what is no RTSP, are closed for it, and come again. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { attackerAddress, sleep } from './addresses.mjs'

const pieces = [
  Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]), // a TLS hello on the plain port
  Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
  Buffer.from('OPTIONS * RTSP/1.0\r\n\r\n'), // no CSeq
  Buffer.from('FOO * RTSP/1.0\r\nCSeq: 1\r\nbroken header\r\n\r\n'),
  Buffer.from('DESCRIBE rtsp://h/%zz RTSP/1.0\r\nCSeq: 1\r\n\r\n'),
  Buffer.alloc(9000, 0x41),
]

export async function attack({ host, port, connections, addresses }, stage) {
  const counts = { sent: 0, failed: 0 }
  const run = async (number) => {
    while (!stage.signal.aborted) {
      const socket = connect({ host, port, localAddress: attackerAddress(number % addresses) })
      socket.on('error', () => {})
      try {
        await once(socket, 'connect')
        socket.resume().end(pieces[counts.sent++ % pieces.length])
        await once(socket, 'close')
      } catch {
        counts.failed++
        await sleep(10)
      }
    }
  }
  const running = Promise.all(Array.from({ length: connections }, (_, number) => run(number)))
  stage.standing()
  await running
  return counts
}
