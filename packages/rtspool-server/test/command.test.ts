import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'

const main = fileURLToPath(new URL('../lib/main.js', import.meta.url))

/** What the tests started; ended after each of them, whatever it found. */
const children = new Set<ChildProcessWithoutNullStreams>()

/** What the banner said. */
const outputOf = new WeakMap<ChildProcessWithoutNullStreams, string>()

const certificates = fileURLToPath(
  new URL('../../rtspool/test/support/certificates', import.meta.url),
)

afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
})

function start(...args: string[]): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [main, ...args])
  child.stdin.end()
  children.add(child)
  return child
}

interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

async function outcomeOf(child: ChildProcessWithoutNullStreams): Promise<Outcome> {
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'exit') as Promise<[number | null]>,
    text(child.stdout),
    text(child.stderr),
  ])
  return { code, stdout, stderr }
}

/** Waits for the banner, and reads the port from it. */
async function listeningPort(child: ChildProcessWithoutNullStreams): Promise<number> {
  let output = ''
  return new Promise((resolve, reject) => {
    child.on('exit', () => reject(new Error(`ended before it listened: ${output}`)))
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk
      const port = /listens on rtsp:\/\/.*:(\d+) /.exec(output)?.[1]
      outputOf.set(child, output)
      if (port !== undefined) resolve(Number(port))
    })
  })
}

function expectOneLine(stderr: string): void {
  expect(stderr).toMatch(/^error: [^\n]+\n$/)
  expect(stderr).not.toMatch(/^\s+at /m)
}

describe('the rtspool command', () => {
  it('prints its version and ends', async () => {
    const { code, stdout } = await outcomeOf(start('--version'))
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect(code).toBe(0)
  })

  it('refuses a bad option with one line and exit code 2', async () => {
    const { code, stdout, stderr } = await outcomeOf(start('--port', 'abc'))
    expect(stderr).toBe("error: --port must be a number from 0 to 65535 or false, got 'abc'\n")
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })

  it('reports a used port in one line', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const outcome = await outcomeOf(start('--host', '127.0.0.1', '--port', String(port)))
    server.close()
    expectOneLine(outcome.stderr)
    expect(outcome.stderr).toContain(`port ${port} is in use`)
    expect(outcome.code).toBe(1)
  })

  it('says by healthcheck whether it responds, and gives up on a server that does not', async () => {
    const child = start('--host', '127.0.0.1', '--port', '0')
    const url = `rtsp://127.0.0.1:${await listeningPort(child)}/`
    const healthy = await outcomeOf(start('healthcheck', url))
    expect(healthy).toEqual({ code: 0, stdout: expect.stringContaining('with 200\n'), stderr: '' })
    const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const silentUrl = `rtsp://127.0.0.1:${(silent.address() as AddressInfo).port}/`
    const { code, stderr } = await outcomeOf(start('healthcheck', silentUrl, '--timeout', '0.2'))
    silent.close()
    expect(stderr).toContain('no response within 0.2 s')
    expect(code).toBe(1)
  })

  it('reports a foreign host address in one line', async () => {
    // RFC 5737: 192.0.2.0/24 is for documentation and assigned to nobody.
    const { code, stderr } = await outcomeOf(start('--host', '192.0.2.1', '--port', '0'))
    expectOneLine(stderr)
    expect(stderr).toContain('--host 192.0.2.1')
    expect(code).toBe(1)
  })

  it('reports used UDP ports in one line', async () => {
    const socket = createSocket('udp4')
    const first = await bindEvenPort(socket)
    const range = `${first}-${first + 1}`
    const args = ['--host', '127.0.0.1', '--port', '0', '--udp-ports', range]
    const { code, stderr } = await outcomeOf(start(...args))
    socket.close()
    expectOneLine(stderr)
    expect(stderr).toContain(range)
    expect(code).toBe(1)
  })

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'closes cleanly at %s',
    { tags: 'B-DRAIN' },
    async (name) => {
      const child = start('--host', '127.0.0.1', '--port', '0')
      const outcome = outcomeOf(child)
      const port = await listeningPort(child)
      const viewer = connect(port, '127.0.0.1')
      await once(viewer, 'connect')
      const viewerClosed = once(viewer.resume(), 'close')
      child.kill(name)
      const { code, stderr } = await outcome
      await viewerClosed
      expect(code).toBe(0)
      const lines = stderr.trimEnd().split('\n')
      expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['ready', 'closing', 'closed'])
    },
  )

  it('lets sessions leave within --drain-seconds at SIGTERM', { tags: 'B-DRAIN' }, async () => {
    const child = start('--host', '127.0.0.1', '--port', '0', '--drain-seconds', '1')
    const outcome = outcomeOf(child)
    const port = await listeningPort(child)
    const newcomer = connect(port, '127.0.0.1')
    const viewer = connect(port, '127.0.0.1')
    await Promise.all([once(newcomer, 'connect'), once(viewer, 'connect')])
    const setUp = `SETUP rtsp://127.0.0.1:${port}/test/trackID=0 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP\r\n\r\n`
    viewer.write(setUp)
    expect(String((await once(viewer, 'data'))[0])).toContain('RTSP/1.0 200')
    await signal(child, 'SIGTERM', 'draining')
    newcomer.write(setUp)
    const refusal = String((await once(newcomer, 'data'))[0])
    expect(refusal).toMatch(/^RTSP\/1\.0 503 .*^Retry-After: \d+/ms)
    const { code, stderr } = await outcome
    expect(code).toBe(0)
    const lines = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining(['draining', 'session removed', 'closing', 'closed']),
    )
    expect(lines.find(({ msg }) => msg === 'session removed').reason).toBe('drained')
    for (const socket of [newcomer, viewer]) socket.destroy()
  })

  it('ends at once at a second signal, however long it drains', { tags: 'B-DRAIN' }, async () => {
    const child = start('--host', '127.0.0.1', '--port', '0', '--drain-seconds', '3600')
    const ended = once(child, 'exit')
    const port = await listeningPort(child)
    const viewer = connect(port, '127.0.0.1')
    await once(viewer, 'connect')
    viewer.write(
      `SETUP rtsp://127.0.0.1:${port}/test/trackID=0 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP\r\n\r\n`,
    )
    await once(viewer, 'data')
    await signal(child, 'SIGTERM', 'draining')
    // Signals within half a second come from the same key press.
    await until(() => {
      child.kill('SIGTERM')
      return child.exitCode !== null
    })
    expect(await ended).toEqual([143, null])
    viewer.destroy()
  })

  it('keeps running when nobody reads its output', async () => {
    const child = start('--host', '127.0.0.1', '--port', '0', '--log-level', 'silent')
    const ended = once(child, 'exit')
    await listeningPort(child)
    child.stdout.destroy()
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
  })

  it('serves the new certificate after SIGHUP, and keeps the old one when it cannot', {
    tags: ['A-TLS-3', 'U-5'],
  }, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'rtspool-tls-'))
    const files = { key: join(directory, 'key.pem'), cert: join(directory, 'cert.pem') }
    const put = (name: string) => {
      for (const part of ['key', 'cert'] as const) {
        copyFileSync(join(certificates, `${name}.${part}.pem`), files[part])
      }
    }
    put('first')
    const tls = ['--tls-port', '0', '--tls-key', files.key, '--tls-cert', files.cert]
    const child = start('--host', '127.0.0.1', '--port', '0', ...tls)
    const outcome = outcomeOf(child)
    await listeningPort(child)
    const port = await tlsPort(child)
    const first = await serialNumberAt(port)
    put('second')
    await hangUp(child, 'certificate reloaded')
    const second = await serialNumberAt(port)
    expect(second).not.toBe(first)
    writeFileSync(files.cert, 'not a certificate')
    await hangUp(child, 'configuration not reloaded')
    expect(await serialNumberAt(port)).toBe(second)
    rmSync(directory, { recursive: true })
    await hangUp(child, 'no such file')
    expect(await serialNumberAt(port)).toBe(second)
    child.kill('SIGTERM')
    expect((await outcome).code).toBe(0)
  })

  it('SIGHUP never ends the server: without a change it logs that and continues', {
    tags: 'U-5',
  }, async () => {
    const child = start('--host', '127.0.0.1', '--port', '0')
    const outcome = outcomeOf(child)
    const port = await listeningPort(child)
    await hangUp(child, 'configuration unchanged')
    await hangUp(child, 'configuration unchanged')
    await setUpAndLeave(port)
    child.kill('SIGTERM')
    expect((await outcome).code).toBe(0)
  })

  it('SIGHUP opens the log file again, so that it can be moved away', { tags: 'U-5' }, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'rtspool-log-'))
    const file = join(directory, 'rtspool.log')
    const read = (name: string) => (existsSync(name) ? readFileSync(name, 'utf8') : '')
    const child = start('--host', '127.0.0.1', '--port', '0', '--log-file', file)
    const outcome = outcomeOf(child)
    const port = await listeningPort(child)
    await until(() => read(file).includes('ready'))
    for (const n of [1, 2, 3]) {
      renameSync(file, `${file}.${n}`)
      child.kill('SIGHUP')
      await until(() => read(file).includes('log file opened again'))
    }
    // A folder in the place of the file: the one before stays.
    renameSync(file, `${file}.4`)
    mkdirSync(file)
    child.kill('SIGHUP')
    await until(() => read(`${file}.4`).includes('log file not opened again'))
    await setUpAndLeave(port)
    child.kill('SIGTERM')
    const { code, stderr } = await outcome
    expect([code, stderr]).toEqual([0, ''])
    expect(read(`${file}.4`)).toContain('"msg":"closed"')
    rmSync(directory, { recursive: true })
  })

  it('reports in one line a log file that cannot be opened', { tags: 'U-5' }, async () => {
    const { code, stderr } = await outcomeOf(start('--log-file', '/nowhere/rtspool.log'))
    expectOneLine(stderr)
    expect(stderr).toContain('--log-file /nowhere/rtspool.log cannot be opened')
    expect(code).toBe(1)
  })

  it('SIGUSR2 changes the level of the log to debug, and back', { tags: 'U-8' }, async () => {
    const child = start('--host', '127.0.0.1', '--port', '0')
    const stderr = text(child.stderr)
    const port = await listeningPort(child)
    const change = (level: string) => signal(child, 'SIGUSR2', `"logLevel":"${level}"`)
    await setUpAndLeave(port)
    await change('debug')
    await setUpAndLeave(port)
    await change('info')
    await setUpAndLeave(port)
    child.kill('SIGTERM')
    const lines = (await stderr)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const opened = lines.filter(({ msg }) => msg === 'connection opened')
    expect(opened).toHaveLength(1)
  })

  it('reports in one line a certificate that cannot be read', async () => {
    const tls = ['--tls-key', '/nowhere/key.pem', '--tls-cert', '/nowhere/cert.pem']
    const { code, stderr } = await outcomeOf(start('--host', '127.0.0.1', '--port', '0', ...tls))
    expectOneLine(stderr)
    expect(stderr).toContain('/nowhere/key.pem')
    expect(code).toBe(1)
  })

  it('logs sessions by their public id, and why they left', async () => {
    const child = start('--host', '127.0.0.1', '--port', '0')
    const outcome = outcomeOf(child)
    const port = await listeningPort(child)
    const session = await setUpAndLeave(port)
    child.kill('SIGTERM')
    const { stderr } = await outcome
    expect(stderr).toMatch(/"path":"\/test","address":"127.0.0.1","msg":"session created"/)
    expect(stderr).toMatch(/"reason":"teardown","msg":"session removed"/)
    expect(stderr).not.toContain(session)
  })

  it('--no-test leaves /test free for publishers', async () => {
    const child = start('--host', '127.0.0.1', '--port', '0', '--no-test')
    const port = await listeningPort(child)
    expect(outputOf.get(child)).not.toContain('ffplay')
    const socket = connect(port, '127.0.0.1').setEncoding('latin1')
    const url = `rtsp://127.0.0.1:${port}/test`
    expect(await answerOn(socket, `DESCRIBE ${url} RTSP/1.0\r\nCSeq: 1`)).toContain('404')
    socket.destroy()
  })

  it('logs allowed settings that are mostly mistakes', { tags: ['U-9', 'P-6'] }, async () => {
    const options = ['--user', 'ann:canary', '--basic-in-clear', '--session-timeout', '5']
    const child = start('--host', '127.0.0.1', '--port', '0', ...options)
    const outcome = outcomeOf(child)
    await listeningPort(child)
    child.kill('SIGTERM')
    const warnings = linesOf((await outcome).stderr).filter(({ level }) => level === 'warn')
    expect(warnings.map(({ msg }) => msg)).toEqual([
      expect.stringContaining('--users-file or RTSPOOL_USERS'),
      expect.stringContaining('--basic-in-clear'),
      expect.stringContaining('--session-timeout 5 is short'),
    ])
    expect(JSON.stringify(warnings)).not.toContain('canary')
  })

  it('logs at the start that /test cannot play, and later each refused client', {
    tags: 'U-3',
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rtspool-no-clip-'))
    const server = fileURLToPath(new URL('..', import.meta.url))
    cpSync(join(server, 'lib'), join(folder, 'lib'), { recursive: true })
    copyFileSync(join(server, 'package.json'), join(folder, 'package.json'))
    symlinkSync(join(server, '../../node_modules'), join(folder, 'node_modules'))
    const child = spawn(process.execPath, [
      join(folder, 'lib/main.js'),
      ...['--host', '127.0.0.1', '--port', '0'],
    ])
    children.add(child)
    const outcome = outcomeOf(child)
    const port = await listeningPort(child)
    const socket = connect(port, '127.0.0.1').setEncoding('latin1')
    const url = `rtsp://127.0.0.1:${port}/test`
    expect(await answerOn(socket, `DESCRIBE ${url} RTSP/1.0\r\nCSeq: 1`)).toContain('503')
    socket.destroy()
    child.kill('SIGTERM')
    const errors = linesOf((await outcome).stderr).filter(({ level }) => level === 'error')
    rmSync(folder, { recursive: true })
    expect(errors[0]).toMatchObject({
      msg: '/test cannot play',
      reason: expect.stringContaining('test.mp4 is missing'),
    })
    expect(errors[1]).toMatchObject({ msg: 'request failed', method: 'DESCRIBE', path: '/test' })
  })

  it('logs at info each refused request, its client and the reason', { tags: 'U-8' }, async () => {
    const child = start('--host', '127.0.0.1', '--port', '0')
    const outcome = outcomeOf(child)
    const port = await listeningPort(child)
    const url = `rtsp://127.0.0.1:${port}`
    const sdp =
      'v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\na=control:a\r\n'
    const announce = (path: string) => [
      `ANNOUNCE ${url}${path} RTSP/1.0`,
      'Content-Type: application/sdp',
      `Content-Length: ${sdp.length}`,
      'CSeq: 1',
    ]
    const say = async (head: readonly string[], body = ''): Promise<string> => {
      const socket = connect(port, '127.0.0.1').setEncoding('latin1')
      const answer = await answerOn(socket, head.join('\r\n'), body)
      socket.destroy()
      return answer.slice('RTSP/1.0 '.length, 'RTSP/1.0 '.length + 3)
    }
    const ask = (method: string, path: string, ...headers: string[]) =>
      say([`${method} ${url}${path} RTSP/1.0`, 'CSeq: 1', ...headers])
    const publisher = connect(port, '127.0.0.1').setEncoding('latin1')
    await answerOn(publisher, announce('/live').join('\r\n'), sdp)
    expect([
      await ask('DESCRIBE', '/nosuch?token=canary'),
      await say(announce('/live'), sdp),
      await ask('SETUP', '/test/trackID=0', 'Transport: RTP/AVP/DCCP;unicast'),
      await ask('SETUP', '/test/trackID=77', 'Transport: RTP/AVP/TCP;interleaved=0-1'),
      await ask('PLAY', '/test', 'Session: nobody'),
      await ask('JUMP', '/test'),
      await ask('DESCRIBE', '/test', 'Accept: text/html'),
      await ask('DESCRIBE', '/test', 'Require: org.example.none'),
    ]).toEqual(['404', '403', '461', '404', '454', '501', '406', '551'])
    child.kill('SIGTERM')
    const { stderr } = await outcome
    publisher.destroy()
    expect(stderr).not.toContain('canary')
    const refused = linesOf(stderr).filter(({ msg }) => msg === 'request refused')
    expect(refused).toHaveLength(8)
    for (const line of refused) {
      expect(line).toMatchObject({
        level: 'info',
        address: '127.0.0.1',
        path: expect.stringMatching(/^\/(test|live|nosuch)/),
        code: expect.stringMatching(/^ERR_/),
        why: expect.stringMatching(/\w+ \w+/),
      })
    }
  })

  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['a header that is none', 'OPTIONS * RTSP/1.0\r\nCSeq 1\r\n\r\n'],
    ['a URI that is too long', `OPTIONS rtsp://h/${'a'.repeat(5000)} RTSP/1.0\r\n\r\n`],
    ['a header that is too long', `OPTIONS * RTSP/1.0\r\nX: ${'a'.repeat(70_000)}\r\n\r\n`],
    ['a length that is no number', 'OPTIONS * RTSP/1.0\r\nContent-Length: many\r\n\r\n'],
  ])('logs at info the reason for refusing %s', { tags: 'U-8' }, async (_, bytes) => {
    const child = start('--host', '127.0.0.1', '--port', '0')
    const outcome = outcomeOf(child)
    const port = await listeningPort(child)
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(bytes)
    await once(socket.resume(), 'close')
    child.kill('SIGTERM')
    const lines = linesOf((await outcome).stderr).filter(({ msg }) => msg === 'message refused')
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'info',
        address: '127.0.0.1',
        code: expect.stringMatching(/^ERR_/),
        why: expect.stringMatching(/\w+ \w+/),
      }),
    ])
  })

  it('a client that connects again and again causes a few lines and a summary', {
    tags: 'S-7',
  }, async () => {
    const child = start('--host', '127.0.0.1', '--port', '0')
    const outcome = outcomeOf(child)
    const port = await listeningPort(child)
    for (let session = 0; session < 60; session++) await setUpAndLeave(port)
    child.kill('SIGTERM')
    const lines = linesOf((await outcome).stderr)
    const count = (message: string) => lines.filter(({ msg }) => msg === message).length
    // More than a window of ten seconds may have passed on a busy machine.
    expect(count('session created')).toBeLessThanOrEqual(30)
    expect(count('session removed')).toBeLessThanOrEqual(30)
    const summed = lines.map(({ kinds }) => kinds?.['session created'] ?? 0)
    expect(count('session created') + summed.reduce((sum, n) => sum + n, 0)).toBe(60)
  })

  it('logs duration, traffic and transport of an ended session', async () => {
    const child = start('--host', '127.0.0.1', '--port', '0')
    const outcome = outcomeOf(child)
    const port = await listeningPort(child)
    await setUpAndLeave(port, { plays: true })
    await setUpAndLeave(port, { transport: 'RTP/AVP;unicast;client_port=45678-45679' })
    child.kill('SIGTERM')
    const removed = linesOf((await outcome).stderr).filter(({ msg }) => msg === 'session removed')
    expect(removed[0]).toMatchObject({ transport: 'TCP', packetsLost: 0, packetsDropped: 0 })
    expect(removed[0]?.bytesOut).toBeGreaterThan(1000)
    expect(removed[0]?.seconds).toBeLessThan(5)
    expect(removed[1]).toMatchObject({ transport: 'UDP', bytesOut: 0, bytesIn: 0 })
  })

  it('--max-sessions-per-address leaves room for other addresses', { tags: 'B-FULL' }, async () => {
    const child = start('--host', '127.0.0.1', '--port', '0', '--max-sessions-per-address', '1')
    const port = await listeningPort(child)
    const setUpFrom = async (localAddress: string): Promise<string> => {
      const socket = connect({ port, host: '127.0.0.1', localAddress }).setEncoding('latin1')
      const transport = 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1'
      const uri = `rtsp://127.0.0.1:${port}/test/trackID=0`
      const answer = await answerOn(socket, `SETUP ${uri} RTSP/1.0\r\nCSeq: 1\r\n${transport}`)
      return answer.slice(0, 'RTSP/1.0 200'.length)
    }
    expect(await setUpFrom('127.0.0.1')).toBe('RTSP/1.0 200')
    expect(await setUpFrom('127.0.0.1')).toBe('RTSP/1.0 503')
    expect(await setUpFrom('127.0.0.2')).toBe('RTSP/1.0 200')
  })
})

/** Sends a request, and reads the head of its answer. */
async function answerOn(socket: Socket, request: string, body = ''): Promise<string> {
  socket.write(`${request}\r\n\r\n${body}`)
  let received = ''
  while (!received.includes('\r\n\r\n')) {
    const [chunk] = (await once(socket, 'data')) as [string]
    received += chunk
  }
  return received
}

/** A line of the log. */
interface Line {
  readonly level: string
  readonly msg: string
  readonly kinds?: Readonly<Record<string, number>>
  readonly bytesOut?: number
  readonly seconds?: number
}

const linesOf = (stderr: string): Line[] =>
  stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

/** The banner is written at once: what stands below its first line is there when that is. */
async function tlsPort(child: ChildProcessWithoutNullStreams): Promise<number> {
  const output = String(outputOf.get(child))
  return Number(/with TLS on rtsps:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1])
}

async function serialNumberAt(port: number): Promise<string> {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { serialNumber } = socket.getPeerCertificate()
  socket.destroy()
  return serialNumber
}

/** Sends SIGHUP and waits for the line of the log. */
const hangUp = (child: ChildProcessWithoutNullStreams, line: string): Promise<void> =>
  signal(child, 'SIGHUP', line)

/** Sends a signal and waits for the line of the log. */
function signal(
  child: ChildProcessWithoutNullStreams,
  name: NodeJS.Signals,
  line: string,
): Promise<void> {
  return new Promise((resolve) => {
    const look = (chunk: Buffer) => {
      if (!chunk.includes(line)) return
      child.stderr.off('data', look)
      resolve()
    }
    child.stderr.on('data', look)
    child.kill(name)
  })
}

/** Waits for something that the command does on its own, and leaves the processor to it. */
const until = (isDone: () => boolean) => vi.waitUntil(isDone, { timeout: 8_000, interval: 10 })

async function bindEvenPort(socket: ReturnType<typeof createSocket>): Promise<number> {
  for (let port = 40_000; port < 60_000; port += 2) {
    const bound = once(socket, 'listening').then(
      () => true,
      () => false,
    )
    socket.bind(port, '127.0.0.1')
    if (await bound) return port
  }
  throw new Error('no UDP port is free')
}

/** SETUP and TEARDOWN of one interleaved session; returns its secret id. */
async function setUpAndLeave(
  port: number,
  { transport = 'RTP/AVP/TCP;unicast;interleaved=0-1', plays = false } = {},
): Promise<string> {
  const url = `rtsp://127.0.0.1:${port}/test`
  const socket = connect(port, '127.0.0.1').setEncoding('latin1')
  const answer = (request: string): Promise<string> => answerOn(socket, request)
  const described = await answer(`DESCRIBE ${url} RTSP/1.0\r\nCSeq: 1`)
  expect(described).toContain('RTSP/1.0 200')
  const control = /a=control:(\S*track\S*|\S*stream\S*)/.exec(described)?.[1] ?? 'track1'
  const trackUrl = control.startsWith('rtsp:') ? control : `${url}/${control}`
  const setUp = await answer(`SETUP ${trackUrl} RTSP/1.0\r\nCSeq: 2\r\nTransport: ${transport}`)
  expect(setUp).toContain('RTSP/1.0 200')
  const session = /Session: ([^;\r]+)/.exec(setUp)?.[1] ?? ''
  expect(session).not.toBe('')
  if (plays) {
    await answer(`PLAY ${url} RTSP/1.0\r\nCSeq: 3\r\nSession: ${session}`)
    for (let packets = 0; packets < 20; packets++) await once(socket, 'data')
  }
  const left = await answer(`TEARDOWN ${url} RTSP/1.0\r\nCSeq: 4\r\nSession: ${session}`)
  expect(left).toContain('RTSP/1.0 200')
  socket.destroy()
  return session
}
