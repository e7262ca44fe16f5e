import { describe, expect, it } from 'vitest'
import { MediaFactory } from '../../../src/index.js'
import { Diagnostic } from '../../../src/listeners.js'
import { fileMedia } from '../../../src/media/file/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { inSession, mountCamera, readySession, setUp } from '../../support/dialogue.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import { StoredTestSource } from '../../support/stored-test-source.js'
import { connectTo, expectOk, openUdpPorts, startServer, urlOf } from '../../support/test-server.js'
import { TestSource } from '../../support/test-source.js'
import { nextTurn, until } from '../../support/until.js'
import { warningsDuring } from '../../support/warnings.js'

describe('a failing request without a listener', { tags: 'U-3' }, () => {
  it.each([
    [
      'a file that is not there',
      () => fileMedia('/no/such/file.mp4'),
      "ENOENT: no such file or directory, open '/no/such/file.mp4'",
    ],
    ['a directory', () => fileMedia('/'), '/: expected a file, got a directory or device'],
    ['a file that is none of media', () => fileMedia(import.meta.filename), 'got another format'],
    [
      'a factory that throws',
      () =>
        new MediaFactory(() => {
          throw new Error('no camera')
        }),
      'the source of /intro failed: no camera',
    ],
    [
      'a factory that answers nothing',
      () => new MediaFactory((() => {}) as never),
      'a media source needs description, start and close, got undefined',
    ],
    [
      'a camera in need of words',
      () => new MediaFactory(() => Promise.reject('off')),
      'the source of /intro failed: off',
    ],
  ])('is a warning with the reason, once: %s', async (_name, factory, reason) => {
    const server = await startServer()
    server.mounts.add('/intro', factory())
    const client = await connectTo(server)
    const warnings = await warningsDuring(async () => {
      for (let n = 0; n < 3; n++) {
        const url = `${urlOf(server, '/intro')}?token=secret`
        expect((await client.request('DESCRIBE', url)).statusCode).toBe(503)
      }
    })
    expect(warnings.map(([code]) => code)).toEqual(['RTSPOOL_REQUEST_FAILED'])
    const [[, message] = ['', '']] = warnings
    expect(message).toContain(`DESCRIBE "${urlOf(server, '/intro')}" failed`)
    expect(message).toContain(reason)
    expect(message).not.toContain('secret')
  })

  it('is emitted to a listener instead, without a warning', async () => {
    const server = await startServer()
    const errors: unknown[] = []
    server.on('requestFailed', (error) => errors.push(error))
    server.mounts.add('/intro', fileMedia('/no/such/file.mp4'))
    const client = await connectTo(server)
    const warnings = await warningsDuring(() => client.request('DESCRIBE', urlOf(server, '/intro')))
    expect([warnings, errors.length]).toEqual([[], 1])
    server.removeAllListeners()
  })

  it('shows no control characters, and at most a thousand characters', {
    tags: 'B-LOG',
  }, async () => {
    const told = new Diagnostic('rtspool:test-only', 'RTSPOOL_CALLBACK_FAILED', () => 'it')
    const error = new Error(`\x1b[2J\n\u202e${'x'.repeat(5000)}`)
    const [[, message] = ['', '']] = await warningsDuring(() => told.publish({ error }))
    expect(message).toMatch(/^it: \\u\{1b\}\[2J\\u\{a\}\\u\{202e\}x+\.\.\.$/)
    expect(message.length).toBeLessThan(1100)
  })
})

describe('a source that does not start', { tags: 'U-10' }, () => {
  const failures: readonly (readonly [string, () => unknown])[] = [
    [
      'throws',
      () => {
        throw new Error('no camera')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no camera'))],
    ['rejects with nothing', () => Promise.reject(undefined)],
    ['rejects later', () => nextTurn().then(() => Promise.reject(new Error('no camera')))],
    ['takes too long', () => new Promise(() => {})],
  ]
  const carriers = ['TCP', 'UDP'] as const
  const rows = failures.flatMap(([name, start]) =>
    carriers.map((over) => [name, over, start] as const),
  )

  it.each(rows)(
    '%s: PLAY by %s is a 503, and the reason of the session says so',
    async (_name, over, start) => {
      const clock = new ManualClock()
      const server = await startServer({ clock })
      server.mounts.add('/cam', new MediaFactory(() => Object.assign(new TestSource(), { start })))
      const reasons: string[] = []
      server.pool.on('sessionRemoved', (_session, reason) => reasons.push(reason))
      const errors: unknown[] = []
      server.on('requestFailed', (error) => errors.push(error))
      const client = await connectTo(server)
      const url = urlOf(server, '/cam')
      const transport =
        over === 'TCP'
          ? undefined
          : `RTP/AVP;unicast;client_port=${(await openUdpPorts()).clientPort}`
      const session = sessionIdOf(await setUp(client, `${url}/trackID=0`, transport))
      let status = 0
      void inSession(client, 'PLAY', url, session).then(({ statusCode }) => {
        status = statusCode
      })
      await until(() => {
        clock.advance(500)
        return status > 0
      })
      expect([status, reasons, errors.length]).toEqual([503, ['mediaFailed'], 1])
      expect(server.pool.stats().removed).toMatchObject({ mediaFailed: 1, mediaEnded: 0 })
      server.removeAllListeners()
    },
  )

  it('ends all requests that wait for it, but none of another media', async () => {
    const server = await startServer()
    let fail = (_error: Error): void => {}
    const starting = new Promise<void>((_, reject) => {
      fail = reject
    })
    server.mounts.add(
      '/cam',
      new MediaFactory(() => Object.assign(new TestSource(), { start: () => starting })),
    )
    mountCamera(server, '/steady')
    server.on('requestFailed', () => {})
    const reasons: string[] = []
    server.pool.on('sessionRemoved', (_session, reason) => reasons.push(reason))
    const clients = [await connectTo(server), await connectTo(server)]
    const other = await connectTo(server)
    await readySession(other, urlOf(server, '/steady'))
    const url = urlOf(server, '/cam')
    const plays = []
    for (const client of clients) {
      const session = await readySession(client, url)
      plays.push(inSession(client, 'PLAY', url, session))
    }
    await until(() => server.pool.size === 3)
    await expectOk(other, 'OPTIONS', '*')
    fail(new Error('no camera'))
    expect((await Promise.all(plays)).map(({ statusCode }) => statusCode)).toEqual([503, 503])
    expect(reasons).toEqual(['mediaFailed', 'mediaFailed'])
    expect(server.pool.size).toBe(1)
    server.removeAllListeners()
  })

  it.each(['seek', 'resume'] as const)(
    'one that fails to %s is no end of its media either',
    async (verb) => {
      const server = await startServer()
      const failing = () => Promise.reject(new Error('disk gone'))
      server.mounts.add(
        '/file',
        new MediaFactory(() => Object.assign(new StoredTestSource(), { [verb]: failing }), {
          shared: false,
        }),
      )
      server.on('requestFailed', () => {})
      const reasons: string[] = []
      server.pool.on('sessionRemoved', (_session, reason) => reasons.push(reason))
      const client = await connectTo(server)
      const url = urlOf(server, '/file')
      const session = await readySession(client, url)
      const warnings = await warningsDuring(async () => {
        const { statusCode } = await inSession(client, 'PLAY', url, session)
        expect(statusCode).toBe(verb === 'seek' ? 503 : 200)
        await until(() => reasons.length > 0)
      })
      expect(reasons).toEqual(['mediaFailed'])
      expect(warnings.map(([code]) => code)).toEqual(
        verb === 'seek' ? [] : ['RTSPOOL_CALLBACK_FAILED'],
      )
      server.removeAllListeners()
    },
  )
})
