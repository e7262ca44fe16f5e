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
 * An option of the command. The parser, `--help` and the tables of both READMEs are made of these entries: a new option
 * is an entry here, a field of `CommandOptions`, and `npm run docs`.
 */
export interface OptionEntry {
  /** As commander reads it, such as `--port <port>`. */
  readonly flags: string
  /** Meaning and unit, and what 0 means; one line without a full stop. */
  readonly text: string
  /** Value of the option when it is absent. */
  readonly value?: number | string
  /** Describes a default that is no single value. */
  readonly defaultText?: string
  /** Reads the text of the command line; throws an {@link OptionValueError} for what the option does not take. */
  parse?(text: string, before?: unknown): unknown
}

/** Largest timeout that fits in a `Session` header of every client, in seconds. */
const maxTimeout = 2 ** 31 - 1
const maxSessions = 2 ** 32 - 1

/** The options of the command in the order of `--help`; `--help` and `--version` are commander's own. */
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
    text: 'private key in PEM: turns RTSP over TLS on; SIGHUP reads it again',
    parse: parseFile('--tls-key'),
  },
  {
    flags: '--tls-cert <file>',
    text: 'certificate in PEM, with its chain; SIGHUP reads it again',
    parse: parseFile('--tls-cert'),
  },
  {
    flags: '--max-sessions <n>',
    text: 'most sessions at a time; 0 is no limit',
    value: 1000,
    parse: wholeNumber('--max-sessions', 0, maxSessions),
  },
  {
    flags: '--max-sessions-per-address <n>',
    text: 'most sessions of one address; 0 is no limit, for viewers behind one NAT',
    defaultText: `a quarter of --max-sessions, at least ${minShare}; none with --max-sessions 0`,
    parse: wholeNumber('--max-sessions-per-address', 0, maxSessions),
  },
  {
    flags: '--max-connections <n>',
    text: 'most connections at a time; 0 is no limit; never more than the descriptors of the process less 64',
    defaultText: String(rtspServerDefaults.maxConnections),
    parse: wholeNumber('--max-connections', 0, maxSessions),
  },
  {
    flags: '--max-connections-per-address <n>',
    text: 'most connections of one address; 0 is no limit',
    defaultText: 'a quarter of --max-connections',
    parse: wholeNumber('--max-connections-per-address', 0, maxSessions),
  },
  {
    flags: '--trusted-addresses <list>',
    text: 'addresses and networks without a limit of connections of their own, such as proxies; several with commas, none for nobody',
    defaultText: rtspServerDefaults.trustedAddresses.join(','),
    parse: parseTrustedAddresses,
  },
  {
    flags: '--session-timeout <seconds>',
    text: 'silence that ends a session, after 5 s of grace; 0 is never; some clients need 10 or more',
    value: 60,
    parse: wholeNumber('--session-timeout', 0, maxTimeout),
  },
  {
    flags: '--udp-ports <a-b>',
    text: 'range in which one even/odd pair of UDP ports is taken',
    defaultText: rtspServerDefaults.udpPorts.join('-'),
    parse: parseUdpPorts,
  },
  {
    flags: '--udp-liveness <sign>',
    text: 'what keeps viewers by UDP: connection, theirs being open, or client, their requests and RTCP alone',
    value: rtspServerDefaults.udpLiveness,
    parse: oneOf('--udp-liveness', udpLivenesses),
  },
  {
    flags: '--multicast <groups>',
    text: 'groups for viewers who ask for multicast, as 239.255.12.0/24; several with commas',
    defaultText: 'none',
    parse: parseMulticast,
  },
  {
    flags: '--publisher-takeover <when>',
    text: 'when a second publisher takes a path: never; idle, from the same user or address when the first is silent for 2 s; sameOwner, at any time; always, from anybody who may publish',
    value: rtspServerDefaults.publisherTakeover,
    parse: oneOf('--publisher-takeover', publisherTakeovers),
  },
  { flags: '--no-publish', text: 'let nobody publish' },
  { flags: '--no-test', text: 'play no test picture at /test' },
  {
    flags: '--users-file <file>',
    text: `users as lines of name:password, # begins a comment; ${usersVariable} in the environment takes them with spaces between`,
    defaultText: 'everybody may do everything',
    parse: parseFile('--users-file'),
  },
  {
    flags: '--timeline <policy>',
    text: 'passThrough, or continuous: viewers see no jump, restart or other SSRC of a publisher',
    value: rtspServerDefaults.timeline,
    parse: oneOf('--timeline', ['passThrough', 'continuous'] satisfies TimelinePolicy[]),
  },
  {
    flags: '--user <name:password>',
    text: 'a user; may be repeated; shows the password to everybody who lists processes',
    parse: collect,
  },
  {
    flags: '--publish-user <name>',
    text: 'a user who may publish; may be repeated',
    defaultText: 'all users',
    parse: collect,
  },
  { flags: '--public-read', text: 'let everybody play; users are needed to publish' },
  {
    flags: '--basic-in-clear',
    text: 'take passwords without TLS, for clients that know no Digest',
  },
  {
    flags: '--log-level <level>',
    text: `${logLevels.join(', ')}; SIGUSR2 changes to debug and back`,
    value: 'info',
    parse: oneOf('--log-level', logLevels),
  },
  {
    flags: '--log-format <format>',
    text: 'pretty, a line for people, or json, an object a line',
    defaultText: 'pretty on a terminal, json elsewhere',
    parse: oneOf('--log-format', logFormats),
  },
  {
    flags: '--log-file <file>',
    text: 'add the log to a file; SIGHUP opens the file again',
    defaultText: 'the standard error',
    parse: parseFile('--log-file'),
  },
]
