import { describe, expect, it } from 'vitest'
import { inSession, readySession } from '../../support/dialogue.js'
import { scene } from '../../support/scene.js'
import { expectOk, openUdpPorts } from '../../support/test-server.js'

describe('TEARDOWN', () => {
  it.each(['TCP', 'UDP'])(
    'gives everything back at once: %s',
    { tags: 'A-TRD-1' },
    async (over) => {
      const { server, sources, url, client } = await scene()
        .camera('/cam', { lingerSeconds: 0 })
        .client()
        .start()
      const removed: string[] = []
      server.pool.on('sessionRemoved', (_session, reason) => removed.push(reason))
      const udp = `RTP/AVP;unicast;client_port=${(await openUdpPorts()).clientPort}`
      const session = await readySession(client, url, over === 'UDP' ? udp : undefined)
      await inSession(client, 'PLAY', url, session)
      expect((await inSession(client, 'TEARDOWN', `${url}/`, session)).statusCode).toBe(200)
      expect(server.stats()).toMatchObject({
        sessions: 0,
        udpPeers: 0,
        channels: 0,
        connections: 1,
      })
      expect(removed).toEqual(['teardown'])
      expect((await inSession(client, 'PLAY', url, session)).statusCode).toBe(454)
      expect(sources[0]?.output?.tracks.map(({ readerCount }) => readerCount)).toEqual([0, 0])
    },
  )

  it('of one track of two is 460, and both stay', { tags: 'A-TRD-2' }, async () => {
    const { server, url, client, session } = await scene().camera().ready().start()
    expect((await inSession(client, 'TEARDOWN', `${url}/trackID=0`, session)).statusCode).toBe(460)
    expect(server.stats()).toMatchObject({ sessions: 1, channels: 4 })
  })

  it('with a wrong session is 454, and ends none', { tags: 'A-TRD-4' }, async () => {
    const { server, url, client } = await scene().camera().client().start()
    await readySession(client, url)
    expect((await inSession(client, 'TEARDOWN', url, 'nobody')).statusCode).toBe(454)
    expect(server.pool.size).toBe(1)
    await expectOk(client, 'OPTIONS', '*')
  })

  it('several sessions of one connection end one by one', async () => {
    const { server, url, client } = await scene().camera().client().start()
    const sessions = [await readySession(client, url), await readySession(client, url)]
    for (const [at, session] of sessions.entries()) {
      await inSession(client, 'PLAY', url, session)
      expect((await inSession(client, 'TEARDOWN', url, session)).statusCode).toBe(200)
      expect(server.stats()).toMatchObject({ sessions: 1 - at, channels: 4 * (1 - at) })
    }
  })
})
