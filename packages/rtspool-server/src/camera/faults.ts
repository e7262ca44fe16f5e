/** Span of time without packets or without the camera, in seconds after PLAY. */
export interface Spell {
  /** Beginning of the span in seconds after PLAY. */
  readonly atSeconds: number
  /** Length of the span in seconds. */
  readonly seconds: number
}

/** Ways in which a camera can end a connection: by a close of TCP (`tcp`), or by a reset. */
export const dropKinds = Object.freeze(['tcp', 'reset'] as const)

/** A connection that the camera ends: closed (`tcp`) or reset, so many seconds after PLAY. */
export interface Drop {
  readonly kind: (typeof dropKinds)[number]
  readonly atSeconds: number
}

/** Kinds of login that a camera may ask for. */
export const authKinds = Object.freeze([
  'none',
  'basic',
  'digest',
  'digest-md5',
  'digest-sha256',
  'basic-digest',
] as const)

/** Kind of login that a camera may ask for: one of {@link authKinds}. */
export type AuthKind = (typeof authKinds)[number]

/** Transports that a camera may refuse. */
export const deniableTransports = Object.freeze(['udp', 'tcp'] as const)

/** Transport that a camera may refuse: one of {@link deniableTransports}. */
export type DeniableTransport = (typeof deniableTransports)[number]

/** Reactions of a camera to keep-alive requests. */
export const keepAliveKinds = Object.freeze(['answer', 'ignore'] as const)

/** Reaction of a camera to keep-alive requests: one of {@link keepAliveKinds}. */
export type KeepAliveKind = (typeof keepAliveKinds)[number]

/** Faults that a virtual camera shows. */
export interface Faults {
  /** Percentage of RTP packets that the camera does not send. */
  readonly loss: number
  /** Percentage of RTP packets that are sent after one to three later ones. */
  readonly reorder: number
  /** Percentage of RTP packets that are sent twice. */
  readonly duplicate: number
  /** Maximum random delay of each RTP packet in milliseconds; the order stays. */
  readonly jitter: number
  /** Spans of time in which the camera sends no RTP packet. */
  readonly stall: readonly Spell[]
  /** Spans of time in which the camera sends no RTP packet of video; sound goes on. */
  readonly freeze: readonly Spell[]
  readonly drop: Drop | undefined
  /** Span of time in which the camera accepts nobody, as during a restart; once in the life of the camera. */
  readonly away: Spell | undefined
  readonly auth: AuthKind
  readonly deny: readonly DeniableTransport[]
  readonly keepalive: KeepAliveKind
  /** Session timeout in seconds that the camera announces and applies. */
  readonly timeout: number
  /** Maximum number of connections at a time; the camera closes further ones. 0 = unlimited. */
  readonly connections: number
  /** Maximum number of sessions at a time; SETUP of one more gets 453. 0 = no limit. */
  readonly sessions: number
  /** Rate of the uplink in kbit/s for each track: packets wait up to 2 s, then they are lost. 0 = no limit. */
  readonly uplink: number
  /** Motion that ONVIF events tell: `seconds` of motion after each `atSeconds` of rest. */
  readonly motion: Spell
  /** Identifiers of the quirks (behaviours of real cameras) that the camera shows, such as `19a`. */
  readonly quirk: readonly string[]
  /** Seed of everything that is random: SSRCs, first numbers, and the packets that faults hit. */
  readonly seed: number
}

/** Faults of a camera that shows none. */
export const noFaults: Faults = Object.freeze({
  loss: 0,
  reorder: 0,
  duplicate: 0,
  jitter: 0,
  stall: Object.freeze([]),
  freeze: Object.freeze([]),
  drop: undefined,
  away: undefined,
  auth: 'none',
  deny: Object.freeze([]),
  keepalive: 'answer',
  timeout: 60,
  ...{ connections: 0, sessions: 0, uplink: 0 },
  motion: Object.freeze({ seconds: 5, atSeconds: 10 }),
  quirk: Object.freeze([]),
  seed: 1,
})
