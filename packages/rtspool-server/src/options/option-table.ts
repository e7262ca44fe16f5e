import {
  publisherTakeovers,
  rtspServerDefaults,
  type TimelinePolicy,
  tlsDefaults,
  udpLivenesses,
} from 'rtspool'
import { usersVariable } from './auth-flags.js'
import {
  collect,
  logFormats,
  logLevels,
  maxPort,
  minShare,
  oneOf,
  parseFile,
  parseHost,
  parseMulticast,
  parseTrustedAddresses,
  parseUdpPorts,
  wholeNumber,
} from './option-values.js'

/**
 * An option of the command. The parser, `--help` and the tables of both READMEs are generated from
 * these entries. For a new option, add an entry here and a field in `CommandOptions`, then run `npm
 * run docs`.
 */
export interface OptionEntry {
  /** Flags in commander's notation, such as `--port <port>`. */
  readonly flags: string
  /** Meaning, unit and the meaning of 0, on one line without a full stop. */
  readonly text: string
  /** Default value. */
  readonly value?: number | string
  /** Describes a default that is not a single value. */
  readonly defaultText?: string
  /**
   * Parses the text of the command line. Throws an {@link OptionValueError} for a value that is not
   * allowed.
   */
  parse?(text: string, before?: unknown): unknown
}

/** Largest timeout in seconds that every client can read from a `Session` header. */
const maxTimeout = 2 ** 31 - 1
const maxSessions = 2 ** 32 - 1

/** Options of the command, in the order of `--help`. commander adds `--help` and `--version`. */
export const optionTable: readonly OptionEntry[] = [
  {
    flags: '--port <port>',
    text: 'TCP port to listen on; 0 lets the system choose',
    value: 8554,
    parse: wholeNumber('--port', 0, maxPort),
  },
  {
    flags: '--host <host>',
    text: 'address or name to listen on',
    defaultText: 'all addresses',
    parse: parseHost,
  },
  {
    flags: '--tls-port <port>',
    text: 'TCP port for rtsps; 0 lets the system choose',
    value: tlsDefaults.port,
    parse: wholeNumber('--tls-port', 0, maxPort),
  },
  {
    flags: '--tls-key <file>',
    text: 'private key in PEM; turns on RTSP over TLS; SIGHUP reloads it',
    parse: parseFile('--tls-key'),
  },
  {
    flags: '--tls-cert <file>',
    text: 'certificate in PEM, with its chain; SIGHUP reloads it',
    parse: parseFile('--tls-cert'),
  },
  {
    flags: '--max-sessions <n>',
    text: 'limit on sessions; 0 = unlimited',
    value: 1000,
    parse: wholeNumber('--max-sessions', 0, maxSessions),
  },
  {
    flags: '--max-sessions-per-address <n>',
    text: 'limit on the sessions of one address; 0 = unlimited, for many viewers behind one NAT',
    defaultText: `a quarter of --max-sessions, at least ${minShare}; unlimited with --max-sessions 0`,
    parse: wholeNumber('--max-sessions-per-address', 0, maxSessions),
  },
  {
    flags: '--max-connections <n>',
    text: 'limit on connections; 0 = unlimited; never more than the descriptors of the process minus 64',
    defaultText: String(rtspServerDefaults.maxConnections),
    parse: wholeNumber('--max-connections', 0, maxSessions),
  },
  {
    flags: '--max-connections-per-address <n>',
    text: 'limit on the connections of one address; 0 = unlimited',
    defaultText: 'a quarter of --max-connections',
    parse: wholeNumber('--max-connections-per-address', 0, maxSessions),
  },
  {
    flags: '--trusted-addresses <list>',
    text: 'addresses and networks without a limit per address, such as proxies; separated by commas, none = no address',
    defaultText: rtspServerDefaults.trustedAddresses.join(','),
    parse: parseTrustedAddresses,
  },
  {
    flags: '--session-timeout <seconds>',
    text: 'end a session after this many seconds without a sign of life, plus 5; 0 = never; some clients need 10 or more',
    value: 60,
    parse: wholeNumber('--session-timeout', 0, maxTimeout),
  },
  {
    flags: '--udp-ports <a-b>',
    text: 'range from which one even/odd pair of UDP ports is taken',
    defaultText: rtspServerDefaults.udpPorts.join('-'),
    parse: parseUdpPorts,
  },
  {
    flags: '--udp-liveness <sign>',
    text: 'sign of life of UDP viewers: connection, while it is open, or client, only their requests and RTCP',
    value: rtspServerDefaults.udpLiveness,
    parse: oneOf('--udp-liveness', udpLivenesses),
  },
  {
    flags: '--multicast <groups>',
    text: 'multicast groups for viewers who request multicast, such as 239.255.12.0/24; separated by commas',
    defaultText: 'none',
    parse: parseMulticast,
  },
  {
    flags: '--publisher-takeover <when>',
    text: 'when a second publisher replaces the first: never; idle, if of the same user or address and the first is silent for 2 s; sameOwner, at any time; always, anybody who may publish',
    value: rtspServerDefaults.publisherTakeover,
    parse: oneOf('--publisher-takeover', publisherTakeovers),
  },
  { flags: '--no-publish', text: 'refuse all publishers' },
  { flags: '--no-test', text: 'serve no test picture at /test' },
  {
    flags: '--users-file <file>',
    text: `file of users, name:password on each line, # begins a comment; ${usersVariable} in the environment holds users separated by spaces`,
    defaultText: 'everybody may do everything',
    parse: parseFile('--users-file'),
  },
  {
    flags: '--timeline <policy>',
    text: 'passThrough, or continuous, which hides jumps, restarts and SSRC changes of a publisher from viewers',
    value: rtspServerDefaults.timeline,
    parse: oneOf('--timeline', ['passThrough', 'continuous'] satisfies TimelinePolicy[]),
  },
  {
    flags: '--user <name:password>',
    text: 'a user; may be repeated; everybody who lists processes can see the password',
    parse: collect,
  },
  {
    flags: '--publish-user <name>',
    text: 'a user who may publish; may be repeated',
    defaultText: 'all users',
    parse: collect,
  },
  { flags: '--public-read', text: 'let everybody play; only users may publish' },
  {
    flags: '--basic-in-clear',
    text: 'accept passwords without TLS, for clients without Digest',
  },
  {
    flags: '--log-level <level>',
    text: `${logLevels.join(', ')}; SIGUSR2 switches to debug and back`,
    value: 'info',
    parse: oneOf('--log-level', logLevels),
  },
  {
    flags: '--log-format <format>',
    text: 'pretty, for people, or json, one object a line',
    defaultText: 'pretty on a terminal, json elsewhere',
    parse: oneOf('--log-format', logFormats),
  },
  {
    flags: '--log-file <file>',
    text: 'append the log to a file; SIGHUP reopens it',
    defaultText: 'the standard error',
    parse: parseFile('--log-file'),
  },
]
