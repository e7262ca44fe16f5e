/** Names of RFC 4568 section 6.2 and RFC 7714 section 14.2. */
export type SrtpSuiteName =
  | 'AES_CM_128_HMAC_SHA1_80'
  | 'AES_CM_128_HMAC_SHA1_32'
  | 'AEAD_AES_128_GCM'
  | 'AEAD_AES_256_GCM'

/** What protects the packets of a stream; lengths in bytes. */
export interface SrtpSuite {
  readonly name: SrtpSuiteName
  readonly cipher: 'AES-CM' | 'AES-GCM'
  /** Of the master key and of the session keys for encryption. */
  readonly keyBytes: number
  readonly saltBytes: number
  /** Authentication tag of RTP packets. */
  readonly rtpTagBytes: number
  /** Authentication tag of RTCP packets: never shortened (RFC 4568 section 6.2.2). */
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

/** The suites that are known here, by name. */
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

/** What key management agrees on, and everything else is derived from (RFC 3711 section 3.2.1). Secret. */
export interface MasterKey {
  readonly suite: SrtpSuite
  /** `suite.keyBytes` long. */
  readonly key: Buffer
  /** `suite.saltBytes` long. */
  readonly salt: Buffer
  /** Its index, 1 to 4 bytes, in each packet under it; packets have none when absent. */
  readonly mki?: Buffer | undefined
}

/**
 * Cuts key and salt, which travel as one piece (RFC 4568 section 6.1), apart.
 *
 * @param bytes - Kept, not copied.
 * @throws {RangeError} When the length is not that of key and salt together.
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
