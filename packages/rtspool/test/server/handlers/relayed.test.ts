import { describe, expect, it } from 'vitest'
import type { PeerCheck, RtspServerOptions } from '../../../src/index.js'
import { mountCamera, readySession, setUp } from '../../support/dialogue.js'
import { type RtspTestClient, sessionIdOf } from '../../support/rtsp-client.js'
import {
  connectTlsTo,
  connectTo,
  openUdpPorts,
  startServer,
  testCertificate,
  urlOf,
} from '../../support/test-server.js'

const home = '127.0.0.2'
/** Recognizes another server by a header line, which names the address of the client. */
const isPeer: PeerCheck = ({ headers }) => {
  const address = headers.get('X-Client')
  return address === undefined ? false : { address, user: undefined }
}

/** A request that another server passes on. */
async function relayed(peer: RtspTestClient, method: string, uri: string, id?: string) {
  const headers = { 'X-Client': home, ...(id !== undefined && { Session: id }) }
  return (await peer.request(method, uri, { headers })).statusCode
}

/** A viewer over UDP, and another server that passes requests on. */
async function scene(options: RtspServerOptions = {}) {
  const asked: string[] = []
  const onUnknownSession = ({ id }: { readonly id: string }): undefined => void asked.push(id)
  const server = await startServer({ isPeer, onUnknownSession, ...options })
  mountCamera(server)
  const { clientPort } = await openUdpPorts(home)
  const url = urlOf(server, '/cam')
  const viewer = await connectTo(server, home)
  const id = await readySession(viewer, url, `RTP/AVP;unicast;client_port=${clientPort}`)
  return { server, asked, url, id, viewer, peer: await connectTo(server) }
}

it('asks the option isPeer once for each request', async () => {
  const methods: string[] = []
  const ask: PeerCheck = ({ method }) => methods.push(method) > 0
  const server = await startServer({ isPeer: ask })
  mountCamera(server)
  const id = await readySession(await connectTo(server), urlOf(server, '/cam'))
  expect([server.pool.get(id)?.state, methods]).toEqual(['Ready', ['SETUP', 'SETUP']])
})

describe('a request that another server passes on', () => {
  it('gets at the session of its client, and does not bind the session to the other server', async () => {
    const { server, peer, url, id } = await scene()
    expect(await relayed(peer, 'PLAY', url, id)).toBe(200)
    expect(server.pool.get(id)?.state).toBe('Playing')
    expect(await relayed(peer, 'PLAY', `${url}2`, id)).toBe(404)
    expect([...server.connections].map(({ sessions }) => [...sessions].length)).toEqual([1, 0])
  })

  it.each(['DESCRIBE', 'ANNOUNCE', 'SETUP', 'RECORD'])('cannot be %s', async (method) => {
    const { peer, url, id } = await scene()
    expect(await relayed(peer, method, url, id)).toBe(454)
  })

  it.each(['OPTIONS', 'GET_PARAMETER', 'PAUSE', 'TEARDOWN'])(
    'needs a session for %s',
    async (method) => {
      const { peer, url } = await scene()
      expect(await relayed(peer, method, url)).toBe(454)
    },
  )

  it('is not passed on again, and many unknown sessions do not close the connection', async () => {
    const { peer, url, id, asked } = await scene()
    for (let n = 0; n < 30; n++) expect(await relayed(peer, 'PAUSE', url, `${id}x`)).toBe(454)
    expect(await relayed(peer, 'PAUSE', url, id)).toBe(200)
    expect(asked).toEqual([])
  })

  it('may tear down a session that the server has just ended, once', async () => {
    const { server, peer, url, id } = await scene()
    server.pool.get(id)?.end('kicked')
    expect(await relayed(peer, 'PAUSE', url, id)).toBe(200)
    expect(await relayed(peer, 'TEARDOWN', url, id)).toBe(200)
    expect(await relayed(peer, 'TEARDOWN', url, id)).toBe(454)
  })

  it('gets no keys of a session with SRTP', async () => {
    const { server, peer } = await scene({ tls: { port: 0, ...testCertificate('first') } })
    const url = `rtsps://127.0.0.1:${server.tlsAddress().port}/cam`
    const { clientPort } = await openUdpPorts()
    const viewer = await connectTlsTo(server)
    const offer = `RTP/SAVP;unicast;client_port=${clientPort}`
    const id = sessionIdOf(await setUp(viewer, `${url}/trackID=0`, offer))
    const ask = async (method: string) => {
      const headers = { 'X-Client': '127.0.0.1', Session: id }
      return (await peer.request(method, url, { headers })).statusCode
    }
    expect([await ask('PLAY'), await ask('SET_PARAMETER')]).toEqual([454, 454])
    expect([await ask('GET_PARAMETER'), await ask('TEARDOWN')]).toEqual([200, 200])
  })

  it('gets 500 if the check returns something else', async () => {
    const server = await startServer({ isPeer: (async () => true) as unknown as PeerCheck })
    const failures: unknown[] = []
    server.on('requestFailed', (error) => failures.push(error))
    const client = await connectTo(server)
    expect((await client.request('OPTIONS', '*')).statusCode).toBe(500)
    const message = 'isPeer must return true, false or { address, user }, got Promise'
    expect(failures).toMatchObject([{ message }])
  })
})
