import type { RtspServer } from '../../src/index.js'
import { MediaFactory, type MediaFactoryOptions } from '../../src/index.js'
import type { RtspResponse } from '../../src/rtsp/index.js'
import { type RtspTestClient, sessionIdOf } from './rtsp-client.js'
import { expectOk } from './test-server.js'
import { TestSource } from './test-source.js'

export const tcp = 'RTP/AVP/TCP;unicast'

/** Sends lines as they are, with CRLF and an empty line after them, and waits for the answer. */
export function say(client: RtspTestClient, ...lines: string[]): Promise<RtspResponse> {
  client.send(`${[...lines, '', ''].join('\r\n')}`)
  return client.response()
}

export function setUp(client: RtspTestClient, uri: string, transport = tcp, session?: string) {
  const headers = { Transport: transport, ...(session ? { Session: session } : {}) }
  return client.request('SETUP', uri, { headers })
}

/** A request inside a session. */
export function inSession(client: RtspTestClient, method: string, uri: string, session: string) {
  return client.request(method, uri, { headers: { Session: session } })
}

/** A session that is ready: both tracks of `/cam` over TCP, or over the pair of UDP ports given. */
export async function readySession(client: RtspTestClient, url: string, transport = tcp) {
  const headers = { Transport: transport }
  const response = await expectOk(client, 'SETUP', `${url}/trackID=0`, { headers })
  const session = sessionIdOf(response)
  await expectOk(client, 'SETUP', `${url}/trackID=1`, { headers: { ...headers, Session: session } })
  return session
}

/** Mounts a camera with two tracks. @returns The sources that were made for it, in order. */
export function mountCamera(
  server: RtspServer,
  path = '/cam',
  options?: MediaFactoryOptions,
): TestSource[] {
  const sources: TestSource[] = []
  const factory = new MediaFactory(() => {
    const source = new TestSource()
    sources.push(source)
    return source
  }, options)
  server.mounts.add(path, factory)
  return sources
}

/** Mounts a camera at `/slow` that is there only after `come`. */
export function mountSlow(server: RtspServer, options?: MediaFactoryOptions) {
  const source = new TestSource()
  let come = (): void => {}
  const coming = new Promise<TestSource>((resolve) => {
    come = () => resolve(source)
  })
  server.mounts.add('/slow', new MediaFactory(() => coming, options))
  return { source, come }
}

/** Everything but CSeq, to compare answers. */
export const withoutCSeq = ({ statusCode, reason, headers, body }: RtspResponse) => ({
  statusCode,
  reason,
  headers: [...headers].filter(([name]) => name !== 'CSeq'),
  body: body.toString(),
})
