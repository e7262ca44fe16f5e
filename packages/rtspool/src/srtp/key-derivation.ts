import { createCipheriv } from 'node:crypto'
import type { MasterKey } from './suite.js'

/** Keys of one direction and protocol, derived from a master key. Secret. */
export interface SessionKeys {
  readonly encryptionKey: Buffer
  readonly salt: Buffer
  /** Key of the authentication tag (HMAC); empty for AEAD suites. */
  readonly authenticationKey: Buffer
}

/**
 * Labels (numbers of the purpose) of the keys derived for RTP (RFC 3711 section 4.3.1); those for RTCP follow
 * (section 4.3.2).
 */
const rtpLabels = { encryption: 0, authentication: 1, salt: 2 } as const
const rtcpLabels = { encryption: 3, authentication: 4, salt: 5 } as const

const sha1KeyBytes = 20
const blockBytes = 16
/**
 * Offset in the 112-bit salt of the byte that is combined with the label. After it come the 48 bits
 * of the packet index.
 */
const labelOffset = 14 /* salt */ - 6 /* index */ - 1

/**
 * Derives the session keys of RTP and RTCP, with a key derivation rate of 0: they are valid as long
 * as the master key.
 *
 * @see RFC 3711 section 4.3, RFC 7714 section 11
 */
export function deriveSessionKeys(master: MasterKey): { rtp: SessionKeys; rtcp: SessionKeys } {
  return { rtp: derive(master, rtpLabels), rtcp: derive(master, rtcpLabels) }
}

function derive(master: MasterKey, labels: typeof rtpLabels | typeof rtcpLabels): SessionKeys {
  const { cipher, keyBytes, saltBytes } = master.suite
  return {
    encryptionKey: deriveKey(master, labels.encryption, keyBytes),
    salt: deriveKey(master, labels.salt, saltBytes),
    authenticationKey: deriveKey(
      master,
      labels.authentication,
      cipher === 'AES-CM' ? sha1KeyBytes : 0,
    ),
  }
}

/**
 * Derives a key: encrypts zeros by AES in counter mode, which starts at the salt combined with the
 * label.
 *
 * @param label - Purpose of the key, 0 to 5.
 * @param sizeBytes - Number of bytes to derive.
 * @see RFC 3711 section 4.3.3
 */
export function deriveKey({ key, salt }: MasterKey, label: number, sizeBytes: number): Buffer {
  // A salt of 96 bits fills the upper part of the 112 (RFC 7714 section 11).
  const iv = Buffer.alloc(blockBytes)
  salt.copy(iv)
  iv[labelOffset] = (iv[labelOffset] as number) ^ label
  const cipher = createCipheriv(`aes-${key.length * 8}-ctr`, key, iv)
  return cipher.update(Buffer.alloc(sizeBytes))
}
