import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { inSession, readySession, setUp, tcp } from '../../support/dialogue.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import { scene } from '../../support/scene.js'
import { expectOk, urlOf } from '../../support/test-server.js'

async function files() {
  const parts = await scene().camera().camera('/file', { shared: false }).client().start()
  const { clock, sources } = parts
  /** What is not used is closed with the next turn. */
  const open = () => {
    clock.advance(0)
    return sources.filter(({ closeCount }) => closeCount === 0).length
  }
  return { ...parts, open }
}

describe('a media that is not shared', () => {
  it('is made by DESCRIBE, kept for the SETUP that follows, and ends with its session', async () => {
    const { sources, open, url, client } = await files()
    await expectOk(client, 'DESCRIBE', url)
    await expectOk(client, 'DESCRIBE', `${url}/`)
    expect(open()).toBe(1)
    const session = await readySession(client, url)
    await inSession(client, 'PLAY', url, session)
    expect([open(), sources.length, sources[0]?.startCount]).toEqual([1, 1, 1])
    await inSession(client, 'TEARDOWN', url, session)
    expect(open()).toBe(0)
  })

  it('is created by SETUP without DESCRIBE, one for each session', async () => {
    const { sources, open, url, client } = await files()
    await readySession(client, url)
    await readySession(client, url)
    expect([open(), sources.length]).toEqual([2, 2])
  })

  it('is the same for a second SETUP, whatever is described in between', async () => {
    const { server, sources, open, url, client } = await files()
    await expectOk(client, 'DESCRIBE', url)
    const session = sessionIdOf(await setUp(client, `${url}/trackID=0`))
    await expectOk(client, 'DESCRIBE', urlOf(server, '/cam'))
    await expectOk(client, 'DESCRIBE', `${url}?other`)
    expect((await setUp(client, `${url}/trackID=1`, tcp, session)).statusCode).toBe(200)
    expect([open(), sources.length]).toEqual([2, 2])
  })

  it('that was described and never set up ends when something else is, or the connection closes', async () => {
    const { server, sources, open, url, client } = await files()
    await expectOk(client, 'DESCRIBE', url)
    await expectOk(client, 'DESCRIBE', `${url}?2`)
    expect([open(), sources.length]).toEqual([1, 2])
    await expectOk(client, 'DESCRIBE', urlOf(server, '/cam'))
    expect(open()).toBe(0)
    await expectOk(client, 'DESCRIBE', url)
    expect(open()).toBe(1)
    const closed = once(server, 'connectionClosed')
    await client.close()
    await closed
    expect(open()).toBe(0)
  })

  it('stays described when its SETUP was refused', async () => {
    const { sources, open, url, client } = await files()
    await expectOk(client, 'DESCRIBE', url)
    expect((await setUp(client, `${url}/trackID=0`, 'RTP/FOO')).statusCode).toBe(461)
    expect((await setUp(client, `${url}/trackID=9`)).statusCode).toBe(404)
    expect((await setUp(client, `${url}/trackID=0`)).statusCode).toBe(200)
    expect([open(), sources.length]).toEqual([1, 1])
  })

  it('that ends between DESCRIBE and SETUP is created again', async () => {
    const { server, sources, open, url, client } = await files()
    await expectOk(client, 'DESCRIBE', url)
    await server.mounts.get('/file')?.close()
    expect(open()).toBe(0)
    await readySession(client, url)
    expect([open(), sources.length]).toEqual([1, 2])
  })

  it('a shared one that ends between DESCRIBE and SETUP is created again too', async () => {
    const { server, client } = await files()
    const url = urlOf(server, '/cam')
    await expectOk(client, 'DESCRIBE', url)
    await server.mounts.get('/cam')?.close()
    await readySession(client, url)
    expect(server.mounts.get('/cam')?.mediaCount).toBe(1)
  })

  it('leaves nothing if SETUP is refused for lack of a session', async () => {
    const { server, open, url, client } = await files()
    server.pool.maxSessions = 1
    await readySession(client, urlOf(server, '/cam'))
    const response = await setUp(client, `${url}/trackID=0`)
    expect(response.statusCode).toBe(503)
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThanOrEqual(5)
    expect([open(), server.stats().sessions]).toEqual([0, 1])
  })
})
