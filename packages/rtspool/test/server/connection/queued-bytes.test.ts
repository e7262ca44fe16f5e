import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { expect, it } from 'vitest'
import { socketCarrier } from '../../../src/server/connection/carrier.js'
import { Connection } from '../../../src/server/connection/connection.js'
import { RequestTurns } from '../../../src/server/connection/request-turns.js'
import type { ServerContext } from '../../../src/server/request/request-context.js'
import { HeldThreads } from '../../support/held-threads.js'

it('a connection counts the bytes that wait for a send thread as queued', () => {
  const held = new HeldThreads({ entriesBytes: 256 * 1024 })
  const nothing = (): void => {}
  const socket = Object.assign(new Duplex({ read: nothing, write: nothing }), {
    ...{ setNoDelay: nothing, setKeepAlive: nothing, setTimeout: nothing },
    _handle: { fd: 10 },
  }) as unknown as Socket
  const ends = { localAddress: '::1', localPort: 554, remoteAddress: '::1', remotePort: 1024 }
  const connection = new Connection(
    socketCarrier(socket, ends),
    { clock: held.clock } as unknown as ServerContext,
    {
      ...{ requestAnswered: nothing, requestFailed: nothing, requestRefused: nothing },
      ...{ messageRefused: nothing, closed: nothing },
    },
    {
      idleTimeoutMs: 0,
      directSends: held.sends,
      spacedReads: undefined,
      backlog: { maxBytes: 1e6, maxAgeMs: 2000 },
      turns: new RequestTurns(held.clock),
    },
  )
  const { carrier } = connection
  held.sends.giveToThread(carrier.direct?.slot ?? -1)
  // A quarter of the ring, which is all that bytes of one connection may fill, has room for the first of them only.
  for (let count = 0; count < 3; count++) carrier.writeFrames(Buffer.alloc(60_000))
  expect(connection.queuedBytes).toBe(120_000)
  connection.destroy()
})
