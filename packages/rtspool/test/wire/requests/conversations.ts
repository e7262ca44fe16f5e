import { mutate, type SeededRandom } from '../../rtsp/mutate.js'
import { frame } from '../../rtsp/transcripts.js'
import { getHead, httpHead, postHead } from '../../support/http-client.js'
import { rtpPacket, testSdp } from '../../support/test-server.js'

/**
 * One write of a client. In its bytes, as Latin-1, `{url}`, `{live}`, `{port}`, `{pair}` and `{session}` stand for
 * what is only known when it is sent.
 */
export interface Step {
  /** Which of the client's connections; each is opened by its first step. */
  readonly line: 0 | 1
  readonly wire: string
  /** What it is wrapped in on the way. */
  readonly wrap: 'nothing' | 'base64' | 'webSocket'
  /** Whether an answer is worth waiting for. */
  readonly isRequest: boolean
}

/** What a client does, from its first byte to its last. */
export interface Conversation {
  readonly name: string
  readonly steps: readonly Step[]
}

const step = (wire: string, isRequest: boolean): Step => ({
  line: 0,
  wire,
  wrap: 'nothing',
  isRequest,
})

function request(method: string, uri: string, headers: string[] = [], body = ''): Step {
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]
  const lines = [`${method} ${uri} RTSP/1.0`, 'CSeq: 1', ...headers, ...length]
  return step(`${lines.join('\r\n')}\r\n\r\n${body}`, true)
}

const inSession = (method: string, uri: string, ...headers: string[]): Step =>
  request(method, uri, ['Session: {session}', ...headers])

const sendFrame = (channel: number, payload: Buffer): Step =>
  step(frame(channel, payload).toString('latin1'), false)

/** V=2, no blocks, PT=201, one word, SSRC. */
const receiverReport = Buffer.from('80c9000112345678', 'hex')
/** V=2, no blocks, PT=200, six words: SSRC, NTP, RTP, counts. */
const senderReport = Buffer.from(`80c80006${'12345678'.repeat(6)}`, 'hex')

const plays = (transports: readonly [string, string], ...frames: Step[]): Step[] => [
  request('OPTIONS', '*'),
  request('DESCRIBE', '{url}', ['Accept: application/sdp']),
  request('SETUP', '{url}/trackID=0', [`Transport: ${transports[0]}`]),
  inSession('SETUP', '{url}/trackID=1', `Transport: ${transports[1]}`),
  inSession('PLAY', '{url}/', 'Range: npt=0.000-'),
  ...frames,
  inSession('GET_PARAMETER', '{url}'),
  inSession('PAUSE', '{url}/'),
  inSession('PLAY', '{url}/'),
  inSession('TEARDOWN', '{url}/'),
]

const publishes = (transports: readonly [string, string], ...frames: Step[]): Step[] => [
  request('OPTIONS', '{live}'),
  request('ANNOUNCE', '{live}', ['Content-Type: application/sdp'], testSdp),
  request('SETUP', '{live}/streamid=0', [`Transport: ${transports[0]};mode=record`]),
  inSession('SETUP', '{live}/streamid=1', `Transport: ${transports[1]};mode=record`),
  inSession('RECORD', '{live}', 'Range: npt=0.000-'),
  ...frames,
  inSession('SET_PARAMETER', '{live}'),
  inSession('TEARDOWN', '{live}'),
]

const overTcp = [
  'RTP/AVP/TCP;unicast;interleaved=0-1',
  'RTP/AVP/TCP;unicast;interleaved=2-3',
] as const
const overUdp = [
  'RTP/AVP;unicast;client_port={pair}',
  'RTP/AVP;unicast;client_port={pair}',
] as const
const reports = [sendFrame(1, receiverReport), sendFrame(3, receiverReport)]
const media = Array.from({ length: 4 }, (_, sequenceNumber) =>
  sendFrame(0, rtpPacket({ sequenceNumber, marker: true, payload: Buffer.alloc(40, 7) })),
)

const upgrade = httpHead(
  'GET /any HTTP/1.1',
  'Host: 127.0.0.1',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Protocol: rtsp.onvif.org',
)

const inTunnel = (steps: readonly Step[]): Step[] => [
  step(getHead('{port}'), true),
  { ...step(postHead('{port}'), false), line: 1 },
  ...steps.map((each) => ({ ...each, line: 1 as const, wrap: 'base64' as const })),
]

const inWebSocket = (steps: readonly Step[]): Step[] => [
  step(upgrade, true),
  ...steps.map((each) => ({ ...each, wrap: 'webSocket' as const })),
]

/** Clients that do nothing wrong. */
export const honestConversations: readonly Conversation[] = [
  { name: 'plays over TCP', steps: plays(overTcp, ...reports) },
  { name: 'plays over UDP', steps: plays(overUdp) },
  { name: 'publishes over TCP', steps: publishes(overTcp, ...media, sendFrame(1, senderReport)) },
  { name: 'publishes over UDP', steps: publishes(overUdp) },
  { name: 'plays through a tunnel', steps: inTunnel(plays(overTcp, ...reports)) },
  { name: 'publishes through a tunnel', steps: inTunnel(publishes(overTcp, ...media)) },
  { name: 'plays over a WebSocket', steps: inWebSocket(plays(overTcp, ...reports)) },
]

type Mutation = (steps: readonly Step[], at: number, random: SeededRandom) => readonly Step[]

const anyStep = (random: SeededRandom): Step => random.pick(random.pick(honestConversations).steps)

const replaced = (steps: readonly Step[], at: number, ...others: readonly Step[]): Step[] => [
  ...steps.slice(0, at),
  ...others,
  ...steps.slice(at + 1),
]

const mutations: readonly Mutation[] = [
  function drop(steps, at) {
    return replaced(steps, at)
  },
  function repeat(steps, at, random) {
    const one = steps[at] as Step
    return replaced(steps, at, ...Array<Step>(2 + random.below(6)).fill(one))
  },
  function swap(steps, at, random) {
    const other = random.below(steps.length)
    const swapped = [...steps]
    swapped[at] = steps[other] as Step
    swapped[other] = steps[at] as Step
    return swapped
  },
  function borrow(steps, at, random) {
    return replaced(steps, at, steps[at] as Step, anyStep(random))
  },
  /** The beginning of one and the end of another, as if they were one. */
  function splice(steps, at, random) {
    const one = steps[at] as Step
    const { wire } = anyStep(random)
    const spliced =
      one.wire.slice(0, random.below(one.wire.length)) + wire.slice(random.below(wire.length))
    return replaced(steps, at, { ...one, wire: spliced, isRequest: false })
  },
  /** Another step in the midst of this one. */
  function interrupt(steps, at, random) {
    const one = steps[at] as Step
    const cut = random.below(one.wire.length)
    const wire = one.wire.slice(0, cut) + anyStep(random).wire + one.wire.slice(cut)
    return replaced(steps, at, { ...one, wire, isRequest: false })
  },
  function bytes(steps, at, random) {
    const one = steps[at] as Step
    const wire = mutate([Buffer.from(one.wire, 'latin1')], random).toString('latin1')
    return replaced(steps, at, { ...one, wire })
  },
  function otherLine(steps, at, random) {
    const one = steps[at] as Step
    const wrap = random.pick(['nothing', 'base64', 'webSocket'] as const)
    return replaced(steps, at, { ...one, line: one.line === 0 ? 1 : 0, wrap })
  },
  function rest(steps, at) {
    return steps.slice(at)
  },
]

/** An honest conversation with one to five mutations of whole steps. */
export function mutatedConversation(random: SeededRandom): Conversation {
  const { name, steps: honest } = random.pick(honestConversations)
  let steps = honest
  for (let rounds = 1 + random.below(5); rounds > 0 && steps.length > 0; rounds--) {
    steps = random.pick(mutations)(steps, random.below(steps.length), random)
  }
  return { name, steps }
}
