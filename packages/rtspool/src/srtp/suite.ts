/**
 * Name of an SRTP suite, the algorithms and lengths for the protection of packets (RFC 4568 section 6.2 and RFC 7714
 * section 14.2).
 */
export type SrtpSuiteName =
  | 'AES_CM_128_HMAC_SHA1_80'
  | 'AES_CM_128_HMAC_SHA1_32'
  | 'AEAD_AES_128_GCM'
  | 'AEAD_AES_256_GCM'

/** Algorithms and lengths for the protection of packets; all lengths in bytes. */
export interface SrtpSuite {
  readonly name: SrtpSuiteName
  readonly cipher: 'AES-CM' | 'AES-GCM'
  /** Length in bytes of the master key, and of the session keys for encryption that are derived from it. */
  readonly keyBytes: number
  readonly saltBytes: number
  /** Length in bytes of the authentication tag of RTP packets. */
  readonly rtpTagBytes: number
  /** Length in bytes of the authentication tag of RTCP packets, which is never shortened (RFC 4568 section 6.2.2). */
  readonly rtcpTagBytes: number
}

const gcmTagBytes = 16
const gcmSaltBytes = 12
const cmKey = { cipher: 'AES-CM', keyBytes: 16, saltBytes: 14, rtcpTagBytes: 10 } as const
const gcm = {
  cipher: 'AES-GCM',
  saltBytes: gcmSaltBytes,
  rtpTagBytes: gcmTagBytes,
  rtcpTagBytes: gcmTagBytes,
} as const

/** Supported SRTP suites by name. */
export const srtpSuites: Readonly<Record<SrtpSuiteName, SrtpSuite>> = Object.freeze({
  AES_CM_128_HMAC_SHA1_80: Object.freeze({
    ...cmKey,
    name: 'AES_CM_128_HMAC_SHA1_80',
    rtpTagBytes: 10,
  }),
  AES_CM_128_HMAC_SHA1_32: Object.freeze({
    ...cmKey,
    name: 'AES_CM_128_HMAC_SHA1_32',
    rtpTagBytes: 4,
  }),
  AEAD_AES_128_GCM: Object.freeze({ ...gcm, name: 'AEAD_AES_128_GCM', keyBytes: 16 }),
  AEAD_AES_256_GCM: Object.freeze({ ...gcm, name: 'AEAD_AES_256_GCM', keyBytes: 32 }),
})

/** Master key and salt, from which all other keys are derived (RFC 3711 section 3.2.1). Secret. */
export interface MasterKey {
  readonly suite: SrtpSuite
  /** Master key, `suite.keyBytes` bytes long. */
  readonly key: Buffer
  /** Master salt, `suite.saltBytes` bytes long. */
  readonly salt: Buffer
  /**
   * Index of the key (MKI), 1 to 4 bytes, which each protected packet contains; `undefined` = none.
   */
  readonly mki?: Buffer | undefined
}

/**
 * Splits the bytes of a master key and its salt, which are transmitted as one piece (RFC 4568 section 6.1).
 *
 * @param bytes - Kept, not copied.
 * @throws {RangeError} when the length is not that of key and salt together.
 */
export function masterKeyFrom(suite: SrtpSuite, bytes: Buffer): MasterKey {
  const { name, keyBytes, saltBytes } = suite
  if (bytes.length !== keyBytes + saltBytes) {
    throw new RangeError(
      `key and salt of ${name} must have ${keyBytes + saltBytes} bytes, got ${bytes.length}`,
    )
  }
  return { suite, key: bytes.subarray(0, keyBytes), salt: bytes.subarray(keyBytes) }
}
