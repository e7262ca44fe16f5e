import { createHmac } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { closeAfterTest } from '../../../../rtspool/test/support/open-things.js'
import { nextTurn, until } from '../../../../rtspool/test/support/until.js'
import { HookLogins, type HookOptions } from '../../../src/access/hook/hook-logins.js'
import { type Answer, localHook, type Question } from '../local-hook.js'
import { loginContext } from '../login-context.js'

async function start(
  answer: (question: Question) => Answer = () => 200,
  options: Partial<HookOptions> = {},
) {
  const clock = new ManualClock()
  const hook = await localHook(answer)
  const logins = new HookLogins(
    {
      ...{ url: hook.url, timeoutSeconds: 5, cacheYesSeconds: 30, cacheNoSeconds: 5 },
      ...{ maxConnections: 2, maxWaiting: 3, actions: ['read', 'publish', 'talk'] },
      ...{ credentials: ['user', 'password', 'token'], secret: undefined, ca: undefined },
      ...{ digest: false, realm: 'rtspool' },
      ...options,
    },
    clock,
  )
  closeAfterTest({ close: async () => logins.close() })
  return { clock, logins, ...hook }
}

const ann = { user: 'ann', password: 'pw' }

describe('a hook for logins', () => {
  it('gets the facts of the request as JSON', async () => {
    const { logins, questions } = await start()
    expect(await logins.ask(loginContext({ ...ann, token: 't' }))).toEqual({ user: 'ann' })
    expect(questions[0]?.method).toBe('POST')
    expect(questions[0]?.facts).toEqual({
      ...{ action: 'read', path: '/cam', address: '192.0.2.1', connection: 'connection1' },
      ...{ userAgent: 'test', transport: 'TCP', isSecure: false, isRecheck: false },
      ...{ scheme: 'Basic', user: 'ann', password: 'pw', token: 't' },
    })
  })

  it('gets only the parts of the credentials that it is configured to get', {
    tags: 'B-SECR',
  }, async () => {
    const { logins, questions } = await start(() => 200, { credentials: ['user'] })
    await logins.ask(loginContext({ ...ann, token: 't' }))
    expect(questions[0]?.facts).toMatchObject({ user: 'ann' })
    expect(questions[0]?.body).not.toMatch(/password|token/)
  })

  it('is asked about the configured actions only', async () => {
    const { logins, questions } = await start(() => 200, { actions: ['publish'] })
    expect(await logins.ask(loginContext(ann))).toBeUndefined()
    expect(questions).toHaveLength(0)
  })

  it('can check the signature of each question, and gets the login of the URL', async () => {
    const secret = 'key'
    const { questions, url, clock } = await start()
    const logins = new HookLogins(
      {
        ...{ url: url.replace('//', '//rtsp%40pool:p%3Aw@'), secret, ca: undefined },
        ...{ timeoutSeconds: 5, cacheYesSeconds: 0, cacheNoSeconds: 0, maxConnections: 1 },
        ...{ maxWaiting: 1, actions: ['read'], credentials: [], digest: false, realm: 'rtspool' },
      },
      clock,
    )
    closeAfterTest({ close: async () => logins.close() })
    await logins.ask(loginContext(ann))
    const { headers, body } = questions[0] as Question
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
    const signature = createHmac('sha256', secret).update(signed).digest('base64')
    expect(headers['webhook-signature']).toBe(`v1,${signature}`)
    const login = Buffer.from('rtsp@pool:p:w').toString('base64')
    expect(headers.authorization).toBe(`Basic ${login}`)
  })

  it('may name the user, the end, the groups and the next question', async () => {
    const json = { user: 'bob', expiresAt: 1.9e9, groups: { plan: 'free' }, recheckSeconds: 20 }
    const { logins } = await start(() => ({ json: { ...json, more: 'ignored' } }))
    expect(await logins.ask(loginContext(ann))).toEqual(json)
  })

  it.each<[string, Answer, object]>([
    ['401', 401, { refuse: 'wrong', why: 'the hook answered with status 401' }],
    [
      '403 with a reason',
      { status: 403, json: { reason: 'not paid' } },
      { refuse: 'forbidden', why: 'not paid' },
    ],
    ['500', 500, { refuse: 'unavailable', why: 'the hook answered with status 500' }],
    ['a redirect', 302, { refuse: 'unavailable', why: 'the hook answered with status 302' }],
    [
      'a body of another form',
      { json: { expiresAt: 'tomorrow' } },
      { refuse: 'unavailable', why: 'the answer of the hook has a wrong expiresAt' },
    ],
    [
      'a body that is a list',
      { json: [] },
      { refuse: 'unavailable', why: 'the answer of the hook has a wrong the body' },
    ],
    [
      'a group with a wrong name',
      { json: { groups: { '1': 'x' } } },
      { refuse: 'unavailable', why: 'the answer of the hook has a wrong groups.1' },
    ],
    [
      'a login that has expired',
      { json: { expiresAt: 1 } },
      { refuse: 'wrong', why: 'expiresAt in the answer of the hook has passed' },
    ],
    [
      'a connection that is cut',
      (response) => void response.socket?.destroy(),
      { refuse: 'unavailable', why: 'the hook cannot be reached: ECONNRESET' },
    ],
  ])('answers with %s', async (_name, answer, expected) => {
    const { logins } = await start(() => answer)
    expect(await logins.ask(loginContext(ann))).toEqual(expected)
  })

  it('may answer with any text beside JSON', async () => {
    const { logins } = await start(() => (response) => {
      response.writeHead(200, { 'content-type': 'text/plain' }).end('OK')
    })
    expect(await logins.ask(loginContext(ann))).toEqual({ user: 'ann' })
  })

  it('keeps its connections between questions', async () => {
    const { logins, connections } = await start(() => 200, { cacheYesSeconds: 0 })
    for (let question = 0; question < 5; question++) await logins.ask(loginContext(ann))
    expect(connections()).toBe(1)
  })

  it('that is replaced answers what was asked, and keeps neither connections nor answers', async () => {
    let held: ServerResponse | undefined
    const hold = (response: ServerResponse) => {
      held = response
    }
    const { logins, questions, connections } = await start(({ facts }) =>
      facts.user === 'slow' ? hold : 200,
    )
    await logins.ask(loginContext(ann))
    const slow = logins.ask(loginContext({ user: 'slow' }))
    await until(() => held !== undefined)
    logins.close()
    held?.writeHead(200).end()
    expect(await slow).toEqual({ user: 'slow' })
    expect(connections()).toBe(1)
    expect(await logins.ask(loginContext(ann))).toEqual({ user: 'ann' })
    expect(questions).toHaveLength(3)
    expect(connections()).toBe(2)
  })
})

describe('the memory of answers', () => {
  it('spares questions for a time, separately for yes and no', async () => {
    const { logins, questions, clock } = await start(({ facts }) =>
      facts.user === 'ann' ? 200 : 403,
    )
    const ask = async () => {
      await logins.ask(loginContext(ann))
      await logins.ask(loginContext({ user: 'eve', password: 'x' }))
    }
    await ask()
    await ask()
    expect(questions).toHaveLength(2)
    clock.advance(6000)
    await ask()
    expect(questions.map(({ facts }) => facts.user)).toEqual(['ann', 'eve', 'eve'])
    clock.advance(30_000)
    await ask()
    expect(questions).toHaveLength(5)
  })

  it.each([
    { password: 'other' },
    { user: 'bob' },
    { path: '/other' },
    { action: 'publish' },
    { address: '192.0.2.2' },
    { token: 't' },
    { user: 'ann:pw', password: undefined },
  ] as const)('holds for nobody else: %o', { tags: 'B-AUTH0' }, async (other) => {
    const { logins, questions } = await start()
    await logins.ask(loginContext(ann))
    await logins.ask(loginContext({ ...ann, ...other }))
    expect(questions).toHaveLength(2)
  })

  it('is not used when a session is checked again, and learns from the answer', async () => {
    let status = 200
    const { logins, questions } = await start(() => status)
    await logins.ask(loginContext(ann))
    status = 403
    const again = await logins.ask(loginContext({ ...ann, isRecheck: true }))
    expect(again).toMatchObject({ refuse: 'forbidden' })
    expect(await logins.ask(loginContext(ann))).toMatchObject({ refuse: 'forbidden' })
    expect(questions).toHaveLength(2)
  })

  it('remembers no answer about one user for another, even if it does not get the name', async () => {
    const { logins } = await start(() => 200, { credentials: ['password'] })
    expect(await logins.ask(loginContext(ann))).toEqual({ user: 'ann' })
    expect(await logins.ask(loginContext({ ...ann, user: 'bob' }))).toEqual({ user: 'bob' })
  })

  it('keeps no failure', async () => {
    const { logins, questions } = await start(() => 500)
    await logins.ask(loginContext(ann))
    await logins.ask(loginContext(ann))
    expect(questions).toHaveLength(2)
  })
})

describe('a slow hook', () => {
  const never: Answer = () => {}

  it('delays only its own client, and fails after the timeout', async () => {
    const { logins, clock } = await start(({ facts }) => (facts.user === 'slow' ? never : 200))
    let slow: unknown
    const waiting = logins.ask(loginContext({ user: 'slow' })).then((answer) => {
      slow = answer
    })
    for (let client = 0; client < 99; client++) {
      const answer = await logins.ask(loginContext({ user: `fast${client}` }))
      expect(answer).toEqual({ user: `fast${client}` })
    }
    expect(slow).toBeUndefined()
    clock.advance(5001)
    await waiting
    expect(slow).toEqual({ refuse: 'unavailable', why: 'the hook did not answer in 5 s' })
    expect(clock.pendingTimers).toBe(0)
  })

  it('is asked few questions at once; too many waiting ones fail at once', async () => {
    const { logins, clock, questions } = await start(() => never)
    const answers = Array.from({ length: 7 }, (_, client) =>
      logins.ask(loginContext({ user: `u${client}`, address: `192.0.2.${client}` })),
    )
    expect(await answers[5]).toMatchObject({ why: '3 questions wait for the hook' })
    await until(() => questions.length === 2)
    await nextTurn(3)
    expect(questions).toHaveLength(2)
    clock.advance(5001)
    for (const answer of await Promise.all(answers)) {
      expect(answer).toMatchObject({ refuse: 'unavailable' })
    }
    expect(questions.length).toBe(2)
  })

  it('is still asked about running sessions while newcomers wait', async () => {
    const { logins, clock } = await start(({ facts }) => (facts.isRecheck ? 200 : never))
    const newcomers = Array.from({ length: 5 }, (_, client) =>
      logins.ask(loginContext({ user: `u${client}` })),
    )
    expect(await logins.ask(loginContext({ ...ann, isRecheck: true }))).toEqual({ user: 'ann' })
    clock.advance(5001)
    await Promise.all(newcomers)
  })

  it('answers a newcomer before the crowd of another host', { tags: 'B-AUTH0' }, async () => {
    const responses: ServerResponse[] = []
    const options = { maxConnections: 1, maxWaiting: 40 }
    const keep = (response: ServerResponse) => void responses.push(response)
    const { logins, questions, clock } = await start(() => keep, options)
    const crowd = Array.from({ length: 30 }, (_, n) =>
      logins.ask(loginContext({ user: `u${n}`, address: `2001:db8::${n + 1}` })),
    )
    expect(await crowd[11]).toMatchObject({ why: '10 questions of one host wait for the hook' })
    const newcomer = logins.ask(loginContext(ann))
    await until(() => responses.length === 1)
    const answerLast = (): void => void responses.at(-1)?.writeHead(200).end()
    answerLast()
    await until(() => responses.length === 2)
    answerLast()
    await until(() => responses.length === 3)
    answerLast()
    expect(await newcomer).toEqual({ user: 'ann' })
    expect(questions.slice(0, 3).map(({ facts }) => facts.user)).toEqual(['u0', 'u1', 'ann'])
    clock.advance(5001)
    await Promise.all(crowd)
  })

  it('does not fail because questions about running sessions wait for each other', async () => {
    const responses: ServerResponse[] = []
    const { logins, clock } = await start(() => (response) => void responses.push(response))
    const rechecks = [1, 2, 3].map((n) =>
      logins.ask(loginContext({ user: `u${n}`, isRecheck: true })),
    )
    for (let asked = 1; asked <= rechecks.length; asked++) {
      await until(() => responses.length === asked)
      clock.advance(4000)
      responses.at(-1)?.writeHead(200).end()
    }
    expect(await Promise.all(rechecks)).toEqual([{ user: 'u1' }, { user: 'u2' }, { user: 'u3' }])
  })

  it('no longer waits for a client that has gone', async () => {
    const { logins, questions, clock } = await start(() => never, { maxConnections: 1 })
    const first = logins.ask(loginContext(ann))
    const client = new AbortController()
    const waiting = logins.ask(loginContext({ user: 'bob', signal: client.signal }))
    await until(() => questions.length === 1)
    client.abort()
    expect(await waiting).toEqual({ refuse: 'unavailable', why: 'the client has gone' })
    clock.advance(5001)
    await first
    expect(questions).toHaveLength(1)
    expect(clock.pendingTimers).toBe(0)
  })

  it('is left when the client goes', async () => {
    const { logins, questions, clock } = await start(() => never)
    const client = new AbortController()
    const answer = logins.ask(loginContext({ ...ann, signal: client.signal }))
    await until(() => questions.length === 1)
    client.abort()
    expect(await answer).toEqual({ refuse: 'unavailable', why: 'the client has gone' })
    expect(clock.pendingTimers).toBe(0)
  })
})
