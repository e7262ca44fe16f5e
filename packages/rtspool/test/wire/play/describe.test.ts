import { describe, expect, it } from 'vitest'
import { MediaFactory, RequestError } from '../../../src/index.js'
import { parseSdp, resolveControl } from '../../../src/sdp/index.js'
import { inSession, say, setUp } from '../../support/dialogue.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import { scene } from '../../support/scene.js'
import { connectTo, expectOk, startServer, urlOf } from '../../support/test-server.js'
import { TestSource } from '../../support/test-source.js'

const camera = () => scene().camera().client().start()

describe('DESCRIBE', () => {
  it('describes live media as RFC 2326 appendix C has it', {
    tags: ['A-DES-1', 'A-DES-4', 'A-DES-6', 'A-DES-7'],
  }, async () => {
    const { client, url } = await camera()
    const { headers, body } = await expectOk(client, 'DESCRIBE', url)
    expect(headers.get('Content-Type')).toBe('application/sdp')
    expect(headers.get('Content-Length')).toBe(String(body.length))
    expect(headers.get('Content-Base')).toBe(`${url}/`)
    const types = [...body.toString().matchAll(/^(\w)=/gm)].map(([, type]) => type).join('')
    expect(types).toMatch(/^vosc?ta*(ma+)+$/)
    const sdp = parseSdp(body)
    expect(sdp.session.value('c')).toBe('IN IP4 0.0.0.0')
    expect(sdp.session.attribute('control')).toBe('*')
    expect([undefined, 'npt=now-']).toContain(sdp.session.attribute('range'))
    expect(sdp.media.map(({ port }) => port)).toEqual([0, 0])
    for (const { control = '' } of sdp.media) {
      const uri = resolveControl(headers.get('Content-Base') ?? '', control)
      expect((await setUp(client, uri)).statusCode).toBe(200)
    }
  })

  it.each([
    ['text/html', 406],
    ['application/sdp;q=0', 406],
    ['application/sdp', 200],
    ['text/html, application/*', 200],
    ['*/*', 200],
  ])('Accept: %s is %i', { tags: 'A-DES-2' }, async (accept, statusCode) => {
    const { client, url } = await camera()
    const response = await client.request('DESCRIBE', url, { headers: { Accept: accept } })
    expect(response.statusCode).toBe(statusCode)
  })

  it('a hundred clients at once start one source, and get the same description', {
    tags: 'B-HERD',
  }, async () => {
    const server = await startServer()
    let made = 0
    let open = (): void => {}
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    const factory = new MediaFactory(async () => {
      made++
      await opened
      return new TestSource()
    })
    server.mounts.add('/slow', factory)
    const clients = await Promise.all(Array.from({ length: 100 }, () => connectTo(server)))
    const answers = clients.map((client) => client.request('DESCRIBE', urlOf(server, '/slow')))
    await expectOk(await connectTo(server), 'OPTIONS', '*')
    open()
    const heard = (await Promise.all(answers)).map(({ body }) => body.toString())
    expect([made, new Set(heard).size, factory.mediaCount]).toEqual([1, 1, 1])
    expect(heard[0]).toContain('m=video')
  })

  it('an unmounted path gets 404, and nothing is created', { tags: 'A-DES-3' }, async () => {
    const { server, sources, client } = await camera()
    for (const path of ['/none', '/came', '/cam/below', '/cam/trackID=0', '/', '/live/none']) {
      expect((await client.request('DESCRIBE', urlOf(server, path))).statusCode).toBe(404)
    }
    expect([sources.length, server.pool.size]).toEqual([0, 0])
  })

  it('a query stays in Content-Base, and clients append the control to it', {
    tags: 'A-DES-5',
  }, async () => {
    const { client, url } = await camera()
    const { headers } = await expectOk(client, 'DESCRIBE', `${url}?x=1`)
    expect(headers.get('Content-Base')).toBe(`${url}?x=1/`)
    const session = sessionIdOf(await setUp(client, `${url}?x=1/trackID=0`))
    expect((await setUp(client, `${url}?x=1/trackID=1`, undefined, session)).statusCode).toBe(200)
    const response = await inSession(client, 'PLAY', `${url}?x=1/`, session)
    expect(response.statusCode).toBe(200)
    expect(response.headers.get('RTP-Info')).toBe(
      `url=${url}?x=1/trackID=0,url=${url}?x=1/trackID=1`,
    )
  })

  it('no etag is offered, so If-Match has no effect', { tags: 'A-DES-8' }, async () => {
    const { client, url } = await camera()
    expect((await expectOk(client, 'DESCRIBE', url)).body.toString()).not.toContain('a=etag')
    const headers = { Transport: 'RTP/AVP/TCP', 'If-Match': '"bad"' }
    await expectOk(client, 'SETUP', `${url}/trackID=0`, { headers })
  })

  it('every way to write the URI of a presentation or track means the same', {
    tags: 'A-DES-10',
  }, async () => {
    const { client, url } = await camera()
    for (const uri of [`${url}/`, '/cam', '/cam/', 'rtsp://any.name/cam', `${url}?a=b`]) {
      await expectOk(client, 'DESCRIBE', uri)
    }
    for (const uri of [
      `${url}/trackID=0`,
      `${url}/trackID=0/`,
      '/cam/trackID=0',
      'rtsp://any.name/cam/trackID=0',
      `${url}?a=b/trackID=0`,
      `${url}/trackID=0?a=b`,
    ]) {
      const session = sessionIdOf(await setUp(client, uri))
      // Of one presentation, because it stands together with the other track.
      const second = await setUp(client, uri.replace('=0', '=1'), undefined, session)
      expect([uri, second.statusCode]).toEqual([uri, 200])
      expect((await inSession(client, 'TEARDOWN', '/cam', session)).statusCode).toBe(200)
    }
  })

  it('Content-Base of an absolute path has the address of the server', {
    tags: 'A-DES-10',
  }, async () => {
    const { client, url } = await camera()
    const { headers } = await expectOk(client, 'DESCRIBE', '/cam')
    expect(headers.get('Content-Base')).toBe(`${url}/`)
  })

  it('the same is described in the same words', { tags: 'A-DES-11' }, async () => {
    const { client, url } = await camera()
    const bodies = []
    for (let n = 0; n < 3; n++)
      bodies.push((await expectOk(client, 'DESCRIBE', url)).body.toString())
    expect(new Set(bodies).size).toBe(1)
  })

  it.each([
    '/cam%00',
    '/cam/%2e%2e/cam',
    '/../cam',
    '//cam',
    '/cam\\',
    '/cam%5c',
    '/%252e%252e/cam',
  ])('%s is refused', { tags: ['A-DES-12', 'B-PATH'] }, async (path) => {
    const { sources, client } = await camera()
    const response = await say(client, `DESCRIBE rtsp://127.0.0.1${path} RTSP/1.0`, 'CSeq: 1')
    expect([400, 404]).toContain(response.statusCode)
    expect(sources).toEqual([])
  })

  it('a mount may send its clients elsewhere', { tags: 'A-DES-13' }, async () => {
    const { server, client } = await camera()
    const location = 'rtsp://other.example/cam'
    const moved = new MediaFactory(() => {
      throw new RequestError('ERR_REDIRECTED', 'moved', { context: { location } })
    })
    server.mounts.add('/moved', moved)
    const response = await client.request('DESCRIBE', urlOf(server, '/moved'))
    expect([response.statusCode, response.headers.get('Location')]).toEqual([302, location])
  })

  it('names no session and ignores one in the request', { tags: 'A-SES-3' }, async () => {
    const { client, url } = await camera()
    const response = await inSession(client, 'DESCRIBE', url, 'nobody')
    expect([response.statusCode, response.headers.has('Session')]).toEqual([200, false])
  })
})
