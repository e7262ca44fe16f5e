import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { keysOf } from '../../src/config/key-schema.js'
import { configSchema, keySchema } from '../../src/config/schema.js'
import { loadText, mistakesOf } from './config-text.js'

describe('a configuration', () => {
  it('that is empty has all defaults', () => {
    expect(loadText('').config).toEqual(configSchema.parse({}))
    expect(loadText('# nothing\n---\n').config).toEqual(configSchema.parse({}))
  })

  it('takes sections and keys without a value for missing ones', () => {
    const text = 'limits:\n  # maxSessions: 5\nlog:\n  level:\nrtsp: ~\n'
    expect(loadText(text).config).toEqual(configSchema.parse({}))
  })

  it('has the value of the command line, else of the environment, else of the file', () => {
    const text = 'limits:\n  maxSessions: 1\n  maxConnections: 1\n  maxSessionsPerUser: 1\n'
    const environment = { RTSPOOL_LIMITS_MAX_SESSIONS: '2', RTSPOOL_LIMITS_MAX_CONNECTIONS: '2' }
    const loaded = loadText(text, environment, ['--max-sessions', '3'])
    expect(loaded.config.limits).toMatchObject({
      maxSessions: 3,
      maxConnections: 2,
      maxSessionsPerUser: 1,
    })
    const keys = ['maxSessions', 'maxConnections', 'maxSessionsPerUser', 'maxLifetime']
    const paths = keys.map((key) => ['limits', key])
    expect(paths.map(loaded.winnerOf)).toEqual([
      '--max-sessions',
      'RTSPOOL_LIMITS_MAX_CONNECTIONS',
      undefined,
      undefined,
    ])
    expect(paths.map(loaded.sourceOf)).toEqual([
      '--max-sessions',
      'RTSPOOL_LIMITS_MAX_CONNECTIONS',
      'rtspool.yml:4:23: limits.maxSessionsPerUser',
      'limits.maxLifetime',
    ])
  })

  it('reads files relative to its own folder, those of the environment relative to the working one', () => {
    const text = 'auth: { usersFile: users }\npaths:\n  /cam: { file: media/cam.mp4, loop: true }\n'
    const { config } = loadText(text, { RTSPOOL_LOG_FILE: 'a.log' })
    expect(config.auth.usersFile).toBe(resolve('users'))
    expect(config.paths['/cam']).toMatchObject({ file: resolve('media/cam.mp4'), loop: true })
    expect(config.log.file).toBe('a.log')
  })

  it.each([
    ['RTSPOOL_RTSP_PORT', '9000', { rtsp: { port: 9000 } }],
    ['RTSPOOL_RTSP_PORT', 'false', { rtsp: { port: false } }],
    ['RTSPOOL_TEST_PICTURE', 'false', { testPicture: false }],
    ['RTSPOOL_TLS_HANDSHAKE_TIMEOUT', '2.5', { tls: { handshakeTimeout: 2.5 } }],
    ['RTSPOOL_VIEWERS_GOP_CACHE_MAX_SECONDS', '3', { viewers: { gopCache: { maxSeconds: 3 } } }],
    ['RTSPOOL_RTSP_WEB_SOCKET', 'ifInstalled', { rtsp: { webSocket: 'ifInstalled' } }],
    ['RTSPOOL_RTSP_WEB_SOCKET', 'true', { rtsp: { webSocket: true } }],
    ['RTSPOOL_LIMITS_TRUSTED_ADDRESSES', 'none', { limits: { trustedAddresses: [] } }],
    ['RTSPOOL_PUBLISH_PATHS', '/a, /b/*', { publish: { paths: ['/a', '/b/*'] } }],
    ['RTSPOOL_AUTH_REALM', '0123', { auth: { realm: '0123' } }],
    [
      'RTSPOOL_PATHS',
      '{"/cam": {"timeline": "continuous"}}',
      { paths: { '/cam': { timeline: 'continuous' } } },
    ],
    [
      'RTSPOOL_AUTH_RULES',
      '[{path: /*, read: anyone}]',
      { auth: { rules: [{ path: '/*', read: 'anyone' }] } },
    ],
    ['RTSPOOL_LOG_LEVEL', '', { log: { level: 'info' } }],
  ])('understands %s=%s', (name, text, expected) => {
    // TLS, so that plain RTSP may be off.
    const tls = 'tls: { keyFile: k.pem, certFile: c.pem }'
    expect(loadText(tls, { [name]: text }).config).toMatchObject(expected)
  })

  it('has a variable of its own for each key', () => {
    const variables = keysOf(keySchema()).map(({ variable }) => variable)
    expect(variables).toContain('RTSPOOL_LIMITS_MAX_SESSIONS_PER_ADDRESS')
    expect(new Set(variables).size).toBe(variables.length)
  })

  it('describes each key, with a default or an example', () => {
    const keys = keysOf(keySchema())
    expect(keys.filter(({ schema }) => !schema.description).map(({ name }) => name)).toEqual([])
    const bare = keys.filter(({ schema: { default: value, examples } }) => {
      return value === undefined && examples === undefined
    })
    expect(bare.map(({ name }) => name)).toEqual([])
  })

  it('warns of a variable that looks like a key, and never shows its value', () => {
    const { warnings } = loadText('', {
      RTSPOOL_LIMITS_MAX_SESIONS: 'canary',
      RTSPOOL_TLS_WHATEVER_IT_IS: 'canary',
      RTSPOOL_CORPUS: 'all',
      RTSPOOL_USERS: 'ann:canary',
    })
    expect(warnings).toEqual([
      'the variable RTSPOOL_LIMITS_MAX_SESIONS sets nothing; did you mean RTSPOOL_LIMITS_MAX_SESSIONS?',
      expect.stringMatching(/^the variable RTSPOOL_TLS_WHATEVER_IT_IS sets nothing/),
    ])
  })
})

describe('a mistake', () => {
  it.each([
    [
      'limits:\n  maxSesions: 5\n',
      'rtspool.yml:2:3: limits.maxSesions is unknown; did you mean maxSessions?',
    ],
    ['limit:\n  maxSessions: 5\n', 'rtspool.yml:1:1: limit is unknown; did you mean limits?'],
    [
      'maxSessions: 5\n',
      'rtspool.yml:1:1: maxSessions is unknown; did you mean limits.maxSessions?',
    ],
    [
      'limits:\n  maxSessions: many\n',
      "rtspool.yml:2:16: limits.maxSessions must be a number from 0 to 4294967295, got 'many'",
    ],
    [
      'limits: { maxSessions: -1 }\n',
      'rtspool.yml:1:24: limits.maxSessions must be a number from 0 to 4294967295, got -1',
    ],
    ['limits: 5\n', 'rtspool.yml:1:9: limits must be a section with keys, got 5'],
    [
      'log:\n  level: loud\n',
      "rtspool.yml:2:10: log.level must be one of trace, debug, info, warn, error, fatal, silent, got 'loud'",
    ],
    [
      'log:\n  level: tarce\n',
      expect.stringMatching(/^rtspool\.yml:2:10: log\.level .*got 'tarce'; did you mean trace\?$/),
    ],
    [
      'testPicture: no\n',
      "rtspool.yml:1:14: testPicture must be true or false, got 'no'; in YAML 1.2 this is text: write false",
    ],
    ['limits:\n  maxSessions: "5"\n', expect.stringMatching(/got '5'; remove the quotes$/)],
    [
      'limits:\n  maxSessions: 1_000\n',
      expect.stringMatching(/got '1_000'; numbers have no underscores$/),
    ],
    [
      'limits:\n  maxIdleSetup: 30s\n',
      expect.stringMatching(/got '30s'; write a number of seconds$/),
    ],
    [
      'auth: { realm: 5 }\n',
      expect.stringMatching(/got 5; put text that looks like a number in quotes$/),
    ],
    [
      'limits:\n  trustedAddresses:\n    - 10.0.0.0/8\n    - 10.0.0.0/33\n',
      "rtspool.yml:4:7: limits.trustedAddresses[1] must be an address or a network, such as 10.0.0.0/8 or fd00::1, got '10.0.0.0/33'",
    ],
    [
      'paths:\n  cam: { file: a.mp4 }\n',
      "rtspool.yml:2:3: paths.cam must be a path such as /cam, or /live/* for all paths below, got 'cam'",
    ],
    [
      'paths:\n  /cam: { fil: a.mp4 }\n',
      'rtspool.yml:2:11: paths./cam.fil is unknown; did you mean file?',
    ],
    [
      'rtsp: { udpPorts: 20001-20002 }\n',
      "rtspool.yml:1:19: rtsp.udpPorts must be a range with an even port and the odd one after it, got '20001-20002'",
    ],
    [
      'rtsp: { port: 70000 }\n',
      'rtspool.yml:1:15: rtsp.port must be a number from 0 to 65535 or false, got 70000',
    ],
    [
      'auth:\n  rules:\n    - path: /*\n      read: [ann]\n      publsh: [bob]\n',
      'rtspool.yml:5:7: auth.rules[0].publsh is unknown; did you mean publish?',
    ],
    [
      'tls: { keyFile: k.pem }\n',
      expect.stringMatching(/^rtspool\.yml:1:17: tls\.keyFile needs a certificate/),
    ],
    [
      'overload: { refuseAbove: 0.5 }\n',
      'rtspool.yml:1:26: overload.refuseAbove must not be below saveAbove',
    ],
    [
      'paths: { /test: { file: a.mp4 } }\n',
      'rtspool.yml:1:25: paths./test.file and testPicture exclude each other',
    ],
    ['__proto__: { maxSessions: 5 }\n', 'rtspool.yml:1:1 the name __proto__ cannot be used'],
    [
      'cluster: { processes: 0 }\n',
      expect.stringMatching(/^rtspool\.yml:1:23: cluster\.processes must be .* 1 to 64, got 0$/),
    ],
    [
      'cluster: { processes: 2, url: "redis://127.0.0.1" }\n',
      'rtspool.yml:1:23: cluster.processes and cluster.url exclude each other',
    ],
    [
      'cluster: { processes: 2 }\nmulticast: { groups: [239.255.12.0/24] }\n',
      expect.stringMatching(/^rtspool\.yml:1:23: cluster\.processes and multicast\.groups exclude/),
    ],
    [
      'cluster: { processes: 2 }\nrecordings: { day: { path: /camera, folder: day } }\n',
      expect.stringMatching(/^rtspool\.yml:1:23: cluster\.processes and recordings exclude/),
    ],
    [
      'cluster: { processes: 3 }\nrtsp: { udpPorts: 20001-20005 }\n',
      'rtspool.yml:2:19: rtsp.udpPorts needs a pair of ports for each of 3 processes',
    ],
    [
      'cluster: { sessionsElsewhere: relay, url: "redis://127.0.0.1", key: "a secret of all servers", idKeys: ["a secret for ids"] }\n',
      'rtspool.yml:1:31: cluster.sessionsElsewhere can be relay only with cluster.address',
    ],
    [
      'cluster: { idKeys: ["too short"] }\n',
      'rtspool.yml:1:21: cluster.idKeys[0] must be text of 16 and more characters, got other text',
    ],
    [
      'paths: { __proto__: { loop: true } }\n',
      'rtspool.yml:1:10 the name __proto__ cannot be used',
    ],
  ])('in %j is named with its place', (text, message) => {
    expect(mistakesOf(() => loadText(text))).toEqual([message])
  })

  it.each([
    ...['redis://127.0.0.1:6379', 'rediss://ann:pw@redis.test', 'unix:///run/redis.sock'],
    ...['redis+sentinel://10.0.0.1,10.0.0.2:26380,[::1]:26381/main', 'rediss+cluster://:pw@h,i:7'],
    'redis+sentinel://ann:a%40b@h/main?sentinel_password=x',
  ])('takes the Redis at %s', (url) => {
    expect(loadText(`cluster: { url: '${url}' }\n`).config.cluster.url).toBe(url)
  })

  it.each([
    ...['127.0.0.1', 'http://127.0.0.1', 'redis+sentinel://h', 'redis+cluster://h/main'],
    ...['redis+cluster://h,', 'redis+other://h', 'redis+cluster://'],
  ])('refuses the Redis at %s, and does not show it', (url) => {
    const [mistake, ...others] = mistakesOf(() => loadText(`cluster: { url: '${url}' }\n`))
    expect(others).toEqual([])
    expect(mistake).toMatch(/cluster\.url must be an address such as redis:.* or redis\+cluster:/)
    expect(mistake).not.toContain(`got '${url}'`)
  })

  it('does not hide the others: all of all sources are named at once', () => {
    const text = 'limits:\n  maxSessions: a\n  nothing: 1\nlog: { level: loud }\n'
    const environment = { RTSPOOL_RTSP_PORT: 'x' }
    const mistakes = mistakesOf(() => loadText(text, environment, ['--udp-liveness', 'both']))
    expect(mistakes).toHaveLength(5)
    expect(mistakes.slice(-2)).toEqual([
      "RTSPOOL_RTSP_PORT must be a number from 0 to 65535 or false, got 'x'",
      "--udp-liveness must be one of client, connection, got 'both'",
    ])
  })
})
