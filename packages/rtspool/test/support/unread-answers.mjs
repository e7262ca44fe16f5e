// Opens connections that send and never read, in a process of its own: their memory is not that of the server.
// Its parent sends { port, count, carrier, head, wire }; `wire` is base64. It answers when each has sent what it could.

import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'

/** Frames of a client (RFC 6455 section 5.2) of one byte each, masked with zeros. */
function bytewise(bytes) {
  const frames = Buffer.alloc(bytes.length * 7)
  for (let at = 0; at < bytes.length; at++) {
    frames.set([0x82, 0x81, 0, 0, 0, 0, bytes[at]], at * 7)
  }
  return frames
}

const encodings = {
  tcp: (bytes) => bytes,
  tls: (bytes) => bytes,
  tunnel: (bytes) => Buffer.from(bytes.toString('base64')),
  webSocket: bytewise,
}

async function open(port, isTls) {
  const socket = isTls
    ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    : connect({ port, host: '127.0.0.1' })
  socket.on('error', () => {})
  await once(socket, isTls ? 'secureConnect' : 'connect')
  return socket
}

/** Sends HTTP and waits for the head of the answer. */
async function greet(socket, ...lines) {
  socket.write([...lines, '', ''].join('\r\n'))
  await once(socket, 'data')
}

async function openCarrier(port, carrier, at) {
  const socket = await open(port, carrier === 'tls')
  if (carrier === 'tunnel') {
    await greet(socket, 'GET / HTTP/1.1', `x-sessioncookie: c${at}`)
    socket.pause()
    const post = await open(port, false)
    post.write(`POST / HTTP/1.1\r\nx-sessioncookie: c${at}\r\n\r\n`)
    return post
  }
  if (carrier === 'webSocket') {
    await greet(
      socket,
      'GET / HTTP/1.1',
      'Host: a',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Protocol: rtsp.onvif.org',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    )
  }
  socket.pause()
  return socket
}

const sockets = []

process.on('message', async ({ port, count, carrier, wire }) => {
  const bytes = encodings[carrier](Buffer.from(wire, 'base64'))
  while (sockets.length < count) sockets.push(await openCarrier(port, carrier, sockets.length))
  for (const socket of sockets) socket.write(bytes)
  // Over when nobody has got rid of anything for a while.
  let left = Number.POSITIVE_INFINITY
  for (let quiet = 0; quiet < 5; quiet++) {
    await wait(100)
    const now = sockets.reduce((sum, socket) => sum + socket.writableLength, 0)
    if (now !== left) quiet = 0
    left = now
  }
  process.send({ left })
})
