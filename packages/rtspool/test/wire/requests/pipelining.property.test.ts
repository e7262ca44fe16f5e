import { describe, expect, it } from 'vitest'
import { MediaFactory } from '../../../src/index.js'
import { connectTo, expectOk, startServer } from '../../support/test-server.js'
import { TestSource } from '../../support/test-source.js'

async function connect() {
  const server = await startServer()
  return { server, client: await connectTo(server) }
}

describe('many requests at once', () => {
  it('10,000 pipelined requests are answered in order, in bounded memory', {
    tags: 'B-CSEQ',
  }, async () => {
    const { client } = await connect()
    const count = 10_000
    client.send(
      Array.from({ length: count }, (_, at) => `OPTIONS * RTSP/1.0\r\nCSeq: ${at}\r\n\r\n`).join(
        '',
      ),
    )
    for (let at = 0; at < count; at++) {
      const { headers } = await client.response()
      if (headers.get('CSeq') !== String(at)) expect(headers.get('CSeq')).toBe(String(at))
    }
  })

  it('a client that asks and does not read costs the answers of a few requests', {
    tags: 'B-CSEQ',
  }, async () => {
    const { server, client } = await connect()
    let made = 0
    const describe = () => {
      made++
      const source = new TestSource()
      for (let line = 0; line < 8; line++)
        source.description.session.addAttribute('x', 'y'.repeat(7_000))
      return source
    }
    server.mounts.add('/large', new MediaFactory(describe, { shared: false }))
    client.socket.pause()
    const count = 600
    const ask = (_: unknown, at: number) => `DESCRIBE /large?${at} RTSP/1.0\nCSeq: ${at}\n\n`
    client.send(Array.from({ length: count }, ask).join(''))
    const honest = await connectTo(server)
    for (let before = -1; made > before; ) {
      before = made
      for (let asked = 0; asked < 50; asked++) await expectOk(honest, 'OPTIONS', '*')
    }
    // What the system takes between the two comes on top: some megabytes.
    expect(made).toBeLessThan(400)
    client.socket.resume()
    for (let at = 0; at < count; at++) await client.response()
    expect(made).toBe(count)
  })
})
