import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { MediaFactory } from 'rtspool'
import { describe, expect, it } from 'vitest'
import { closeAfterTest } from '../../../rtspool/test/support/open-things.js'
import { startServer } from '../../../rtspool/test/support/test-server.js'
import { TestSource } from '../../../rtspool/test/support/test-source.js'
import { until } from '../../../rtspool/test/support/until.js'
import { EventReader } from '../events/event-reader.js'
import { startApi } from './api-scene.js'

const config = `# Cameras of the house.
api: { sourceNetworks: [127.0.0.0/8, 192.0.2.0/24] }
sources:
  /program: { exec: { command: [camera-program, --key=canary], environment: { KEY: canary } } }
`

const loopback = (port: number, path = '/cam') => `rtsp://127.0.0.1:${port}${path}`

describe('sources of the API', () => {
  it('are added, pulled for a viewer, changed, saved in the file and removed', async () => {
    const upstream = await startServer({ auth: undefined })
    upstream.mounts.add('/cam', new MediaFactory(() => new TestSource()))
    const { api, server, configFile, logged } = await startApi({}, {}, { config })
    const reader = await EventReader.open(api, { query: { types: 'sourceStateChanged' } })
    closeAfterTest(reader)
    const url = loopback(upstream.address().port)
    const { status, body } = await api.call('addSource', {
      body: { path: '/live/yard', url, username: 'ann', password: 'canary-password' },
    })
    expect([status, body]).toEqual([
      200,
      {
        ...{ path: '/live/yard', kind: 'pull', state: 'idle', since: expect.any(String) },
        ...{ attempts: 0, bytes: 0, source: url, sources: [url] },
        ...{ alwaysOn: false, canChange: true },
        settings: {
          ...{ transport: 'auto', basic: 'overTls', lingerSeconds: 10, holdSeconds: 60 },
          ...{ startSeconds: 10, stallSeconds: 15, returnSeconds: 10 },
        },
      },
    ])
    const abort = new AbortController()
    const watching = (async () => {
      for await (const _ of server.read('/live/yard', { signal: abort.signal }));
    })().catch(() => undefined)
    const event = await reader.next('sourceStateChanged')
    expect(event.data).toMatchObject({ path: '/live/yard', state: 'connecting', source: url })
    await api.call('changeSource', {
      query: { path: '/live/yard' },
      body: { stallSeconds: 7, alwaysOn: true },
    })
    const saved = readFileSync(configFile, 'utf8')
    expect(saved).toContain('# Cameras of the house.')
    expect(saved).toContain('stallSeconds: 7')
    const passwords = join(dirname(configFile), 'rtspool-passwords')
    const [file = ''] = readdirSync(passwords)
    expect(readFileSync(join(passwords, file), 'utf8')).toBe('canary-password\n')
    expect(statSync(join(passwords, file)).mode & 0o77).toBe(0)
    await until(() => server.media.size > 0)
    const listed = await api.call('listSources')
    expect(listed.body.sources).toMatchObject([
      { path: '/live/yard', alwaysOn: true, settings: { stallSeconds: 7, transport: 'auto' } },
      { path: '/program', settings: { holdSeconds: 60 } },
    ])
    const seen = [saved, JSON.stringify(listed.body), JSON.stringify(reader.events), ...logged]
    const config2 = await api.call('getConfig')
    const audit = await api.call('listAudit')
    seen.push(JSON.stringify(config2.body), JSON.stringify(audit.body))
    expect(seen.join().replaceAll(config, '').includes('canary-password')).toBe(false)
    expect(await api.call('removeSource', { query: { path: '/live/yard' } })).toMatchObject({
      status: 200,
    })
    expect(readFileSync(configFile, 'utf8')).not.toContain('yard')
    expect(existsSync(join(passwords, file))).toBe(false)
    expect(server.mounts.get('/live/yard')).toBeUndefined()
    abort.abort()
    await watching
  })

  it.each<[string, object, string, number]>([
    ['a name', { url: 'rtsp://camera.local/x' }, 'a numeric address', 400],
    ['another network', { url: 'rtsp://198.51.100.1/x' }, 'an address in api.sourceNetworks', 400],
    ['credentials in the URL', { url: 'rtsp://a:canary@192.0.2.1/' }, 'without user and pass', 400],
    ['two hosts', { url: 'wss://192.0.2.1\\@198.51.100.1/canary' }, 'without spaces and', 400],
    ['a backslash', { url: 'rtsp://192.0.2.1/a\\canary' }, 'without spaces and backslashes', 400],
    ['a space', { url: 'rtsp://192.0.2.1/a canary' }, 'without spaces and backslashes', 400],
    ['a line break', { url: 'rtsp://192.0.2.1/a\ncanary' }, 'without spaces and', 400],
    ['a short address', { url: 'ws://127.1/' }, 'a numeric address', 400],
    ['another protocol', { url: 'http://192.0.2.1/' }, 'an RTSP URL', 400],
    ['a path in use', { path: '/program', url: 'rtsp://192.0.2.1/' }, 'in use', 409],
    ['a path of many', { path: '/x/*', url: 'rtsp://192.0.2.1/' }, 'a path such as /cam', 400],
  ])('are refused with %s', async (_, body, says, status) => {
    const { api, configFile } = await startApi({}, {}, { config })
    const answer = await api.call('addSource', { body: { path: '/a', ...body } })
    expect(answer.status).toBe(status)
    expect(JSON.stringify(answer.body)).toContain(says)
    expect(JSON.stringify(answer.body)).not.toContain('canary')
    expect(readFileSync(configFile, 'utf8')).toBe(config)
  })

  it('are refused if they are this server itself', async () => {
    const { api, server } = await startApi({}, {}, { config })
    const { port } = server.address()
    for (const url of [loopback(port, '/loop'), `ws://[::ffff:127.0.0.1]:${port}/loop`]) {
      const answer = await api.call('addSource', { body: { path: '/loop', url } })
      expect([answer.status, answer.body.detail]).toEqual([
        400,
        'body.url: expected another server than this one',
      ])
    }
  })

  it('that are programs only the file can change, and a missing one is named', async () => {
    const { api } = await startApi({}, {}, { config })
    for (const path of ['/program', '/none']) {
      const answers = [
        await api.call('changeSource', { query: { path }, body: { alwaysOn: true } }),
        await api.call('removeSource', { query: { path } }),
      ]
      const status = path === '/none' ? 404 : 409
      expect(answers.map((answer) => answer.status)).toEqual([status, status])
    }
  })

  it('send a kept password to no other host', async () => {
    const { api } = await startApi({}, {}, { config })
    const path = '/a'
    const added = { path, url: 'rtsp://192.0.2.1/', username: 'ann', password: 'canary' }
    expect((await api.call('addSource', { body: added })).status).toBe(200)
    const change = (body: object) => api.call('changeSource', { query: { path }, body })
    expect((await change({ url: 'rtsp://192.0.2.2/' })).body.detail).toContain('body.password')
    expect((await change({ url: 'rtsp://192.0.2.1\\@192.0.2.2/' })).status).toBe(400)
    expect((await change({ url: 'rtsp://192.0.2.1:554/other' })).status).toBe(200)
    expect((await change({ url: 'rtsp://192.0.2.2/', password: 'next' })).status).toBe(200)
    const failover = ['rtsp://192.0.2.3/']
    expect((await change({ failover })).body.detail).toContain('body.password')
    expect((await change({ failover, password: 'next' })).status).toBe(200)
    expect((await change({ url: 'rtsp://192.0.2.3/x', failover: [] })).status).toBe(200)
  })

  it('send the login in a URL of the file to no other host', async () => {
    const pull = '{ pull: { url: "rtsp://ann:canary@192.0.2.1/" } }'
    const { api } = await startApi({}, {}, { config: `${config}  /a: ${pull}\n` })
    const change = (body: object) => api.call('changeSource', { query: { path: '/a' }, body })
    const refused = await change({ failover: ['rtsp://192.0.2.3/'] })
    expect([refused.status, refused.body.detail]).toEqual([
      400,
      'body.password: expected the password, because a URL has another host',
    ])
    expect((await change({ failover: ['rtsp://192.0.2.1/other'] })).status).toBe(200)
    // The login is dropped with its URL.
    const others = { url: 'rtsp://192.0.2.4/', failover: ['rtsp://192.0.2.3/'] }
    expect((await change(others)).status).toBe(200)
  })

  it('send a kept password to no spare URL that had a login of its own', async () => {
    const failover = '["rtsp://bob:own@192.0.2.2/", "rtsp://192.0.2.3/"]'
    const pull = `{ pull: { url: "rtsp://ann:canary@192.0.2.1/", failover: ${failover} } }`
    const { api } = await startApi({}, {}, { config: `${config}  /a: ${pull}\n` })
    const change = (body: object) => api.call('changeSource', { query: { path: '/a' }, body })
    const refused = await change({ failover: ['rtsp://192.0.2.2/'] })
    expect([refused.status, refused.body.detail]).toEqual([
      400,
      'body.password: expected the password, because a URL has another host',
    ])
    expect((await change({ failover: ['rtsp://192.0.2.3/x'] })).status).toBe(200)
    const given = { failover: ['rtsp://192.0.2.2/'], password: 'next' }
    expect((await change(given)).status).toBe(200)
  })

  it('have spare URLs, which are read, changed and checked like the first', async () => {
    const { api, configFile, server } = await startApi({}, {}, { config })
    const urls = ['rtsp://192.0.2.1/', 'rtsp://192.0.2.2/', 'rtsp://192.0.2.3/']
    const [url, ...failover] = urls
    const added = await api.call('addSource', { body: { path: '/a', url, failover } })
    expect(added.body).toMatchObject({ source: url, sources: urls })
    const change = (body: object) => api.call('changeSource', { query: { path: '/a' }, body })
    const changed = await change({ failover: [failover[1]], returnSeconds: 3 })
    expect(changed.body.sources).toEqual([url, failover[1]])
    expect(readFileSync(configFile, 'utf8')).toContain('returnSeconds: 3')
    const { port } = server.address()
    for (const [wrong, says] of [
      ['rtsp://198.51.100.1/', 'body.failover.0: expected an address in api.sourceNetworks'],
      ['rtsp://a:canary@192.0.2.1/', 'body.failover.0: expected a URL without user and password'],
      [loopback(port), 'body.failover.0: expected another server than this one'],
    ] as const) {
      const { status, body } = await change({ failover: [wrong] })
      expect([status, body.detail]).toEqual([400, expect.stringContaining(says)])
    }
    const audit = JSON.stringify((await api.call('listAudit')).body)
    expect(audit).not.toContain('canary')
    expect(audit).not.toContain('192.0.2.3')
    expect((await change({ failover: [] })).body.sources).toEqual([url])
  })

  it('change one after the other, so that no change of another caller is lost', async () => {
    const { api, configFile } = await startApi({}, {}, { config })
    const added = { path: '/a', url: 'rtsp://192.0.2.1/', password: 'first' }
    const both = [api.call('addSource', { body: added }), api.call('addSource', { body: added })]
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 409])
    const bodies = [{ stallSeconds: 7 }, { password: 'second' }, { holdSeconds: 8 }]
    const changes = [...bodies, { password: 'third' }, { url: 'rtsp://192.0.2.1/other' }].map(
      (body) => api.call('changeSource', { query: { path: '/a' }, body }),
    )
    expect((await Promise.all(changes)).map(({ status }) => status)).toEqual(Array(5).fill(200))
    const saved = readFileSync(configFile, 'utf8')
    for (const text of ['stallSeconds: 7', 'holdSeconds: 8', '/other'])
      expect(saved).toContain(text)
    const folder = join(dirname(configFile), 'rtspool-passwords')
    const [file = '', ...others] = readdirSync(folder)
    expect([others, readFileSync(join(folder, file), 'utf8')]).toEqual([[], 'third\n'])
    expect(saved).toContain(file)
  })

  it('get a password in the place of a variable', async () => {
    const settings = 'url: "rtsp://192.0.2.1/", passwordVariable: CAMERA_PASSWORD'
    const text = `sources: { /a: { pull: { ${settings} } } }\n`
    const { api, configFile } = await startApi({}, {}, { config: text })
    const change = (body: object) => api.call('changeSource', { query: { path: '/a' }, body })
    expect((await change({ stallSeconds: 7 })).status).toBe(200)
    expect(readFileSync(configFile, 'utf8')).toContain('passwordVariable')
    expect((await change({ password: 'next' })).body).toMatchObject({ path: '/a' })
    expect(readFileSync(configFile, 'utf8')).not.toContain('passwordVariable')
  })

  it('are seen by a viewer, and changed by an admin only', async () => {
    const { api, tokenOf } = await startApi({}, {}, { config })
    const [viewer, operator] = [await tokenOf('viewer'), await tokenOf('operator')]
    const { body } = await api.call('listSources', { token: viewer, query: { path: '/program' } })
    expect(body.sources).toMatchObject([{ source: 'camera-program', canChange: false }])
    expect(JSON.stringify(body)).not.toContain('canary')
    const added = { path: '/a', url: 'rtsp://192.0.2.1/' }
    expect((await api.call('addSource', { token: operator, body: added })).status).toBe(403)
  })
})
