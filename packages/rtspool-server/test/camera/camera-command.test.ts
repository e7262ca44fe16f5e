import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { cameraCommand, createCameraCommand } from '../../src/camera/camera-command.js'
import { faultNames } from '../../src/camera/fault-table.js'
import { quirks } from '../../src/camera/quirks/quirks.js'
import { startText } from '../../src/camera/serve-cameras.js'
import { CollectedOutput } from '../collected-output.js'

async function run(...args: string[]) {
  const output = new CollectedOutput()
  const exitCode = await cameraCommand(args, '1.2.3', output)
  return { exitCode, ...output.text }
}

describe('rtspool camera', () => {
  it('lists every quirk with its source', async () => {
    const { exitCode, stdout } = await run('--list-quirks')
    expect(exitCode).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(quirks.length)
    expect(lines[0]).toMatch(/^1 +SETUP fails .*gortsplib 3084b62d\)$/)
  })

  it('has an option for each fault', async () => {
    const { exitCode, stdout } = await run('--help')
    expect(exitCode).toBe(0)
    for (const name of faultNames) expect(stdout).toContain(`--${name} <`)
  })

  it.each([
    [['--loss', 'x'], 'loss: expected a percentage from 0 to 100, got "x"'],
    [
      ['--quirk', '99'],
      'quirk: expected numbers that rtspool camera --list-quirks shows, got "99"',
    ],
    [['--port', '70000'], 'Expected a port from 0 to 65535'],
    [['--user', 'admin'], 'Expected a name, a colon and a password'],
    [['--tls-key', 'key.pem'], '--tls-key and --tls-cert need each other'],
    [['--discovery'], '--discovery needs --onvif-port'],
    [
      ['--discovery', '--onvif-port', '0', '--host', '::1'],
      '--discovery: expected an IPv4 address as --host, got ::1',
    ],
    [['--motion', '5'], 'motion: expected a length and a time in seconds, such as 5@20, got "5"'],
    [['--los', '1'], "unknown option '--los'"],
  ])('refuses %j with exit code 2', async (args, message) => {
    const { exitCode, stderr } = await run(...args)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(message)
  })

  it('refuses a file that is missing with exit code 1', async () => {
    const { exitCode, stderr } = await run('missing.mp4')
    expect([exitCode, stderr]).toEqual([1, 'error: missing.mp4 is missing\n'])
  })

  it('says which port is in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const { exitCode, stderr } = await run('--port', String(port))
    expect([exitCode, stderr]).toEqual([
      1,
      `error: port ${port} is in use already; choose another\n`,
    ])
    taken.close()
    await once(taken, 'close')
  })

  it('reads faults from its options', () => {
    let options: unknown
    const command = createCameraCommand((_file, given) => {
      options = given
    })
    command.parse(['--loss', '1', '--quirk', '19,33b', '--stall', '5@20'], { from: 'user' })
    expect(options).toMatchObject({
      ...{ loss: 1, quirk: ['19', '33b'], stall: [{ seconds: 5, atSeconds: 20 }] },
    })
  })

  it('shows its URLs at the start', () => {
    const urls = { url: 'rtsp://127.0.0.1:8554', tlsUrl: 'rtsps://127.0.0.1:8322' }
    const text = startText({ version: '1.2.3', ...urls, paths: ['/test'] })
    expect(text).not.toContain('ONVIF')
    const onvifUrl = 'http://127.0.0.1:8000/onvif/device_service'
    expect(startText({ version: '1.2.3', ...urls, onvifUrl, paths: [] })).toContain(
      `with ONVIF on ${onvifUrl}\n`,
    )
    expect(text).toContain('with TLS on rtsps://127.0.0.1:8322, the same paths\n')
    expect(text).toContain('rtspool 1.2.3 serves virtual cameras on rtsp://127.0.0.1:8554\n')
    expect(text).toContain('  play    rtsp://127.0.0.1:8554/test\n')
  })
})

describe('quirks', () => {
  it('have identifiers of their own, each with a source and a behaviour of one line', () => {
    const ids = quirks.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { id, who, does, source } of quirks) {
      expect(id).toMatch(/^\d+[a-z]?$/)
      for (const text of [who, does, source]) expect(text).toMatch(/^[^\n]+[^.\n]$/)
    }
  })
})
