import { describe, expect, it } from 'vitest'
import { SessionPool } from '../../../src/index.js'
import { RtspParser, type RtspRequest } from '../../../src/rtsp/index.js'
import { dispatch } from '../../../src/server/handlers/dispatch.js'
import type {
  ConnectionContext,
  ServerContext,
  UnknownSessionHandler,
} from '../../../src/server/request/request-context.js'

function requestOf(method: string): RtspRequest {
  const requests: RtspRequest[] = []
  const parser = new RtspParser({
    request: (request) => void requests.push(request),
    response: () => {},
    interleaved: () => {},
  })
  const lines = [`${method} rtsp://host/cam RTSP/1.0`, 'CSeq: 1', 'Session: elsewhere', '', '']
  parser.push(Buffer.from(lines.join('\r\n')))
  if (!requests[0]) throw new Error('no request')
  return requests[0]
}

async function ask(method: string, onUnknownSession: UnknownSessionHandler) {
  const server = {
    pool: new SessionPool(),
    sessions: { hasEnded: () => false },
    onUnknownSession,
  } as unknown as ServerContext
  const connection = { isClosed: false, remoteAddress: '192.0.2.1' } as ConnectionContext
  const claimant = { address: '192.0.2.1' }
  return dispatch({ server, connection, request: requestOf(method), claimant })
}

describe('a request that names a session which is not here', () => {
  it('gets the response that somebody else gives later, and tells who asks for what', async () => {
    const asked: unknown[] = []
    const reply = await ask('PAUSE', async ({ id, request, claimant }) => {
      asked.push(id, request.method, claimant.address)
      await Promise.resolve()
      return { statusCode: 302, headers: [['Location', 'rtsp://other/cam']] }
    })
    expect(reply.statusCode).toBe(302)
    expect(asked).toEqual(['elsewhere', 'PAUSE', '192.0.2.1'])
  })

  it('gets 454 when nobody else knows the session', async () => {
    const answer = ask('PLAY', async () => undefined)
    await expect(answer).rejects.toMatchObject({ code: 'ERR_SESSION_NOT_FOUND' })
  })

  it('fails as the other one fails', async () => {
    const answer = ask('GET_PARAMETER', () => Promise.reject(new Error('no route')))
    await expect(answer).rejects.toThrow('no route')
  })
})
