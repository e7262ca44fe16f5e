import { describe, expect, it } from 'vitest'
import { configSchema } from '../src/config/schema.js'
import { poolLimitsOf } from '../src/config/server-options.js'
import { parseCommandLine } from '../src/options.js'

const version = '1.2.3'

function settingsOf(args: readonly string[]) {
  const invocation = parseCommandLine(args, version)
  if (invocation.kind !== 'serve') throw new Error(JSON.stringify(invocation))
  return invocation.options.settings
}

describe('a good command line', () => {
  it('without arguments means the defaults', () => {
    const { config, auth, warnings, file } = settingsOf([])
    expect({ auth, warnings, file }).toEqual({ auth: undefined, warnings: [], file: undefined })
    expect(config).toEqual(configSchema.parse({}))
    expect(config).toMatchObject({
      rtsp: { port: 8554, udpPorts: '30000-30999' },
      limits: { maxSessions: 1000, maxConnections: 10_000 },
      sessions: { timeout: 60, udpLiveness: 'connection' },
      publish: { paths: ['/*'], takeover: 'idle', timeline: 'passThrough' },
      testPicture: true,
      log: { level: 'info' },
    })
    expect(poolLimitsOf(config)).toMatchObject({ maxSessionsPerAddress: 250 })
  })

  it.each([
    { args: ['--port', '9000'], expected: { rtsp: { port: 9000 } } },
    { args: ['--port=0'], expected: { rtsp: { port: 0 } } },
    { args: ['--port', '65535'], expected: { rtsp: { port: 65535 } } },
    { args: ['--host', '127.0.0.1'], expected: { rtsp: { host: '127.0.0.1' } } },
    { args: ['--host', '::1'], expected: { rtsp: { host: '::1' } } },
    { args: ['--host', '[::1]'], expected: { rtsp: { host: '[::1]' } } },
    { args: ['--host', 'localhost'], expected: { rtsp: { host: 'localhost' } } },
    {
      args: ['--tls-key', 'k.pem', '--tls-cert', 'c.pem'],
      expected: { tls: { port: 8322, keyFile: 'k.pem', certFile: 'c.pem' } },
    },
    {
      args: ['--tls-port', '0', '--tls-key', 'k.pem', '--tls-cert', 'c.pem'],
      expected: { tls: { port: 0, keyFile: 'k.pem', certFile: 'c.pem' } },
    },
    { args: ['--max-connections', '50'], expected: { limits: { maxConnections: 50 } } },
    {
      args: ['--max-connections-per-address', '0'],
      expected: { limits: { maxConnectionsPerAddress: 0 } },
    },
    {
      args: ['--trusted-addresses', '10.0.0.0/8,fd00::1,192.0.2.7'],
      expected: { limits: { trustedAddresses: ['10.0.0.0/8', 'fd00::1', '192.0.2.7'] } },
    },
    {
      args: ['--trusted-proxies', '10.0.0.5,fd00::/64'],
      expected: { rtsp: { trustedProxies: ['10.0.0.5', 'fd00::/64'] } },
    },
    { args: ['--trusted-addresses', 'none'], expected: { limits: { trustedAddresses: [] } } },
    { args: ['--max-sessions', '0'], expected: { limits: { maxSessions: 0 } } },
    { args: ['--max-sessions', '4294967295'], expected: { limits: { maxSessions: 2 ** 32 - 1 } } },
    {
      args: ['--max-sessions-per-address', '0'],
      expected: { limits: { maxSessionsPerAddress: 0 } },
    },
    { args: ['--drain-seconds', '20'], expected: { sessions: { drainSeconds: 20 } } },
    { args: ['--session-timeout', '0'], expected: { sessions: { timeout: 0 } } },
    { args: ['--session-timeout', '2147483647'], expected: { sessions: { timeout: 2 ** 31 - 1 } } },
    { args: ['--udp-ports', '20000-20001'], expected: { rtsp: { udpPorts: '20000-20001' } } },
    { args: ['--udp-ports', '20001-20003'], expected: { rtsp: { udpPorts: '20001-20003' } } },
    { args: ['--udp-ports', 'false'], expected: { rtsp: { udpPorts: false } } },
    { args: ['--no-publish'], expected: { publish: { paths: [] } } },
    { args: ['--no-test'], expected: { testPicture: false } },
    { args: ['--timeline', 'continuous'], expected: { publish: { timeline: 'continuous' } } },
    { args: ['--udp-liveness', 'client'], expected: { sessions: { udpLiveness: 'client' } } },
    { args: ['--publisher-takeover', 'never'], expected: { publish: { takeover: 'never' } } },
    {
      args: ['--publisher-takeover', 'sameOwner'],
      expected: { publish: { takeover: 'sameOwner' } },
    },
    { args: ['--log-level', 'silent'], expected: { log: { level: 'silent' } } },
    { args: ['--log-format', 'json'], expected: { log: { format: 'json' } } },
    { args: ['--log-file', 'a.log'], expected: { log: { file: 'a.log' } } },
    {
      args: ['--multicast', '239.255.12.1,ff15::1'],
      expected: { multicast: { groups: ['239.255.12.1', 'ff15::1'] } },
    },
    {
      args: ['--set', 'limits.maxSessionsPerUser=4', '--set', 'viewers.gopCache.enabled=false'],
      expected: { limits: { maxSessionsPerUser: 4 }, viewers: { gopCache: { enabled: false } } },
    },
    {
      args: ['--set', 'paths={/cam: {file: a.mp4}}'],
      expected: { paths: { '/cam': { file: 'a.mp4', loop: false } } },
    },
    // An option of its own is more specific than --set.
    { args: ['--set', 'rtsp.port=1', '--port', '2'], expected: { rtsp: { port: 2 } } },
  ])('$args is understood', ({ args, expected }) => {
    expect(settingsOf(args).config).toMatchObject(expected)
  })

  it.each([
    { args: ['--max-sessions', '0'], share: 0 },
    { args: ['--max-sessions', '5'], share: 16 },
    { args: ['--max-sessions', '65'], share: 17 },
    { args: ['--max-sessions', '8', '--max-sessions-per-address', '2'], share: 2 },
  ])('$args means $share sessions of one address', ({ args, share }) => {
    expect(poolLimitsOf(settingsOf(args).config).maxSessionsPerAddress).toBe(share)
  })

  it('--help prints every option', () => {
    const invocation = parseCommandLine(['--help'], version)
    if (invocation.kind !== 'print') throw new Error('expected text')
    for (const option of [
      '--port',
      '--host',
      '--tls-port',
      '--tls-key',
      '--tls-cert',
      '--max-sessions',
      '--max-sessions-per-address',
      '--max-connections',
      '--max-connections-per-address',
      '--trusted-addresses',
      '--session-timeout',
      '--udp-ports',
      '--udp-liveness',
      '--publisher-takeover',
      '--multicast',
      '--no-publish',
      '--no-test',
      '--users-file',
      '--timeline',
      '--user',
      '--publish-user',
      '--public-read',
      '--basic-in-clear',
      '--log-level',
      '--log-format',
      '--log-file',
      '--config',
      '--set',
      '--help',
      '--version',
    ]) {
      expect(invocation.stdout).toContain(option)
    }
    expect(invocation.exitCode).toBe(0)
  })

  it('--version prints the version alone', () => {
    expect(parseCommandLine(['--version'], version)).toEqual({
      kind: 'print',
      stdout: '1.2.3\n',
      exitCode: 0,
    })
  })
})

describe('a bad command line is refused with one line and exit code 2', () => {
  const portRange = '--port must be a number from 0 to 65535 or false'
  it.each([
    { args: ['--port', 'abc'], message: `${portRange}, got 'abc'` },
    { args: ['--port', '65536'], message: `${portRange}, got '65536'` },
    { args: ['--port=-1'], message: `${portRange}, got '-1'` },
    { args: ['--port', '1e3'], message: `${portRange}, got '1e3'` },
    { args: ['--port', '80.5'], message: `${portRange}, got '80.5'` },
    { args: ['--port='], message: `${portRange}, got ''` },
    { args: ['--port', ' 80'], message: `${portRange}, got ' 80'` },
    { args: ['--port'], message: "option '--port <port>' argument missing" },
    { args: ['--host='], message: "--host must be an address or a name, got ''" },
    { args: ['--host', 'a b'], message: "--host must be an address or a name, got 'a b'" },
    {
      args: ['--tls-key', 'k.pem'],
      message: '--tls-key needs a certificate: --tls-cert or tls.certFile',
    },
    {
      args: ['--tls-port', '322'],
      message: '--tls-port needs a key and a certificate: --tls-key and --tls-cert',
    },
    {
      args: ['--max-sessions', '-5'],
      message: "--max-sessions must be a number from 0 to 4294967295, got '-5'",
    },
    {
      args: ['--session-timeout', '2147483648'],
      message: "--session-timeout must be a number from 0 to 2147483647, got '2147483648'",
    },
    {
      args: ['--udp-ports', '20000'],
      message: "--udp-ports must be two ports from 1 to 65535 as in 20000-20001, got '20000'",
    },
    {
      args: ['--udp-ports', '300-200'],
      message: "--udp-ports must be two ports from 1 to 65535 as in 20000-20001, got '300-200'",
    },
    {
      args: ['--udp-ports', '0-10'],
      message: "--udp-ports must be two ports from 1 to 65535 as in 20000-20001, got '0-10'",
    },
    {
      args: ['--udp-ports', '65000-65536'],
      message: "--udp-ports must be two ports from 1 to 65535 as in 20000-20001, got '65000-65536'",
    },
    {
      args: ['--udp-ports', '20001-20002'],
      message:
        "--udp-ports must be a range with an even port and the odd one after it, got '20001-20002'",
    },
    ...['', '10.0.0.0/24', '239.255.12.0/24,', '239.255.12.0/33'].map((groups) => ({
      args: ['--multicast', groups],
      message:
        '--multicast must be a multicast address or range such as 239.255.12.0/24 or ff15::/16, ' +
        `got '${groups.split(',').at(-1)}'`,
    })),
    {
      args: ['--timeline', 'continous'],
      message:
        "--timeline must be one of passThrough, continuous, got 'continous'; did you mean continuous?",
    },
    {
      args: ['--udp-liveness', 'both'],
      message: "--udp-liveness must be one of client, connection, got 'both'",
    },
    {
      args: ['--publisher-takeover', 'soon'],
      message: "--publisher-takeover must be one of never, idle, sameOwner, always, got 'soon'",
    },
    {
      args: ['--log-level', 'loud'],
      message:
        "--log-level must be one of trace, debug, info, warn, error, fatal, silent, got 'loud'",
    },
    ...['--log-file', '--tls-key', '--tls-cert'].map((name) => ({
      args: [`${name}=`],
      message: `${name} must be the path of a file, got ''`,
    })),
    { args: ['file.mp4'], message: 'expected options, or a command and its arguments; see --help' },
  ])('$args', ({ args, message }) => {
    const invocation = parseCommandLine(args, version)
    expect(invocation).toEqual({ kind: 'refuse', stderr: `error: ${message}\n`, exitCode: 2 })
  })
})

describe('--session-timeout', { tags: 'P-6' }, () => {
  const warningsOf = (seconds: string) => settingsOf(['--session-timeout', seconds]).warnings

  it.each(['1', '2', '4', '5', '6', '9'])('of %s s is warned of', (seconds) => {
    expect(warningsOf(seconds)).toEqual([
      expect.stringMatching(`^--session-timeout ${seconds} .*go2rtc.*ffmpeg`),
    ])
  })

  it.each(['0', '10', '60', '2147483647'])('of %s s is not', (seconds) => {
    expect(warningsOf(seconds)).toEqual([])
  })
})

describe('a wrong name', () => {
  const unknown = (name: string, hint: string) => `error: there is no option ${name}; ${hint}\n`
  it.each([
    ['--prot', '--port'],
    ['--ports', '--port'],
    ['--maxSessions', '--max-sessions'],
    ['--max_sessions_per_address', '--max-sessions-per-address'],
    ['--timeout', '--session-timeout'],
    ['--sesion-timeout', '--session-timeout'],
    ['--loglevel', '--log-level'],
    ['--cert', '--tls-cert'],
    ['--no-publishing', '--no-publish'],
    ['--udp-port', '--udp-ports'],
    ['--users', '--user'],
    ['--hots', '--host'],
    ['--HELP', '--help'],
  ])('%s brings up the nearest right one, %s', (name, nearest) => {
    const invocation = parseCommandLine([name, '1'], version)
    expect(invocation).toMatchObject({
      kind: 'refuse',
      stderr: unknown(name, `did you mean ${nearest}?`),
    })
  })

  it.each(['--frobnicate', '-x', '-Z'])('%s is like none', (name) => {
    const invocation = parseCommandLine([name], version)
    expect(invocation).toMatchObject({ kind: 'refuse', stderr: unknown(name, 'see --help') })
  })

  it('never shows the value behind it', { tags: 'B-SECR' }, () => {
    const invocation = parseCommandLine(['--usr=ann:canary'], version)
    expect(JSON.stringify(invocation)).not.toContain('canary')
  })

  it.each([
    ['--log-level', 'Debug', 'debug'],
    ['--log-level', 'warning', 'warn'],
    ['--log-level', 'tarce', 'trace'],
    ['--log-format', 'jsno', 'json'],
    ['--log-format', 'prety', 'pretty'],
  ])('%s %s brings up %s', (flag, value, nearest) => {
    const invocation = parseCommandLine([flag, value], version)
    expect(invocation).toMatchObject({
      kind: 'refuse',
      stderr: expect.stringMatching(`got '${value}'; did you mean ${nearest}\\?\n$`),
    })
  })
})
