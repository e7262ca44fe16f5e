import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import {
  RequestError,
  RtspServer,
  type RtspServerOptions,
  type UnknownSessionContext,
  type UnknownSessionHook,
} from '../../../src/index.js'
import { logIn } from '../../support/credentials.js'
import { inSession, mountCamera, readySession, say } from '../../support/dialogue.js'
import { connectTo, openUdpPorts, startServer, urlOf } from '../../support/test-server.js'
import { nextTurn, until } from '../../support/until.js'

const elsewhere = 'elsewhere-elsewhere'

async function started(onUnknownSession: UnknownSessionHook, options: RtspServerOptions = {}) {
  const server = await startServer({ onUnknownSession, ...options })
  mountCamera(server)
  return { server, client: await connectTo(server), url: urlOf(server, '/cam') }
}

/** The session id that a viewer of `/cam` by UDP has, and the server that holds it. */
async function viewerByUdp(options: RtspServerOptions = {}) {
  const server = await startServer(options)
  mountCamera(server)
  const { clientPort } = await openUdpPorts()
  const transport = `RTP/AVP;unicast;client_port=${clientPort}`
  const id = await readySession(await connectTo(server), urlOf(server, '/cam'), transport)
  return { server, id }
}

describe('onUnknownSession', () => {
  it('responds later for a session that is elsewhere, and is told who asks for what', async () => {
    const asked: UnknownSessionContext[] = []
    const { client, url } = await started(async (context) => {
      asked.push(context)
      await nextTurn()
      return {
        statusCode: 200,
        headers: [
          ['CSeq', '99'],
          ['Connection', 'close'],
          ['content-length', '1'],
          ['Content-Type', 'text/parameters'],
        ],
        body: 'volume: 5\r\n',
      }
    })
    client.send(`GET_PARAMETER ${url} RTSP/1.0\r\nCSeq: 7\r\nSession: ${elsewhere}\r\n\r\n`)
    const response = await client.response()
    expect([...response.headers]).toEqual([
      ['CSeq', '7'],
      ['Content-Type', 'text/parameters'],
      ['Content-Length', '11'],
    ])
    expect([response.statusCode, response.body.toString()]).toEqual([200, 'volume: 5\r\n'])
    const [{ id, request, address, user, path, signal } = {} as UnknownSessionContext] = asked
    expect([id, request.method, address, user, path]).toEqual([
      elsewhere,
      'GET_PARAMETER',
      '127.0.0.1',
      undefined,
      '/cam',
    ])
    expect(signal.aborted).toBe(false)
  })

  it('keeps the order of responses while it waits', async () => {
    let answer: (() => void) | undefined
    const { client, url } = await started(
      () =>
        new Promise((resolve) => {
          answer = () => resolve({ statusCode: 451 })
        }),
    )
    const first = inSession(client, 'PAUSE', url, elsewhere)
    client.send('OPTIONS * RTSP/1.0\r\nCSeq: 2\r\n\r\n')
    await until(() => answer !== undefined)
    await nextTurn(5)
    answer?.()
    expect([(await first).statusCode, (await client.response()).statusCode]).toEqual([451, 200])
  })

  it('leaves the response to the server with undefined', async () => {
    const { server, client, url } = await started(() => undefined)
    expect((await inSession(client, 'PLAY', url, elsewhere)).statusCode).toBe(454)
    const { clientPort } = await openUdpPorts()
    const id = await readySession(client, url, `RTP/AVP;unicast;client_port=${clientPort}`)
    server.pool.get(id)?.end('kicked')
    const other = await connectTo(server)
    expect((await inSession(other, 'TEARDOWN', url, id)).statusCode).toBe(200)
  })

  it('is asked about the sessions of other clients as well, and never for ids that are here', async () => {
    const asked: string[] = []
    const { server, client, url } = await started(({ id, address }) => {
      asked.push(`${id} ${address}`)
      return undefined
    })
    const { clientPort } = await openUdpPorts()
    const id = await readySession(client, url, `RTP/AVP;unicast;client_port=${clientPort}`)
    expect((await inSession(client, 'PAUSE', url, id)).statusCode).not.toBe(454)
    const stranger = await connectTo(server, '127.0.0.2')
    expect((await inSession(stranger, 'PAUSE', url, id)).statusCode).toBe(454)
    expect(asked).toEqual([`${id} 127.0.0.2`])
  })

  it('is asked after the login only, and is told the user', async () => {
    const asked: (string | undefined)[] = []
    const { client, url } = await started(
      ({ user }) => {
        asked.push(user)
        return { statusCode: 404 }
      },
      { auth: { users: { u: 'p' } } },
    )
    expect((await inSession(client, 'PAUSE', url, elsewhere)).statusCode).toBe(401)
    expect(asked).toEqual([])
    await logIn(client)
    expect((await inSession(client, 'PAUSE', url, elsewhere)).statusCode).toBe(404)
    expect(asked).toEqual(['u'])
  })

  it('refuses with the error that it throws', async () => {
    const { server, client, url } = await started(() => {
      throw new RequestError('ERR_REDIRECTED', 'the session is elsewhere', {
        context: { location: 'rtsp://other.example/cam' },
      })
    })
    const refused = once(server, 'requestRefused')
    const response = await inSession(client, 'PLAY', url, elsewhere)
    expect([response.statusCode, response.headers.get('Location')]).toEqual([
      302,
      'rtsp://other.example/cam',
    ])
    expect((await refused)[0]).toMatchObject({ code: 'ERR_REDIRECTED' })
  })

  it.each<[string, UnknownSessionHook]>([
    ['throws another error', () => Promise.reject(new Error('no route'))],
    ['breaks a header', () => ({ statusCode: 200, headers: [['Location', 'a\r\nb']] })],
    ['has a misspelt member', () => ({ statusCode: 200, header: [] }) as never],
    ['has headers by name', () => ({ statusCode: 200, headers: { Location: 'a' } }) as never],
    ['has the status of no response', () => ({ statusCode: 100 })],
  ])('becomes 500 and an event when it %s', async (_, hook) => {
    const { server, client, url } = await started(hook)
    const failed = once(server, 'requestFailed')
    expect((await inSession(client, 'PLAY', url, elsewhere)).statusCode).toBe(500)
    const [error] = (await failed) as [Error]
    expect(error.message).toMatch(/no route|Location|onUnknownSession must return/)
    expect(error.message).not.toContain(elsewhere)
  })

  it('aborts its signal when the client leaves', async () => {
    let left: AbortSignal | undefined
    const { client, url } = await started(({ signal }) => {
      left = signal
      return new Promise((resolve) =>
        signal.addEventListener('abort', () => resolve({ statusCode: 200 })),
      )
    })
    inSession(client, 'PAUSE', url, elsewhere).catch(() => {})
    await until(() => left !== undefined)
    client.socket.resetAndDestroy()
    await until(() => left?.aborted === true)
  })

  it('closes a connection that guesses ids, whichever way 454 is said', {
    tags: 'B-HIJ',
  }, async () => {
    for (const answer of [undefined, { statusCode: 454 }]) {
      const { client, url } = await started(() => answer)
      const closed = client.closed()
      for (let guess = 0; guess < 20; guess++) {
        const { statusCode } = await say(
          client,
          `PLAY ${url} RTSP/1.0`,
          `CSeq: ${guess}`,
          `Session: guess-${guess}`,
        )
        expect(statusCode).toBe(454)
      }
      await closed
    }
  })

  it('ends a session of another server for its owner', async () => {
    const other = await viewerByUdp()
    const { client, url } = await started(({ id, request, address }) => {
      const session = other.server.pool.find(id, { address })
      if (session === undefined || request.method !== 'TEARDOWN') return undefined
      session.end('teardown')
      return { statusCode: 200, headers: [['Session', id]] }
    })
    expect((await inSession(client, 'TEARDOWN', url, other.id)).statusCode).toBe(200)
    expect(other.server.pool.size).toBe(0)
    expect((await inSession(client, 'TEARDOWN', url, other.id)).statusCode).toBe(454)
  })

  it('must be a function', () => {
    const wrong = { onUnknownSession: 'redirect' } as unknown as RtspServerOptions
    expect(() => new RtspServer(wrong)).toThrow('onUnknownSession must be a function')
  })
})
