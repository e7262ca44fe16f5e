import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { plainAddress } from '../../../src/transport/system/addresses.js'
import { readTcpQueues, tcpName } from '../../../src/transport/tcp/tcp-queues.js'

const nameOf = ({ localAddress, localPort = 0, remoteAddress, remotePort = 0 }: Socket) =>
  tcpName({
    ...{ localAddress: plainAddress(localAddress), localPort },
    ...{ remoteAddress: plainAddress(remoteAddress), remotePort },
  })

/** Reads the queue of a connection until it is as wanted. */
async function queueOf(socket: Socket, isWanted: (bytes: number) => boolean): Promise<number> {
  const giveUpAt = performance.now() + 8000
  while (performance.now() < giveUpAt) {
    const bytes = (await readTcpQueues())?.get(nameOf(socket)) ?? 0
    if (isWanted(bytes)) return bytes
  }
  throw new Error('the queue did not become as it should')
}

describe.runIf(process.platform === 'linux')(
  'send queues as Linux lists them',
  { tags: 'B-HALF' },
  () => {
    it.each([
      ['127.0.0.1', '127.0.0.1'],
      ['::1', '::1'],
      ['::', '127.0.0.1'],
      ['0.0.0.0', '127.0.0.2'],
    ])(
      'are found for a server at %s and a client of %s that reads nothing',
      async (host, target) => {
        const server = createServer().listen(0, host)
        await once(server, 'listening')
        const address = server.address()
        const far = connect(
          typeof address === 'object' && address ? address.port : 0,
          target,
        ).pause()
        const [near] = (await once(server, 'connection')) as [Socket]
        try {
          expect((await readTcpQueues())?.get(nameOf(near))).toBeUndefined()
          near.write(Buffer.alloc(32 * 1024 * 1024))
          const bytes = await queueOf(near, (bytes) => bytes > 0)
          expect(bytes).toBeLessThanOrEqual(32 * 1024 * 1024)
          far.resume()
          await queueOf(near, (bytes) => bytes === 0)
        } finally {
          near.destroy()
          far.destroy()
          server.close()
          await once(server, 'close')
        }
      },
    )
  },
)
