import { describe, expect, it } from 'vitest'
import { inSession } from '../../support/dialogue.js'
import { scene } from '../../support/scene.js'
import { connectTo, expectOk, startServer, urlOf } from '../../support/test-server.js'

const playMethods = 'OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER'
const allMethods =
  'OPTIONS, DESCRIBE, ANNOUNCE, SETUP, PLAY, PAUSE, RECORD, TEARDOWN, GET_PARAMETER, SET_PARAMETER'

describe('OPTIONS', () => {
  it('Public lists the methods of the server, a mount, and a path to publish to', {
    tags: ['A-OPT-1', 'A-OPT-2'],
  }, async () => {
    const { server, client } = await scene().camera().client().start()
    for (const [uri, methods] of [
      ['*', allMethods],
      [urlOf(server, '/cam'), playMethods],
      [urlOf(server, '/live/any'), allMethods],
      [urlOf(server, '/none'), playMethods],
    ] as const) {
      expect((await expectOk(client, 'OPTIONS', uri)).headers.get('Public')).toBe(methods)
    }
    expect(server.pool.size).toBe(0)
  })

  it('with a session it keeps it alive and names it, in every state', {
    tags: 'A-OPT-3',
  }, async () => {
    const { url, client, session } = await scene().camera().ready().start()
    for (const method of ['OPTIONS', 'PLAY', 'OPTIONS', 'PAUSE', 'OPTIONS']) {
      const response = await inSession(client, method, url, session)
      expect(response.headers.get('Session')).toBe(`${session};timeout=60`)
    }
  })

  it('with an unknown session it is 454', { tags: 'A-OPT-3' }, async () => {
    const server = await startServer()
    const client = await connectTo(server)
    expect((await inSession(client, 'OPTIONS', '*', 'nobody')).statusCode).toBe(454)
  })
})
