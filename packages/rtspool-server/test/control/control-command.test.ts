import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { controlCommand } from '../../src/control/control-command.js'
import { CollectedOutput } from '../collected-output.js'

const servers = new Set<Server>()
afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  }
  servers.clear()
})

/** Runs `rtspool control` with an API that gives this answer to each call, and returns the calls as well. */
async function outcomeOf(args: readonly string[], answer: unknown, status = 200) {
  const calls: unknown[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    request.on('end', () => {
      const { method, url, headers } = request
      calls.push([headers.authorization, `${method} ${url}`, ...(text ? [JSON.parse(text)] : [])])
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(answer))
    })
  })
  servers.add(server)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  const output = new CollectedOutput()
  const api = ['--api', `http://127.0.0.1:${port}`]
  const [name = '', ...rest] = args
  const code = await controlCommand([name, ...api, ...rest], output, { RTSPOOL_TOKEN: 'canary' })
  return { code, calls, ...output.text }
}

const counts = { sessions: 12, viewers: 9, publishers: 3, pullCount: 1, credits: 20 }
const report = { ...counts, version: '1.2.3', state: 'active', isDraining: false }

describe('rtspool control', () => {
  it('lists the servers of a cluster, and ends with 1 if one does not answer', async () => {
    const nodes = [
      { tag: '0a1b2c3d', name: 'one', state: 'active', report },
      { tag: '4e5f6a7b', state: 'active', report: { ...report, isDraining: true, sessions: 7 } },
      { tag: '8c9d0e1f', name: 'three', state: 'suspect', why: 'suspect' },
    ]
    const { code, calls, stdout, stderr } = await outcomeOf(['nodes'], { nodes })
    expect(stdout.split('\n')).toEqual([
      'server    tag       state     sessions  viewers  publishers  pulls  credits  version',
      '4e5f6a7b  4e5f6a7b  draining  7         9        3           1      20       1.2.3',
      'one       0a1b2c3d  active    12        9        3           1      20       1.2.3',
      'three     8c9d0e1f  suspect',
      '',
    ])
    expect([code, stderr]).toEqual([1, 'not heard: three (suspect)\n'])
    expect(calls).toEqual([['Bearer canary', 'GET /v1/cluster/map']])
    expect((await outcomeOf(['nodes'], { nodes: nodes.slice(0, 2) })).code).toBe(0)
  })

  it('lists the sessions of a user with their servers', async () => {
    const session = {
      ...{ publicId: 'A'.repeat(22), state: 'Playing', user: 'ann', address: '192.0.2.1' },
      ...{
        createdTime: '2026-11-30T12:00:00.000Z',
        paths: ['/cam'],
        node: { tag: 'x', name: 'two' },
      },
    }
    const { user: _, ...stranger } = session
    const answer = { sessions: [session, stranger], cursor: 'c', unheard: [] }
    const { code, calls, stdout } = await outcomeOf(['sessions', '--user', 'ann'], answer)
    expect(stdout.split('\n').slice(1)).toEqual([
      'AAAAAAAAAAAAAAAAAAAAAA  two     ann   192.0.2.1  Playing  2026-11-30T12:00:00.000Z  /cam',
      'AAAAAAAAAAAAAAAAAAAAAA  two     -     192.0.2.1  Playing  2026-11-30T12:00:00.000Z  /cam',
      'The first 2 sessions.',
      '',
    ])
    expect([code, calls]).toEqual([0, [['Bearer canary', 'GET /v1/sessions?user=ann&limit=1000']]])
  })

  it('shows no control character of a path, or of the name of a server', async () => {
    const session = { publicId: 'A', paths: ['/a\u001b[2Jb\u009bc'] }
    const unheard = [{ tag: '0a1b2c3d', name: 'one\ntwo' }]
    const { stdout, stderr } = await outcomeOf(['sessions'], { sessions: [session], unheard })
    expect(stdout).toContain('/a?[2Jb?c\n')
    expect(stderr).toBe('not heard: one?two\n')
  })

  it('ends one session, or all of a filter, and names servers that may not have', async () => {
    const one = await outcomeOf(['kick', '--reason', 'late', '--', '-someId'], {})
    expect([one.code, one.stdout]).toEqual([0, 'sessions ended: 1\n'])
    const kick = 'POST /v1/sessions/-someId/kick'
    expect(one.calls).toEqual([['Bearer canary', kick, { reason: 'late' }]])
    const unheard = [{ tag: '0a1b2c3d', why: 'silent' }]
    const all = await outcomeOf(['kick', '--path', '/cam'], { count: 3, unheard })
    expect([all.code, all.stdout]).toEqual([1, 'sessions ended: 3\n'])
    expect(all.stderr).toBe('not heard: 0a1b2c3d (silent)\n')
    const body = { filter: { path: '/cam' } }
    expect(all.calls).toEqual([['Bearer canary', 'POST /v1/sessions/kick', body]])
  })

  it.each([[['kick']], [['kick', 'someId', '--user', 'ann']]])(
    'refuses %j without a call',
    async (args) => {
      const { code, calls, stderr } = await outcomeOf(args, {})
      expect([code, calls]).toEqual([2, []])
      expect(stderr).toContain('expected an id, or --user, --address or --path')
    },
  )

  it('changes limits, with a row for each server', async () => {
    const nodes = [
      { tag: '0a1b2c3d', name: 'one', isChanged: true },
      { tag: '4e5f6a7b', name: 'two', isChanged: false, refusal: 'no' },
    ]
    const unheard = [{ tag: '8c9d0e1f', name: 'three', why: 'silent' }]
    const args = ['limits', 'maxSessions=500', 'maxIdleSetup=2.5']
    const { code, calls, stdout, stderr } = await outcomeOf(args, { nodes, unheard })
    expect(stdout.split('\n')).toEqual([
      'server  tag       limits',
      'one     0a1b2c3d  changed',
      'two     4e5f6a7b  refused: no',
      'three   8c9d0e1f  not heard: silent',
      '',
    ])
    expect([code, stderr]).toEqual([1, 'not known to have changed: two, three\n'])
    const limits = { maxSessions: 500, maxIdleSetup: 2.5 }
    expect(calls).toEqual([['Bearer canary', 'PATCH /v1/cluster/limits', { limits }]])
    const alone = await outcomeOf(['limits', 'maxSessions=0', '--node', 'one'], {
      nodes: [{ isChanged: true }],
    })
    expect([alone.code, alone.stdout.split('\n')[1]]).toEqual([0, 'this server  -    changed'])
    const body = { limits: { maxSessions: 0 }, node: 'one' }
    expect(alone.calls).toEqual([['Bearer canary', 'PATCH /v1/cluster/limits', body]])
    for (const wrong of ['maxSessions', 'maxSessions=-1', 'maxSessions=many']) {
      const refused = await outcomeOf(['limits', wrong], {})
      expect([refused.code, refused.calls]).toEqual([2, []])
    }
  })

  it('adds a ban', async () => {
    const args = ['ban', '--user', 'ann', '--seconds', '600', '--reason', 'too many']
    const { code, calls, stdout } = await outcomeOf(args, { publicId: 'someBan' })
    expect([code, stdout]).toEqual([0, 'ban someBan added\n'])
    const body = { user: 'ann', seconds: 600, reason: 'too many' }
    expect(calls).toEqual([['Bearer canary', 'POST /v1/bans', body]])
    expect((await outcomeOf(['ban', '--user', 'ann', '--seconds', 'x'], {})).code).toBe(2)
  })

  it('says why the server refuses, or cannot be reached', async () => {
    const refused = await outcomeOf(['nodes'], { detail: 'no such token' }, 401)
    expect([refused.code, refused.stderr]).toEqual([1, 'error: 401: no such token\n'])
    const output = new CollectedOutput()
    // Nothing listens on port 1.
    const args = ['nodes', '--api', 'http://127.0.0.1:1']
    const code = await controlCommand(args, output, { RTSPOOL_TOKEN: 'canary' })
    expect([code, output.text.stderr]).toEqual([1, expect.stringContaining('http://127.0.0.1:1: ')])
    expect(await controlCommand(args, output, {})).toBe(2)
    expect(output.text.stderr).toContain('error: expected a token of the control API')
  })
})
