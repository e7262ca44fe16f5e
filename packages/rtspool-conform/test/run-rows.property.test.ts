import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { check, Skip } from '../src/mismatch.js'
import type { Row } from '../src/row.js'
import { type RunOptions, runRow } from '../src/run-rows.js'
import { parseTarget } from '../src/target.js'
import { findUnfitTargets } from '../src/unfit-targets.js'

const servers = new Set<Server>()
const sockets = new Set<Socket>()

afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  await Promise.all([...servers].map((server) => new Promise((done) => server.close(done))))
  servers.clear()
})

/** A server that does with each connection what the test says. */
async function optionsFor(behave: (socket: Socket) => void): Promise<RunOptions> {
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    behave(socket)
  }).listen(0, '127.0.0.1')
  servers.add(server)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const parsed = parseTarget(`rtsp://127.0.0.1:${port}/cam`)
  if (typeof parsed === 'string') throw new Error(parsed)
  const none = undefined
  const others = { publish: none, seekable: none, private: none, multicast: none }
  const targets = { ...others, main: parsed.presentation, carrier: parsed.carrier }
  return {
    targets: { ...targets, isInsecure: false, credentials: none },
    ...{ timeout: 0.2, isStrict: false, isSlow: false, trackCount: 1, unfit: {} },
  }
}

const row = (changes: Partial<Row> = {}): Row => ({
  ...{ id: 'A-MSG-2', level: 'must', reference: 'RFC 2326 10', requirement: 'x', expected: '200' },
  run: async (trial) => {
    const peer = await trial.connect()
    await peer.expect(200, 'OPTIONS', trial.uri)
    return undefined
  },
  ...changes,
})

const answering = (answer: string) => (socket: Socket) =>
  void socket.on('data', () => socket.write(answer))
const ok = 'RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n'

describe('a row', () => {
  it('passes when the server does as expected', async () => {
    const result = await runRow(row(), await optionsFor(answering(ok)))
    expect(result).toMatchObject({ status: 'pass', got: 'as expected' })
  })

  it.each([
    { name: 'refuses', behave: answering('RTSP/1.0 500 No\r\n\r\n'), got: '500 No' },
    {
      name: 'closes',
      behave: (socket: Socket) => void socket.end(),
      got: 'the server closed the connection',
    },
    { name: 'is silent', behave: () => undefined, got: 'nothing within 0.2 s' },
    { name: 'sends garbage', behave: answering('\x16\x03'), got: /begin no message/ },
    {
      name: 'sends half an answer',
      behave: answering('RTSP/1.0 200'),
      got: 'nothing within 0.2 s',
    },
    {
      name: 'sends control characters',
      behave: answering('RTSP/1.0 400 a\x1b[2Jb\r\n\r\n'),
      got: /^400 a \[2Jb$/,
    },
  ])('fails, and explains it, if the server $name', async ({ behave, got }) => {
    const result = await runRow(row(), await optionsFor(behave))
    expect(result).toMatchObject({ status: 'fail', got: expect.stringMatching(got) })
  })

  it('fails when the server is gone', async () => {
    const options = await optionsFor(() => undefined)
    const [server] = servers
    await new Promise((done) => server?.close(done))
    const result = await runRow(row(), options)
    expect(result).toMatchObject({ status: 'fail', got: expect.stringContaining('cannot connect') })
  })

  it.each([
    { level: 'must', isStrict: false, status: 'fail' },
    { level: 'should', isStrict: false, status: 'differs' },
    { level: 'house', isStrict: false, status: 'differs' },
    { level: 'house', isStrict: true, status: 'fail' },
  ] as const)('of level $level, strict $isStrict, $status when it is not met', async (each) => {
    const options = await optionsFor(() => undefined)
    const run = async () => {
      check(false, 'one', 'two')
      return undefined
    }
    const result = await runRow(row({ level: each.level, run }), {
      ...options,
      isStrict: each.isStrict,
    })
    expect(result).toMatchObject({ status: each.status, expected: 'one', got: 'two' })
  })

  it.each([
    { changes: { needs: ['publish'] }, got: 'no --publish URL was given' },
    { changes: { needs: ['private'] }, got: 'no --private URL with --user was given' },
    { changes: { needs: ['two tracks'] }, got: 'the presentation has one track' },
    { changes: { carriers: ['ws'] }, got: 'means nothing over tcp' },
    { changes: { isSlow: true, seconds: 70 }, got: 'takes up to 70 s: --slow' },
    { changes: { run: () => Promise.reject(new Skip('for a reason')) }, got: 'for a reason' },
  ] as const)('is skipped with its reason: $got', async ({ changes, got }) => {
    const result = await runRow(row(changes), await optionsFor(() => undefined))
    expect(result).toMatchObject({ status: 'skip', got })
  })

  it('tears down its sessions and closes its connections', async () => {
    const received: string[] = []
    let closed: Promise<unknown> = Promise.resolve()
    const options = await optionsFor((socket) => {
      closed = once(socket, 'close')
      socket.on('data', (chunk) => {
        received.push(String(chunk))
        socket.write('RTSP/1.0 200 OK\r\nSession: 12345678\r\n\r\n')
      })
    })
    const run: Row['run'] = async (trial) => {
      const peer = await trial.connect()
      await peer.expect(200, 'SETUP', trial.uri)
      return undefined
    }
    await runRow(row({ run }), options)
    await closed
    expect(received.at(-1)).toMatch(/^TEARDOWN .*Session: 12345678\r\n/s)
  })
})

describe('a further URL', () => {
  const described = (range: string) =>
    ['v=0', 's=x', `a=range:${range}`, 'm=video 0 RTP/AVP 96', 'a=control:trackID=0', ''].join(
      '\r\n',
    )
  const describing = (range: string) => {
    const sdp = described(range)
    return answering(`RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`)
  }

  it.each([
    ['npt=now-', { seekable: 'what is at the --seekable URL is live: a=range:npt=now-' }],
    ['npt=0-10', {}],
  ])('is no target for seeking when it is live (%s), nor for publishing', async (range, unfit) => {
    const { targets } = await optionsFor(describing(range))
    const both = { ...targets, publish: targets.main, seekable: targets.main }
    const publish = 'something is played at the --publish URL already'
    expect(await findUnfitTargets(both, 1000)).toEqual({ publish, ...unfit })
    expect(await findUnfitTargets(targets, 1000)).toEqual({})
  })

  it('counts as a publishing URL if nothing is played there', async () => {
    const { targets } = await optionsFor(answering('RTSP/1.0 404 Not Found\r\nCSeq: 1\r\n\r\n'))
    expect(await findUnfitTargets({ ...targets, publish: targets.main }, 1000)).toEqual({})
  })

  it('that is no target skips its rows', async () => {
    const options = await optionsFor(answering(ok))
    const targets = { ...options.targets, publish: options.targets.main }
    const unfit = { publish: 'taken' }
    const result = await runRow(row({ needs: ['publish'] }), { ...options, targets, unfit })
    expect(result).toMatchObject({ status: 'skip', got: 'taken' })
  })
})
