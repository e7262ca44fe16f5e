import {
  authKinds,
  type Drop,
  deniableTransports,
  dropKinds,
  type Faults,
  keepAliveKinds,
  type Spell,
} from './faults.js'
import { isQuirk } from './quirks/quirks.js'

/** Error for a text that is no value of a fault. Its message says which values fit. */
export class FaultValueError extends Error {}

/** Name, meaning and parser of one fault; help, guide and error texts are made from it. */
export interface FaultEntry<Value> {
  /** Form of the value, as shown in the help. */
  readonly argument: string
  /** Meaning of the fault, and unit of its value, on one line without a full stop. */
  readonly text: string
  readonly example: string
  /** Parses the value of the fault. @throws {FaultValueError} The text does not fit. */
  readonly parse: (text: string) => Value
}

const maxSeconds = 86_400
const minMotionSeconds = 0.1
const maxSeed = 2 ** 32 - 1

const percent = numberParser('a percentage from 0 to 100', 0, 100)
const secondsOf = numberParser(`seconds from 0 to ${maxSeconds}`, 0, maxSeconds)

const limitOf = integerParser('a whole number from 0 to 1000', 0, 1000)

/** Table of all faults by name, in the order of the help. */
export const faultTable: { readonly [Name in keyof Faults]: FaultEntry<Faults[Name]> } = {
  loss: {
    argument: 'percent',
    text: 'RTP packets that are lost',
    example: 'loss=1',
    parse: percent,
  },
  reorder: {
    argument: 'percent',
    text: 'RTP packets that arrive after one to three later ones',
    example: 'reorder=2',
    parse: percent,
  },
  duplicate: {
    argument: 'percent',
    text: 'RTP packets that arrive twice',
    example: 'duplicate=0.5',
    parse: percent,
  },
  jitter: {
    argument: 'ms',
    text: 'largest random delay of an RTP packet; the order stays',
    example: 'jitter=40',
    parse: numberParser('milliseconds from 0 to 10000', 0, 10_000),
  },
  stall: {
    argument: 'seconds@seconds',
    text: 'no RTP packets for so long, so many seconds after PLAY; several with commas',
    example: 'stall=5@20',
    parse: spellsOf,
  },
  freeze: {
    argument: 'seconds@seconds',
    text: 'the same for video only: sound goes on',
    example: 'freeze=5@20',
    parse: spellsOf,
  },
  drop: {
    argument: 'kind@seconds',
    text: 'the RTSP connection closes (tcp) or is reset (reset) so many seconds after PLAY',
    example: 'drop=tcp@30',
    parse: dropOf,
  },
  away: {
    argument: 'seconds@seconds',
    text: 'the camera restarts: it ends all sessions and accepts nobody for so long, once, so many seconds after the first PLAY',
    example: 'away=20@30',
    parse: spellOf,
  },
  auth: {
    argument: 'kind',
    text: `login that the camera asks for: ${authKinds.join(', ')}`,
    example: 'auth=digest-sha256',
    parse: wordParser(authKinds),
  },
  deny: {
    argument: 'transport',
    text: `transports that the camera refuses with 461: ${deniableTransports.join(', ')}`,
    example: 'deny=udp',
    parse: listParser(wordParser(deniableTransports)),
  },
  keepalive: {
    argument: 'kind',
    text: `reaction to keep-alive requests while it plays: ${keepAliveKinds.join(', ')}`,
    example: 'keepalive=ignore',
    parse: wordParser(keepAliveKinds),
  },
  timeout: {
    argument: 'seconds',
    text: 'session timeout that the camera announces and applies',
    example: 'timeout=10',
    parse: integerParser('whole seconds from 1 to 3600', 1, 3600),
  },
  connections: {
    argument: 'number',
    text: 'connections at a time; the camera closes further ones; 0 = no limit',
    example: 'connections=2',
    parse: limitOf,
  },
  sessions: {
    argument: 'number',
    text: 'sessions at a time; SETUP of one more gets 453; 0 = no limit',
    example: 'sessions=1',
    parse: limitOf,
  },
  uplink: {
    argument: 'kbit/s',
    text: 'rate of each track: packets wait up to 2 s, then they are lost; 0 = no limit',
    example: 'uplink=500',
    parse: numberParser('kbit/s from 0 to 1000000', 0, 1_000_000),
  },
  motion: {
    argument: 'seconds@seconds',
    text: 'motion events of ONVIF: motion for so long, after each rest of so many seconds',
    example: 'motion=2@8',
    parse: motionOf,
  },
  quirk: {
    argument: 'number',
    text: 'quirks of real cameras by their number; several with commas; see --list-quirks',
    example: 'quirk=19',
    parse: listParser(quirkOf),
  },
  seed: {
    argument: 'number',
    text: 'seed of everything random: equal URLs send equal packets with equal faults',
    example: 'seed=7',
    parse: integerParser(`a whole number from 0 to ${maxSeed}`, 0, maxSeed),
  },
}

/** Names of all faults, in the order of the help. */
export const faultNames = Object.keys(faultTable) as readonly (keyof Faults)[]

export const isFaultName = (name: string): name is keyof Faults => Object.hasOwn(faultTable, name)

function refuse(expected: string): never {
  throw new FaultValueError(expected)
}

function numberParser(expected: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
    return value >= min && value <= max ? value : refuse(expected)
  }
}

function integerParser(expected: string, min: number, max: number): (text: string) => number {
  const parse = numberParser(expected, min, max)
  return (text) => (/^\d+$/.test(text) ? parse(text) : refuse(expected))
}

function wordParser<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => words.find((word) => word === text) ?? refuse(`one of ${words.join(', ')}`)
}

function listParser<Item>(parse: (text: string) => Item): (text: string) => readonly Item[] {
  // An empty list: a URL takes back what the command line says.
  return (text) => (text === '' ? [] : text.split(',').map(parse))
}

function spellOf(text: string): Spell {
  const expected = 'a length and a time in seconds, such as 5@20'
  const [seconds, atSeconds, ...rest] = text.split('@')
  if (seconds === undefined || atSeconds === undefined || rest.length > 0) return refuse(expected)
  return { seconds: secondsOf(seconds), atSeconds: secondsOf(atSeconds) }
}

function motionOf(text: string): Spell {
  const motion = spellOf(text)
  const shortest = Math.min(motion.seconds, motion.atSeconds)
  return shortest >= minMotionSeconds ? motion : refuse(`times from ${minMotionSeconds} s`)
}

function spellsOf(text: string): readonly Spell[] {
  return listParser(spellOf)(text)
}

function dropOf(text: string): Drop {
  const [kind = '', atSeconds] = text.split('@')
  const known = dropKinds.find((each) => each === kind)
  if (!known || atSeconds === undefined) {
    return refuse(`${dropKinds.join(' or ')} and a time in seconds, such as tcp@30`)
  }
  return { kind: known, atSeconds: secondsOf(atSeconds) }
}

function quirkOf(text: string): string {
  return isQuirk(text) ? text : refuse('numbers that rtspool camera --list-quirks shows')
}
