import type { Answer } from '../answer.js'
import {
  authorization,
  type Challenge,
  type DigestVariant,
  isDigest,
  parseChallenge,
} from '../credentials.js'
import { check, Skip } from '../mismatch.js'
import type { Peer, PeerRequest } from '../peer.js'
import type { Row } from '../row.js'
import { readDescription } from '../sdp.js'
import type { Trial } from '../trial.js'

/** Connection that has sent no credentials, and the challenges (WWW-Authenticate) in the server's 401 response. */
interface Challenged {
  readonly peer: Peer
  readonly uri: string
  readonly answer: Answer
  readonly challenges: readonly Challenge[]
}

async function challenged(trial: Trial, method = 'DESCRIBE'): Promise<Challenged> {
  const presentation = trial.target('private')
  const peer = await trial.connect(presentation, false)
  const { uri } = presentation
  const answer = await peer.expect(401, method, uri, { isAnonymous: true })
  return { peer, uri, answer, challenges: answer.all('WWW-Authenticate').map(parseChallenge) }
}

const show = (challenges: readonly Challenge[]): string =>
  challenges
    .map(({ scheme, parameters }) => `${scheme} ${parameters.get('algorithm') ?? ''}`.trim())
    .join(', ') || 'no WWW-Authenticate'

/**
 * Returns the Digest challenge to which most clients respond: the last one with MD5, or else any other.
 *
 * @throws {Skip} The server sends no Digest challenge.
 */
function digestOf(challenges: readonly Challenge[]): Challenge {
  const md5 = challenges.findLast((each) => isDigest(each, 'MD5'))
  const digest = md5 ?? challenges.find(({ scheme }) => scheme.toLowerCase() === 'digest')
  if (!digest) throw new Skip(`the server asks for ${show(challenges)}`)
  return digest
}

function signed(
  trial: Trial,
  challenge: Challenge,
  method: string,
  uri: string,
  variant: DigestVariant = {},
  password?: string,
): PeerRequest {
  const { credentials } = trial.targets
  if (!credentials) throw new Skip('no --user was given')
  const user = password === undefined ? credentials : { ...credentials, password }
  return { headers: { Authorization: authorization(challenge, user, method, uri, variant) } }
}

/**
 * Time limit in seconds for tests that send wrong credentials. A server may delay its responses to
 * those.
 */
const wrongAttemptSeconds = 20

/** Conformance tests for Digest (RFC 7616) and Basic (RFC 7617) authentication. */
export const digestRows: readonly Row[] = [
  {
    id: 'A-DIG-1',
    level: 'must',
    reference: 'RFC 2617 3.2.1, RFC 7616 3.3',
    requirement: 'a 401 says how to authenticate, each way with a realm, Digest with a nonce',
    expected: '401 with WWW-Authenticate',
    needs: ['private'],
    run: async (trial) => {
      const { challenges } = await challenged(trial)
      check(challenges.length > 0, 'WWW-Authenticate', 'none')
      for (const { scheme, parameters } of challenges) {
        check(parameters.has('realm'), `a realm for ${scheme}`, 'none')
        const hasNonce = scheme.toLowerCase() !== 'digest' || parameters.has('nonce')
        check(hasNonce, 'a nonce for Digest', 'none')
      }
      return show(challenges)
    },
  },
  {
    id: 'A-DIG-1b',
    level: 'house',
    reference: 'RFC 7616 3.7; FFmpeg 5.1, GStreamer 1.22, live555',
    requirement: 'the strongest comes first, Digest with MD5 last, realm and nonce in front',
    expected: 'SHA-256, then MD5, each as realm, nonce, …',
    needs: ['private'],
    run: async (trial) => {
      const { challenges } = await challenged(trial)
      const digests = challenges.filter(({ scheme }) => scheme.toLowerCase() === 'digest')
      const [first] = digests
      check(first !== undefined && isDigest(first, 'SHA-256'), 'SHA-256 first', show(challenges))
      const last = digests.at(-1)
      check(last !== undefined && isDigest(last, 'MD5'), 'MD5 last', show(challenges))
      for (const { parameters } of digests) {
        const names = [...parameters.keys()].slice(0, 2).join(', ')
        check(names === 'realm, nonce', 'realm, nonce in front', names)
      }
      return show(challenges)
    },
  },
  {
    id: 'A-DIG-2',
    level: 'must',
    reference: 'RFC 7616 3.4, RFC 2617 3.2.2',
    requirement: 'a response is taken without qop, and with qop=auth where it was offered',
    expected: '200 to both',
    needs: ['private'],
    run: async (trial) => {
      const { peer, uri, challenges } = await challenged(trial)
      const challenge = digestOf(challenges)
      const plain = signed(trial, challenge, 'DESCRIBE', uri)
      await peer.expect(200, 'DESCRIBE', uri, plain)
      if (!challenge.parameters.has('qop')) return 'no qop is offered'
      const again = digestOf((await challenged(trial)).challenges)
      const other = await trial.connect(trial.target('private'), false)
      const withQop = signed(trial, again, 'DESCRIBE', uri, { hasQop: true })
      await other.expect(200, 'DESCRIBE', uri, withQop)
      return undefined
    },
  },
  {
    id: 'A-DIG-3',
    level: 'must',
    reference: 'RFC 7616 3.4.3, 3.4.6',
    requirement: 'a response belongs to one method',
    expected: '401 where it was made for another one',
    needs: ['private'],
    seconds: wrongAttemptSeconds,
    run: async (trial) => {
      const { peer, uri, challenges } = await challenged(trial)
      const request = signed(trial, digestOf(challenges), 'DESCRIBE', uri, { method: 'PLAY' })
      await peer.expect(401, 'DESCRIBE', uri, { ...request, isAnonymous: true })
      return undefined
    },
  },
  {
    id: 'A-DIG-3c',
    level: 'should',
    reference: 'RFC 7616 3.4.6, RFC 2617 3.2.2.5',
    requirement: 'a response belongs to one resource',
    expected: '400 or 401 where it was made for another path',
    needs: ['private'],
    seconds: wrongAttemptSeconds,
    run: async (trial) => {
      const { peer, uri, challenges } = await challenged(trial)
      const request = signed(trial, digestOf(challenges), 'DESCRIBE', `${uri}-other`)
      await peer.expect([400, 401], 'DESCRIBE', uri, { ...request, isAnonymous: true })
      return undefined
    },
  },
  {
    id: 'A-DIG-3b',
    level: 'house',
    reference: 'VLC 3.0, Bosch BVMS',
    requirement: 'the path alone, and the URI with a slash behind, are taken as the resource',
    expected: '200 to both',
    needs: ['private'],
    run: async (trial) => {
      const { peer, uri, challenges } = await challenged(trial)
      const challenge = digestOf(challenges)
      for (const hashed of [trial.target('private').path, `${uri}/`]) {
        const request = signed(trial, challenge, 'DESCRIBE', hashed)
        await peer.expect(200, 'DESCRIBE', uri, { ...request, isAnonymous: true })
      }
      return undefined
    },
  },
  {
    id: 'A-DIG-4',
    level: 'must',
    reference: 'RFC 7616 3.3, 5.4',
    requirement: 'a nonce that the server has not made is not taken',
    expected: '401 with a new nonce',
    needs: ['private'],
    seconds: wrongAttemptSeconds,
    run: async (trial) => {
      const { peer, uri, challenges } = await challenged(trial)
      const nonce = 'Y29uZm9ybSBtYWRlIHRoaXMgb25l'
      const request = signed(trial, digestOf(challenges), 'DESCRIBE', uri, { nonce })
      const answer = await peer.expect(401, 'DESCRIBE', uri, { ...request, isAnonymous: true })
      const fresh = answer.all('WWW-Authenticate').map(parseChallenge)
      check(fresh.length > 0, 'a new challenge', 'none')
      return undefined
    },
  },
  {
    id: 'A-DIG-5',
    level: 'should',
    reference: 'RFC 7616 5.5',
    requirement: 'the same response with the same count is not taken twice',
    expected: '401 to the replay on a new connection',
    needs: ['private'],
    seconds: wrongAttemptSeconds,
    run: async (trial) => {
      const { peer, uri, challenges } = await challenged(trial)
      const challenge = digestOf(challenges)
      if (!challenge.parameters.has('qop')) throw new Skip('the server offers no qop')
      const request = signed(trial, challenge, 'DESCRIBE', uri, { hasQop: true })
      await peer.expect(200, 'DESCRIBE', uri, { ...request, isAnonymous: true })
      const other = await trial.connect(trial.target('private'), false)
      await other.expect(401, 'DESCRIBE', uri, { ...request, isAnonymous: true })
      return undefined
    },
  },
  {
    id: 'A-DIG-6',
    level: 'should',
    reference: 'own decision',
    requirement: 'the answer does not tell whether the user exists',
    expected: 'the same answer to an unknown user and to a wrong password',
    needs: ['private'],
    seconds: wrongAttemptSeconds,
    run: async (trial) => {
      const { peer, uri, challenges } = await challenged(trial)
      const challenge = digestOf(challenges)
      const wrong = signed(trial, challenge, 'DESCRIBE', uri, {}, 'conform-wrong')
      const stranger = { name: 'conform-nobody', password: 'conform-wrong' }
      const Authorization = authorization(challenge, stranger, 'DESCRIBE', uri)
      const first = await peer.expect(401, 'DESCRIBE', uri, { ...wrong, isAnonymous: true })
      const unknown = { headers: { Authorization }, isAnonymous: true }
      const second = await peer.expect(401, 'DESCRIBE', uri, unknown)
      const [left, right] = [first, second].map((each) =>
        each.headers.map(([name]) => name).join(', '),
      )
      check(left === right, `the headers ${left}`, right ?? 'none')
      return undefined
    },
  },
  {
    id: 'A-DIG-7',
    level: 'should',
    reference: 'RFC 7826 19.1, RFC 7617 4',
    requirement: 'Basic is not offered where everybody can read it',
    expected: 'no Basic without TLS',
    needs: ['private'],
    carriers: ['tcp', 'http', 'ws'],
    run: async (trial) => {
      const { challenges } = await challenged(trial)
      const hasBasic = challenges.some(({ scheme }) => scheme.toLowerCase() === 'basic')
      check(!hasBasic, 'no Basic', show(challenges))
      return show(challenges)
    },
  },
  {
    id: 'A-DIG-8',
    level: 'should',
    reference: 'FFmpeg 5.1; own decision',
    requirement: 'a request without credentials is no failed attempt: players begin with it',
    expected: '200 after 20 requests without',
    needs: ['private'],
    run: async (trial) => {
      const { peer, uri, challenges } = await challenged(trial)
      for (let n = 0; n < 20; n += 1) {
        await peer.expect(401, 'DESCRIBE', uri, { isAnonymous: true })
      }
      await peer.expect(200, 'DESCRIBE', uri, signed(trial, digestOf(challenges), 'DESCRIBE', uri))
      return undefined
    },
  },
  {
    id: 'A-DIG-9',
    level: 'should',
    reference: 'own decision',
    requirement: 'every request of a session is authenticated, not only the first',
    expected: '401 to PLAY and TEARDOWN without credentials, 200 with',
    needs: ['private'],
    run: async (trial) => {
      const { peer, uri, challenges } = await challenged(trial)
      const challenge = digestOf(challenges)
      const ask = (method: string, to: string, headers = {}) => {
        const own = signed(trial, challenge, method, to).headers
        return peer.expect(200, method, to, { headers: { ...own, ...headers }, isAnonymous: true })
      }
      const description = readDescription(await ask('DESCRIBE', uri), uri)
      const { tracks, aggregateUri } = description
      const Transport = 'RTP/AVP/TCP;unicast;interleaved=0-1'
      const set = await ask('SETUP', tracks[0]?.uri ?? uri, { Transport })
      const Session = set.sessionId ?? ''
      for (const method of ['PLAY', 'TEARDOWN']) {
        await peer.expect(401, method, aggregateUri, { headers: { Session }, isAnonymous: true })
      }
      await ask('PLAY', aggregateUri, { Session })
      await ask('TEARDOWN', aggregateUri, { Session })
      return undefined
    },
  },
  {
    id: 'A-DIG-10',
    level: 'house',
    reference: 'own decision; players that ask before they know',
    requirement: 'OPTIONS needs no credentials',
    expected: '200',
    needs: ['private'],
    run: async (trial) => {
      const presentation = trial.target('private')
      const peer = await trial.connect(presentation, false)
      await peer.expect(200, 'OPTIONS', presentation.uri, { isAnonymous: true })
      return undefined
    },
  },
  {
    id: 'A-DIG-11',
    level: 'must',
    reference: 'RFC 7616 3.4, RFC 2068 10.4',
    requirement: 'credentials that cannot be read are refused, and do no harm',
    expected: '400 or 401 to each, then 200 to good ones',
    needs: ['private'],
    seconds: wrongAttemptSeconds,
    run: async (trial) => {
      const { peer, uri, challenges } = await challenged(trial)
      for (const Authorization of [
        ...['Digest', 'Digest username="', 'Digest username="\\"", realm="\\\\"', 'Basic %%%'],
        ...[
          'Bearer x',
          'Digest username="u", username="v", response=""',
          `Digest ${'a="b",'.repeat(99)}`,
        ],
      ]) {
        const request = { headers: { Authorization }, isAnonymous: true }
        await peer.expect([400, 401], 'DESCRIBE', uri, request)
      }
      await peer.expect(200, 'DESCRIBE', uri, signed(trial, digestOf(challenges), 'DESCRIBE', uri))
      return undefined
    },
  },
]
