import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { parseHttpHead } from '../../src/http/request-head.js'
import type { ConnectionCarrier } from '../../src/server/connection-carrier.js'
import { HttpTunnels } from '../../src/server/http-tunnels.js'
import { FakeClock } from '../support/fake-clock.js'
import { getHead, postHead } from '../support/http-client.js'

/** As much of a socket as a tunnel looks at, without a descriptor. */
function fakeSocket(): Socket {
  const stream = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() })
  return Object.assign(stream, { remoteAddress: '192.0.2.1', setNoDelay: () => {} }) as never
}

/** Tunnels, and halves for them that come from nowhere. */
export function startTunnels() {
  const clock = new FakeClock()
  const opened: ConnectionCarrier[] = []
  const tunnels = new HttpTunnels(clock, {
    opened: (carrier) => opened.push(carrier),
    taken: () => {},
  })
  const take = (head: string, cookie: string): Socket => {
    const socket = fakeSocket()
    tunnels.take(socket, cookie, { head: parseHttpHead(Buffer.from(head)), rest: Buffer.alloc(0) })
    return socket
  }
  return {
    clock,
    opened,
    get: (cookie: string) => take(getHead(cookie), cookie),
    post: (cookie: string) => take(postHead(cookie), cookie),
  }
}
