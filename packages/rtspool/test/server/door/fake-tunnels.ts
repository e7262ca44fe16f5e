import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { parseHttpHead } from '../../../src/http/request-head.js'
import type { ConnectionCarrier } from '../../../src/server/connection/carrier.js'
import { TunnelPairs } from '../../../src/server/door/tunnel-pairs.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import type { TcpEnds } from '../../../src/transport/tcp/tcp-ends.js'
import { getHead, postHead } from '../../support/http-client.js'

/** A socket, and what was written to it. */
export type FakeSocket = Socket & { readonly written: readonly string[] }

/** As much of a socket as a tunnel looks at, without a descriptor. */
function fakeSocket(): FakeSocket {
  const written: string[] = []
  const stream = new Duplex({
    read: () => {},
    write: (chunk, _encoding, done) => {
      written.push(String(chunk))
      done()
    },
  })
  return Object.assign(stream, { written }, { setNoDelay: () => {} }) as never
}

const ends: TcpEnds = {
  ...{ remoteAddress: '192.0.2.1', remotePort: 40_000 },
  ...{ localAddress: '192.0.2.2', localPort: 554 },
}

/** Tunnels, and halves for them that come from nowhere. */
export function startTunnels() {
  const clock = new ManualClock()
  const opened: ConnectionCarrier[] = []
  const tunnels = new TunnelPairs(clock, {
    opened: (carrier) => opened.push(carrier),
    taken: () => {},
  })
  const take = (head: string, cookie: string, rest = ''): FakeSocket => {
    const socket = fakeSocket()
    tunnels.take({ socket, ends }, cookie, {
      head: parseHttpHead(Buffer.from(head)),
      rest: Buffer.from(rest),
    })
    return socket
  }
  return {
    clock,
    opened,
    get: (cookie: string) => take(getHead(cookie), cookie),
    post: (cookie: string, rest?: string, version?: string) =>
      take(postHead(cookie, version), cookie, rest),
  }
}
