/**
 * Parsed MIKEY messages, which carry SRTP keys in SDP and in the KeyMgmt header.
 *
 * ```text
 * HDR (crypto sessions: SSRC, rollover counter) | T | RAND | SP (security policy) | KEMAC (keys)
 * ```
 *
 * @see RFC 3830 section 6
 */

/** SRTP stream to which the keys of a MIKEY message apply (RFC 3830 section 6.1.1). */
export interface CryptoSession {
  /** Number of the {@link SecurityPolicy} in the message that applies to the stream. */
  readonly policy: number
  /** SSRC of the stream's packets; 0 if the sender does not know it yet. */
  readonly ssrc: number
  readonly rolloverCounter: number
}

/** Policy for the protection of packets: ciphers and lengths (RFC 3830 section 6.10). */
export interface SecurityPolicy {
  readonly policy: number
  /** Values of the policy's parameters, by type of parameter ({@link srtpParameters}). */
  readonly parameters: ReadonlyMap<number, Buffer>
}

/** A master key with or without its salt (RFC 3830 section 6.13). Secret. */
export interface KeyData {
  /** Type of the key, one of {@link keyTypes}. */
  readonly type: number
  readonly key: Buffer
  readonly salt: Buffer | undefined
  /** Index of the key (SPI), by which packets name it; `undefined` if it has none. */
  readonly mki?: Buffer | undefined
}

export interface MikeyMessage {
  /** Type of the MIKEY message, one of {@link mikeyDataTypes}. */
  readonly dataType: number
  /** Number of 32 bits that all messages about the same crypto sessions share (CSB ID). */
  readonly csbId: number
  readonly cryptoSessions: readonly CryptoSession[]
  /** Time at which the sender created the message: an NTP timestamp of 64 bits. */
  readonly ntpTime: bigint
  readonly rand: Buffer
  readonly policies: readonly SecurityPolicy[]
  readonly keys: readonly KeyData[]
}

/** Data types of MIKEY messages (RFC 3830 section 6.1). */
export const mikeyDataTypes = { preSharedKey: 0 } as const

/** Supported types of keys in a MIKEY message (RFC 3830 section 6.13): traffic encryption keys, used directly. */
export const keyTypes = { tek: 2, tekWithSalt: 3 } as const

/**
 * Types of the field after a key in a MIKEY message (RFC 3830 section 6.13): none, the index of the key, or an
 * interval.
 */
export const keyValidities = { none: 0, index: 1, interval: 2 } as const

/** Types of the SRTP parameters in a MIKEY security policy (RFC 3830 section 6.10.1 and RFC 7714 section 14.4). */
export const srtpParameters = {
  encryptionAlgorithm: 0,
  encryptionKeyBytes: 1,
  authenticationAlgorithm: 2,
  authenticationKeyBytes: 3,
  saltBytes: 4,
  pseudoRandomFunction: 5,
  keyDerivationRate: 6,
  isRtpEncrypted: 7,
  isRtcpEncrypted: 8,
  isRtpAuthenticated: 10,
  authenticationTagBytes: 11,
  prefixBytes: 12,
  aeadTagBytes: 20,
} as const

/**
 * Values of the parameters `encryptionAlgorithm` and `authenticationAlgorithm` of a MIKEY security policy (RFC 3830
 * section 6.10.1, RFC 7714 section 14.4).
 */
export const encryptionAlgorithms = { aesCm: 1, aesGcm: 6 } as const
export const authenticationAlgorithms = { none: 0, hmacSha1: 1 } as const

/** Numbers that identify the payloads (parts) of a MIKEY message (RFC 3830 section 6.1). */
export const payloadTypes = {
  last: 0,
  kemac: 1,
  timestamp: 5,
  id: 6,
  securityPolicy: 10,
  rand: 11,
  keyData: 20,
  generalExtension: 21,
} as const

export const mikeyVersion = 1
/**
 * Type of the map of crypto sessions (CS ID map) in a MIKEY message, which lists policy, SSRC and rollover counter of
 * each stream. Only this type is supported.
 */
export const srtpIdMap = 0
export const srtpProtocol = 0
export const nullAlgorithm = 0

/** Types of the timestamp in a MIKEY message (RFC 3830 section 6.6). */
export const timestampTypes = { ntpUtc: 0, ntp: 1, counter: 2 } as const
