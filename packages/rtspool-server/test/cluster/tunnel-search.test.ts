import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { until } from '../../../rtspool/test/support/until.js'
import { TunnelSearch, tunnelIsElsewhere, tunnelIsHere } from '../../src/cluster/tunnel-search.js'

/** Servers that a search asks, and what the search says. */
async function scene(count: number) {
  const said: string[] = []
  const found: Socket[] = []
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const asked = { text: '', socket: undefined as Socket | undefined }
      server.on('connection', (socket) => {
        asked.socket = socket
        socket.on('error', () => {})
        socket.on('data', (chunk) => {
          asked.text += chunk
        })
      })
      onTestFinished(async () => {
        asked.socket?.destroy()
        await new Promise((resolve) => server.close(resolve))
      })
      return { asked, port: (server.address() as AddressInfo).port }
    }),
  )
  const search = new TunnelSearch(
    servers.map(({ port }, n) => ({
      ...{ url: `rtsp://127.0.0.1:${port}`, server: `s${n}`, bytes: Buffer.from(`question ${n}`) },
    })),
    {
      found: (socket) => {
        said.push('found')
        found.push(socket)
        onTestFinished(() => void socket.destroy())
      },
      missed: () => said.push('missed'),
      failed: (why, server) => said.push(`${server}: ${why}`),
    },
  )
  onTestFinished(() => search.close())
  const asked = servers.map((each) => each.asked)
  await until(() => asked.every(({ text }, n) => text === `question ${n}`))
  return { search, said, found, asked }
}

const ended = ({ socket }: { socket: Socket | undefined }) => socket?.readableEnded === true

describe('TunnelSearch', () => {
  it('finds the server that has the GET, and drops the others', async () => {
    const { search, said, found, asked } = await scene(3)
    asked[0]?.socket?.write(tunnelIsElsewhere)
    await until(() => search.size === 2)
    asked[1]?.socket?.write(tunnelIsHere.slice(0, 9))
    asked[1]?.socket?.write(tunnelIsHere.slice(9))
    await until(() => said.length > 0)
    await until(() => asked[2] !== undefined && ended(asked[2]))
    expect([said, search.size]).toEqual([['found'], 0])
    found[0]?.write('bytes')
    await until(() => asked[1]?.text === 'question 1bytes')
  })

  it('misses it once all have said so, or fail', async () => {
    const { said, asked } = await scene(5)
    const answers = [
      tunnelIsElsewhere,
      'HTTP/1.1 400 No\r\n\r\n',
      `${tunnelIsHere}x`,
      'a'.repeat(5000),
    ]
    for (const [n, text] of answers.entries()) {
      const size = said.length
      asked[n]?.socket?.write(text)
      if (n > 0) await until(() => said.length > size)
    }
    await until(() => asked[0] !== undefined && ended(asked[0]))
    asked[4]?.socket?.end()
    await until(() => said.includes('missed'))
    expect(said).toEqual([
      's1: the server has answered HTTP/1.1 400 No',
      's2: the server has answered HTTP/1.1 101 Switching Protocols',
      's3: the response is too long',
      's4: the server has closed the connection',
      'missed',
    ])
  })

  it('says nothing after its end', async () => {
    const { search, said, asked } = await scene(2)
    search.close()
    search.close()
    await until(() => asked.every(ended))
    expect([said, search.size]).toEqual([[], 0])
  })
})
