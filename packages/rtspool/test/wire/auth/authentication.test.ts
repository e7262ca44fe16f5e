import { afterEach, describe, expect, it } from 'vitest'
import {
  type AccessRefusal,
  type AuthOptions,
  digestHa1,
  type RtspServer,
  type RtspServerOptions,
} from '../../../src/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import {
  basicHeader,
  challengesOf,
  type DigestChoices,
  digestChallengeOf,
  digestHeader,
  logIn,
  startProtectedServer,
} from '../../support/credentials.js'
import { inSession, mountCamera, readySession, setUp, tcp } from '../../support/dialogue.js'
import type { RtspTestClient } from '../../support/rtsp-client.js'
import {
  connectTlsTo,
  connectTo,
  expectOk,
  play,
  publish,
  testCertificate,
  testSdp,
  urlOf,
} from '../../support/test-server.js'
import { advancing, nextTurn, until } from '../../support/until.js'

const algorithms = ['SHA-256', 'MD5'] as const

async function start(auth: Partial<AuthOptions> = {}, options: RtspServerOptions = {}) {
  const clock = new ManualClock()
  const { server } = await startProtectedServer({
    ...options,
    auth: { users: { u: 'p', eve: 'e' }, ...auth },
    clock,
    slowReaderTimeout: 0,
    maxBacklogSeconds: 1e6,
  })
  running.push(server)
  const refusals: AccessRefusal[] = []
  server.on('accessRefused', (refusal) => void refusals.push(refusal))
  const client = await connectTo(server)
  return { clock, server, client, refusals, url: urlOf(server, '/priv') }
}

/** Removed, so that the check after each test finds no listener. */
const running: RtspServer[] = []
afterEach(() => {
  for (const server of running.splice(0)) server.removeAllListeners()
})

/** A DESCRIBE with an Authorization header. */
const describeWith = (client: RtspTestClient, url: string, authorization: string) =>
  client.request('DESCRIBE', url, { headers: { Authorization: authorization } })

/** A challenge, and a DESCRIBE that answers it. */
async function answerChallenge(client: RtspTestClient, url: string, choices: DigestChoices = {}) {
  const challenge = digestChallengeOf(await client.request('DESCRIBE', url), choices.algorithm)
  return describeWith(client, url, digestHeader(challenge, 'DESCRIBE', url, choices))
}

/** Lets time pass until the answer is there: it is held back. */
async function heldBack<Result>(clock: ManualClock, answer: Promise<Result>): Promise<Result> {
  let isHere = false
  const settled = answer.finally(() => {
    isHere = true
  })
  await until(() => isHere, advancing(clock, 50))
  return settled
}

describe('a request without credentials', () => {
  it('is answered with 401: SHA-256, then MD5, realm and nonce in front', {
    tags: 'A-DIG-1',
  }, async () => {
    const { client, url, server } = await start()
    const response = await client.request('DESCRIBE', url)
    expect(response.statusCode).toBe(401)
    const lines = response.headers.getAll('WWW-Authenticate')
    expect(lines).toHaveLength(2)
    const nonce = '[0-9a-f]{76}'
    expect(lines[0]).toMatch(
      new RegExp(`^Digest realm="rtspool", nonce="${nonce}", algorithm=SHA-256, qop="auth"$`),
    )
    expect(lines[1]).toMatch(
      new RegExp(`^Digest realm="rtspool", nonce="${nonce}", algorithm=MD5, qop="auth"$`),
    )
    expect(server.stats()).toMatchObject({ sessions: 0, channels: 0 })
  })

  it('is no failure: its response is never delayed, however often it is sent', {
    tags: 'A-DIG-8',
  }, async () => {
    const { client, url, server } = await start()
    for (let n = 0; n < 50; n++) {
      expect((await client.request('DESCRIBE', url)).statusCode).toBe(401)
    }
    expect(server.stats().auth).toMatchObject({ refused: { missing: 50, wrong: 0 }, waiting: 0 })
    expect((await answerChallenge(client, url)).statusCode).toBe(200)
  })

  it('OPTIONS is answered', { tags: 'A-DIG-10' }, async () => {
    const { client, url } = await start()
    await expectOk(client, 'OPTIONS', url)
    await expectOk(client, 'OPTIONS', '*')
  })

  it('ANNOUNCE is answered with 401, whether or not the path can be published to', {
    tags: 'A-REC-3',
  }, async () => {
    const { client, server } = await start()
    for (const path of ['/live/x', '/priv', '/none']) {
      const response = await client.request('ANNOUNCE', urlOf(server, path))
      expect(response.statusCode).toBe(401)
    }
    await logIn(client)
    expect((await client.request('ANNOUNCE', urlOf(server, '/priv'))).statusCode).toBe(405)
  })

  it('cannot find out which paths are mounted', { tags: 'B-AUTH0' }, async () => {
    const { client, server } = await start()
    const [there, missing] = [
      await client.request('DESCRIBE', urlOf(server, '/priv')),
      await client.request('DESCRIBE', urlOf(server, '/none')),
    ]
    expect([there.statusCode, missing.statusCode]).toEqual([401, 401])
    expect([...missing.headers].map(([name]) => name)).toEqual(
      [...there.headers].map(([name]) => name),
    )
  })
})

describe('Digest', () => {
  it.each(algorithms.flatMap((algorithm) => [true, false].map((qop) => ({ algorithm, qop }))))(
    'with $algorithm, qop $qop: every request of playing',
    { tags: 'A-DIG-2' },
    async (choices) => {
      const { client, url, server, refusals } = await start()
      await logIn(client, choices)
      const { session } = await play(client, url)
      expect(server.pool.get(session)?.owner).toMatchObject({ user: 'u', address: '127.0.0.1' })
      for (const method of ['GET_PARAMETER', 'SET_PARAMETER', 'OPTIONS', 'PAUSE', 'PLAY']) {
        expect((await inSession(client, method, url, session)).statusCode).toBe(200)
      }
      expect((await inSession(client, 'TEARDOWN', url, session)).statusCode).toBe(200)
      expect(refusals.map(({ reason }) => reason)).toEqual(['missing'])
    },
  )

  it('every request of publishing', { tags: 'A-DIG-2' }, async () => {
    const { client, server } = await start()
    await logIn(client, { qop: true })
    const url = urlOf(server, '/live/x')
    const { session } = await publish(client, url)
    expect(server.pool.get(session)?.owner?.user).toBe('u')
    expect((await inSession(client, 'TEARDOWN', url, session)).statusCode).toBe(200)
  })

  it('without an algorithm the length of the response decides', { tags: 'A-DIG-2' }, async () => {
    const { client, url } = await start()
    for (const algorithm of algorithms) {
      const challenge = digestChallengeOf(await client.request('DESCRIBE', url), algorithm)
      const header = digestHeader(challenge, 'DESCRIBE', url, { algorithm })
      const bare = header.replace(`, algorithm=${algorithm}`, '')
      expect(bare).not.toBe(header)
      expect((await describeWith(client, url, bare)).statusCode).toBe(200)
    }
  })

  it('the method is part of it', { tags: 'A-DIG-3' }, async () => {
    const { client, url, clock } = await start()
    const challenge = digestChallengeOf(await client.request('DESCRIBE', url))
    const header = digestHeader(challenge, 'PLAY', url)
    expect((await heldBack(clock, describeWith(client, url, header))).statusCode).toBe(401)
  })

  it('the path alone and the base URL are accepted, another mount is not', {
    tags: 'A-DIG-3',
  }, async () => {
    const { client, url, server, refusals } = await start()
    const challenge = digestChallengeOf(await client.request('DESCRIBE', url))
    const setup = (uri: string) =>
      client.request('SETUP', `${url}/trackID=0`, {
        headers: { Transport: tcp, Authorization: digestHeader(challenge, 'SETUP', uri) },
      })
    expect((await setup(`${url}/`)).statusCode).toBe(200)
    expect((await setup('/priv/trackID=0')).statusCode).toBe(200)
    expect((await setup(urlOf(server, '/other/trackID=0'))).statusCode).toBe(401)
    expect(refusals.at(-1)?.reason).toBe('otherUri')
  })

  it('a nonce survives a new connection', { tags: 'A-DIG-4' }, async () => {
    const { client, url, server } = await start()
    const challenge = digestChallengeOf(await client.request('DESCRIBE', url))
    await client.close()
    const next = await connectTo(server)
    const header = digestHeader(challenge, 'DESCRIBE', url, { qop: true })
    expect((await describeWith(next, url, header)).statusCode).toBe(200)
  })

  it('one that has expired is stale, third in the line; a new one is good', {
    tags: 'A-DIG-4',
  }, async () => {
    const { client, url, clock, refusals } = await start({ nonceLifetime: 2 })
    const challenge = digestChallengeOf(await client.request('DESCRIBE', url))
    const header = digestHeader(challenge, 'DESCRIBE', url)
    expect((await describeWith(client, url, header)).statusCode).toBe(200)
    clock.advance(3000)
    const stale = await describeWith(client, url, header)
    expect(stale.statusCode).toBe(401)
    for (const line of stale.headers.getAll('WWW-Authenticate')) {
      expect(line).toMatch(/^Digest realm="[^"]*", nonce="[^"]*", stale=true, /)
    }
    expect(refusals.at(-1)?.reason).toBe('stale')
    const next = digestHeader(digestChallengeOf(stale), 'DESCRIBE', url)
    expect((await describeWith(client, url, next)).statusCode).toBe(200)
  })

  it('a wrong password is not stale, whatever the nonce is', { tags: 'A-DIG-4' }, async () => {
    const { client, url, clock } = await start({ nonceLifetime: 2 })
    const challenge = digestChallengeOf(await client.request('DESCRIBE', url))
    clock.advance(3000)
    const header = digestHeader(challenge, 'DESCRIBE', url, { password: 'x' })
    const response = await heldBack(clock, describeWith(client, url, header))
    expect(challengesOf(response)).not.toContainEqual(expect.objectContaining({ stale: true }))
  })

  it('the same nonce and count are accepted once, on any connection', {
    tags: ['A-DIG-5', 'B-REPLAY'],
  }, async () => {
    const { client, url, server } = await start()
    const challenge = digestChallengeOf(await client.request('DESCRIBE', url))
    const header = digestHeader(challenge, 'DESCRIBE', url, { qop: true })
    expect((await describeWith(client, url, header)).statusCode).toBe(200)
    const second = await connectTo(server)
    for (const replaying of [client, second]) {
      const replay = await describeWith(replaying, url, header)
      expect(replay.statusCode).toBe(401)
      expect(digestChallengeOf(replay).stale).toBe(true)
    }
    const next = digestHeader(challenge, 'DESCRIBE', url, { qop: true, nc: 2 })
    expect((await describeWith(second, url, next)).statusCode).toBe(200)
  })

  it('a captured header is useless at another address', { tags: 'B-REPLAY' }, async () => {
    const { client, url, server } = await start()
    const challenge = digestChallengeOf(await client.request('DESCRIBE', url))
    const header = digestHeader(challenge, 'DESCRIBE', url)
    const other = await connectTo(server, '127.0.0.2')
    expect((await describeWith(other, url, header)).statusCode).toBe(401)
    expect((await describeWith(client, url, header)).statusCode).toBe(200)
  })

  it('names, passwords and realms with quotes and in UTF-8', { tags: 'A-DIG-11' }, async () => {
    const [user, password, realm] = ['jürg"en\\', 'pä"ß\\:', 'zu "Hause" \\ ü']
    const { client, url } = await start({ users: { [user]: password }, realm })
    for (const algorithm of algorithms) {
      const response = await answerChallenge(client, url, { user, password, algorithm })
      expect(response.statusCode).toBe(200)
    }
    const challenges = challengesOf(await client.request('DESCRIBE', url))
    expect(challenges.map((challenge) => challenge.realm)).toEqual([realm, realm])
  })

  it('MD5 can be turned off: it is neither offered nor accepted', {
    tags: ['A-DIG-1', 'B-DOWN'],
  }, async () => {
    const { client, url, refusals } = await start({ algorithms: ['SHA-256'] })
    const response = await client.request('DESCRIBE', url)
    expect(challengesOf(response)).toHaveLength(1)
    const challenge = digestChallengeOf(response, 'SHA-256')
    const md5 = digestHeader(challenge, 'DESCRIBE', url)
    expect((await describeWith(client, url, md5)).statusCode).toBe(401)
    expect(refusals.at(-1)?.reason).toBe('unsupported')
    const sha256 = digestHeader(challenge, 'DESCRIBE', url, { algorithm: 'SHA-256', qop: true })
    expect((await describeWith(client, url, sha256)).statusCode).toBe(200)
  })
})

describe('Basic', () => {
  it('is neither offered nor looked at in clear', { tags: ['A-DIG-7', 'B-DOWN'] }, async () => {
    const { client, url, refusals, server } = await start()
    const right = await describeWith(client, url, basicHeader())
    const wrong = await describeWith(client, url, basicHeader('u', 'x'))
    expect([right.statusCode, wrong.statusCode]).toEqual([401, 401])
    expect(challengesOf(right).map(({ scheme }) => scheme)).toEqual(['Digest', 'Digest'])
    expect(refusals.map(({ reason }) => reason)).toEqual(['unsupported', 'unsupported'])
    expect(server.stats().auth?.refused.wrong).toBe(0)
  })

  it('is the last of three challenges if enabled', { tags: 'A-DIG-7' }, async () => {
    const { client, url, clock } = await start({ basic: 'always' })
    const challenges = challengesOf(await client.request('DESCRIBE', url))
    expect(challenges.map(({ scheme }) => scheme)).toEqual(['Digest', 'Digest', 'Basic'])
    expect((await describeWith(client, url, basicHeader())).statusCode).toBe(200)
    for (const [user, password] of [
      ['u', 'x'],
      ['nobody', 'p'],
      ['u', ''],
    ] as const) {
      const wrong = describeWith(client, url, basicHeader(user, password))
      expect((await heldBack(clock, wrong)).statusCode).toBe(401)
    }
  })

  it('is offered and accepted inside TLS', { tags: 'A-DIG-7' }, async () => {
    const tls = { port: 0, ...testCertificate('first') }
    const { server } = await startProtectedServer({ tls })
    const client = await connectTlsTo(server)
    const url = `rtsps://127.0.0.1:${server.tlsAddress().port}/priv`
    const challenges = challengesOf(await client.request('DESCRIBE', url))
    expect(challenges.map(({ scheme }) => scheme)).toEqual(['Digest', 'Digest', 'Basic'])
    expect((await describeWith(client, url, basicHeader())).statusCode).toBe(200)
    const { server: strict } = await startProtectedServer({
      tls,
      auth: { users: { u: 'p' }, basic: 'never' },
    })
    const refused = await describeWith(await connectTlsTo(strict), url, basicHeader())
    expect(challengesOf(refused).map(({ scheme }) => scheme)).toEqual(['Digest', 'Digest'])
  })

  it('alone, with a hook that can only be asked', { tags: 'A-DIG-7' }, async () => {
    const asked: (string | undefined)[] = []
    const { client, url, clock } = await start({
      algorithms: [],
      basic: 'always',
      users: {},
      verify: async ({ user, password }) => {
        asked.push(password)
        return user === 'u' && password === 'p'
      },
    })
    expect((await describeWith(client, url, basicHeader())).statusCode).toBe(200)
    const wrong = describeWith(client, url, basicHeader('u', 'x'))
    expect((await heldBack(clock, wrong)).statusCode).toBe(401)
    expect(asked).toEqual(['p', 'x'])
  })
})

describe('an Authorization that cannot be read', () => {
  it.each([
    { name: 'empty', value: '' },
    { name: 'Digest alone', value: 'Digest' },
    { name: 'Basic and an equals sign', value: 'Basic =' },
    { name: 'another scheme', value: 'Bearer abc' },
    { name: '8 KiB', value: `Digest username="${'u'.repeat(8000)}"` },
    { name: 'the garbage of Grandstream GXV3500', value: 'Digest \ufffd\ufffd=,"' },
    {
      name: 'qop that is not offered',
      value: `Digest username="u", realm="rtspool", nonce="n", uri="/priv", response="${'a'.repeat(32)}", qop=auth-int, nc=00000001, cnonce="c"`,
    },
    {
      name: 'an algorithm that is not offered',
      value: `Digest username="u", realm="rtspool", nonce="n", uri="/priv", response="${'a'.repeat(32)}", algorithm=MD5-sess`,
    },
  ])(
    '$name: 401 with a challenge, and the connection lives',
    { tags: 'B-AUTH0' },
    async ({ value }) => {
      const { client, url, server } = await start()
      const response = await describeWith(client, url, value)
      expect(response.statusCode).toBe(401)
      expect(challengesOf(response)).toHaveLength(2)
      expect(server.stats().auth).toMatchObject({ refused: { wrong: 0 }, waiting: 0 })
      expect((await answerChallenge(client, url)).statusCode).toBe(200)
    },
  )

  it('two of them are one too many', { tags: 'B-AUTH0' }, async () => {
    const { client, url } = await start()
    const challenge = digestChallengeOf(await client.request('DESCRIBE', url))
    const header = digestHeader(challenge, 'DESCRIBE', url)
    client.send(
      `DESCRIBE ${url} RTSP/1.0\r\nCSeq: 9\r\nAuthorization: ${header}\r\nAuthorization: ${header}\r\n\r\n`,
    )
    expect((await client.response()).statusCode).toBe(401)
  })
})

describe('wrong credentials', () => {
  it('are answered after 1 to 3 seconds, in the order of the requests', {
    tags: 'B-BRUTE',
  }, async () => {
    const { client, url, clock, server } = await start()
    const challenge = digestChallengeOf(await client.request('DESCRIBE', url))
    const answers: number[] = []
    const note = (response: { statusCode: number }) => void answers.push(response.statusCode)
    const header = digestHeader(challenge, 'DESCRIBE', url, { password: 'x' })
    const wrong = describeWith(client, url, header).then(note)
    const after = client.request('OPTIONS', '*').then(note)
    await until(() => server.stats().auth?.waiting === 1)
    clock.advance(990)
    await nextTurn()
    expect(answers).toEqual([])
    clock.advance(2010)
    await Promise.all([wrong, after])
    expect(answers).toEqual([401, 200])
  })

  it('do not delay a user at another address', { tags: 'B-BRUTE' }, async () => {
    const { client, url, clock, server, refusals } = await start()
    const challenge = digestChallengeOf(await client.request('DESCRIBE', url))
    const guess = digestHeader(challenge, 'DESCRIBE', url, { password: 'x' })
    const guessers = await Promise.all(Array.from({ length: 10 }, () => connectTo(server)))
    for (const guesser of guessers) {
      for (let n = 0; n < 10; n++) describeWith(guesser, url, guess).catch(() => {})
    }
    await until(() => server.stats().auth?.waiting === 10)
    const other = await connectTo(server, '127.0.0.2')
    // The clock stands still: nothing is waited for.
    expect((await answerChallenge(other, url)).statusCode).toBe(200)
    expect(refusals.filter(({ reason }) => reason === 'wrong')).toEqual([])
    for (const guesser of guessers) await guesser.close()
    await until(() => server.stats().auth?.waiting === 0, advancing(clock, 50))
  })

  it('an unknown user and a wrong password get equal bytes', {
    tags: ['A-DIG-6', 'B-TIMING'],
  }, async () => {
    const { client, url, clock, refusals } = await start()
    const shape = async (choices: DigestChoices) => {
      const { headers, statusCode, body } = await heldBack(
        clock,
        answerChallenge(client, url, choices),
      )
      const text = [...headers].filter(([name]) => name !== 'CSeq').join('\n')
      return `${statusCode} ${body} ${text.replace(/nonce="[^"]*"/g, 'nonce')}`
    }
    const wrong = await shape({ password: 'x' })
    expect(await shape({ user: 'nobody' })).toBe(wrong)
    expect(await shape({ user: '__proto__' })).toBe(wrong)
    expect(refusals.filter(({ reason }) => reason === 'wrong')).toHaveLength(3)
  })

  it('a closing server ends all waits', { tags: 'B-BRUTE' }, async () => {
    const { client, url, server } = await start()
    const challenge = digestChallengeOf(await client.request('DESCRIBE', url))
    const guess = digestHeader(challenge, 'DESCRIBE', url, { password: 'x' })
    const answer = describeWith(client, url, guess)
    await until(() => server.stats().auth?.waiting === 1)
    const closing = server.close()
    expect((await answer).statusCode).toBe(401)
    await client.close()
    await closing
  })
})

describe('the hook', () => {
  it.each([
    { name: 'a password', answer: () => 'p' },
    {
      name: 'HA1',
      answer: (user: string, realm: string) => ({
        ha1: {
          'SHA-256': digestHa1('SHA-256', user, realm, 'p'),
          MD5: digestHa1('MD5', user, realm, 'p').toUpperCase(),
        },
      }),
    },
  ])('that answers with $name is asked for whoever is not listed', async ({ answer }) => {
    const asked: unknown[] = []
    const { client, url } = await start({
      users: { eve: 'e' },
      verify: async ({ user, action, path, address, method, scheme, password, realm }) => {
        asked.push({ user, action, path, address, method, scheme, password, realm })
        return answer(user, realm)
      },
    })
    for (const algorithm of algorithms) {
      expect((await answerChallenge(client, url, { algorithm })).statusCode).toBe(200)
    }
    await answerChallenge(client, url, { user: 'eve', password: 'e' })
    expect(asked).toHaveLength(2)
    expect(asked[0]).toEqual({
      user: 'u',
      action: 'read',
      path: '/priv',
      address: '127.0.0.1',
      method: 'DESCRIBE',
      scheme: 'Digest',
      password: undefined,
      realm: 'rtspool',
    })
  })

  it('that finds no user refuses as for a wrong password', async () => {
    const { client, url, clock, refusals } = await start({ users: {}, verify: () => undefined })
    const wrong = heldBack(clock, answerChallenge(client, url))
    expect((await wrong).statusCode).toBe(401)
    expect(refusals.at(-1)).toMatchObject({ reason: 'wrong', user: 'u' })
  })

  it.each([
    { name: 'fails', verify: () => Promise.reject(new Error('database')) },
    { name: 'says yes to a Digest, which it cannot know', verify: () => true },
    { name: 'leaves out HA1 of what is offered', verify: () => ({ ha1: {} }) },
  ])('that $name lets nobody in: 500, and the application hears of it', async ({ verify }) => {
    const { client, url, server } = await start({ users: {}, verify })
    const failures: unknown[] = []
    server.on('requestFailed', (error) => void failures.push(error))
    expect((await answerChallenge(client, url)).statusCode).toBe(500)
    expect(failures).toHaveLength(1)
    expect(server.stats().auth).toMatchObject({ accepted: 0, refused: { wrong: 0 } })
  })
})

describe('rights', () => {
  const rules: AuthOptions['rules'] = [
    { path: '/priv', read: ['u'] },
    { path: '/live/*', read: 'anyone', publish: ['u'] },
  ]

  it('every method of a user without the right gets 403, without login 401', {
    tags: 'B-AUTH0',
  }, async () => {
    const { client, url, server } = await start({ rules })
    const eve = await connectTo(server)
    await logIn(eve, { user: 'eve', password: 'e' })
    for (const method of [
      ...['DESCRIBE', 'ANNOUNCE', 'SETUP', 'PLAY', 'PAUSE', 'RECORD', 'TEARDOWN'],
      ...['GET_PARAMETER', 'SET_PARAMETER'],
    ]) {
      const headers = { Transport: tcp }
      const [nobody, refused] = [
        await client.request(method, url, { headers }),
        await eve.request(method, url, { headers }),
      ]
      expect([method, nobody.statusCode, refused.statusCode]).toEqual([method, 401, 403])
      expect(refused.headers.has('WWW-Authenticate')).toBe(false)
    }
    await expectOk(eve, 'OPTIONS', url)
  })

  it('reading is not publishing', { tags: 'B-AUTH0' }, async () => {
    const { client, server } = await start({ rules })
    const url = urlOf(server, '/live/x')
    const eve = await connectTo(server)
    await logIn(eve, { user: 'eve', password: 'e' })
    expect((await eve.request('ANNOUNCE', url)).statusCode).toBe(403)
    await logIn(client)
    const published = await publish(client, url)
    const viewer = await connectTo(server)
    const { session } = await play(viewer, url)
    expect(server.pool.get(session)?.owner?.user).toBeUndefined()
    expect((await inSession(viewer, 'GET_PARAMETER', '*', session)).statusCode).toBe(200)
    expect((await inSession(viewer, 'TEARDOWN', url, session)).statusCode).toBe(200)
    expect((await inSession(client, 'TEARDOWN', url, published.session)).statusCode).toBe(200)
  })

  it('only the user who has announced can set the publication up', {
    tags: 'B-AUTH0',
  }, async () => {
    const { client, server } = await start({ rules })
    const url = urlOf(server, '/live/x')
    await logIn(client)
    await expectOk(client, 'ANNOUNCE', url, {
      headers: { 'Content-Type': 'application/sdp' },
      body: testSdp,
    })
    const headers = { Transport: `${tcp};mode=record` }
    const setup = () => client.request('SETUP', `${url}/streamid=0`, { headers })
    const asUser = client.authorization
    client.authorization = undefined
    expect((await setup()).statusCode).toBe(401)
    await logIn(client, { user: 'eve', password: 'e' })
    expect((await setup()).statusCode).toBe(403)
    client.authorization = asUser
    expect((await setup()).statusCode).toBe(200)
  })

  it('a session of one path opens no other one', { tags: 'B-AUTH0' }, async () => {
    const { server, client, refusals } = await start({ rules })
    await logIn(client)
    await publish(client, urlOf(server, '/live/x'))
    const eve = await connectTo(server)
    await logIn(eve, { user: 'eve', password: 'e' })
    const session = await readySession(eve, urlOf(server, '/live/x'))
    for (const method of ['DESCRIBE', 'ANNOUNCE', 'SETUP']) {
      const refused = await inSession(eve, method, urlOf(server, '/priv'), session)
      expect([method, refused.statusCode]).toEqual([method, 403])
      expect(refusals.at(-1)).toMatchObject({ method, path: '/priv', user: 'eve' })
    }
    const track = await setUp(eve, urlOf(server, '/priv/trackID=0'), tcp, session)
    expect(track.statusCode).toBe(403)
  })

  it('a session that loses its media while a rule is asked opens no other path', {
    tags: 'B-AUTH0',
  }, async () => {
    const loseMedia: (() => Promise<void>)[] = []
    const read = async () => {
      await loseMedia.pop()?.()
      return true
    }
    const { server, client } = await start(
      {
        rules: [
          { path: '/cam', read },
          { path: '/priv', read: ['u'] },
        ],
      },
      { onConnectionClosed: 'keep' },
    )
    mountCamera(server)
    const second = await connectTo(server)
    for (const eve of [client, second]) await logIn(eve, { user: 'eve', password: 'e' })
    const session = await readySession(client, urlOf(server, '/cam'))
    loseMedia.push(async () => {
      await client.close()
      await until(() => server.pool.get(session)?.state === 'Init')
    })
    const refused = await setUp(second, urlOf(server, '/priv/trackID=0'), tcp, session)
    expect(refused.statusCode).toBe(403)
  })

  it('a function decides on each request', { tags: 'B-AUTH0' }, async () => {
    let isOpen = true
    const { client, url } = await start({
      rules: [{ path: '/*', read: ({ user }) => isOpen && user === 'u' }],
    })
    await logIn(client)
    const session = await readySession(client, url)
    expect((await inSession(client, 'PLAY', url, session)).statusCode).toBe(200)
    isOpen = false
    expect((await inSession(client, 'GET_PARAMETER', url, session)).statusCode).toBe(403)
  })
})

describe('secrets', { tags: 'B-SECR' }, () => {
  it('events, responses and errors contain no credentials', async () => {
    const canary = 'canary-password'
    const { client, url, server, refusals, clock } = await start({
      users: { u: canary },
      verify: () => Promise.reject(new Error('database')),
    })
    const heard: unknown[] = []
    server.on('requestFailed', (error) => void heard.push(error))
    const answers = [
      await answerChallenge(client, url, { password: canary }),
      await heldBack(clock, answerChallenge(client, url, { password: 'x' })),
      await answerChallenge(client, url, { user: 'nobody', password: canary }),
      await describeWith(client, url, basicHeader('u', canary)),
      await describeWith(client, url, `Digest ${canary}`),
    ]
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 401, 500, 401, 401])
    const shown = JSON.stringify([
      heard.map((error) => String(error) + (error as Error).stack),
      refusals,
      answers.map(({ headers, body, reason }) => [[...headers], body.toString(), reason]),
      server.stats(),
    ])
    expect(shown).not.toContain(canary)
    expect(shown).not.toContain(Buffer.from(`u:${canary}`).toString('base64'))
  })
})
