import { hkdfSync } from 'node:crypto'

const keyBytes = 32
const purpose = 'rtspool session ids'

/**
 * Derives the keys of a node from the secrets in the configuration, by HKDF with SHA-256 (RFC 5869).
 *
 * @returns Keys of 32 bytes; `undefined` without a secret, so that ids name no node.
 */
export function idKeysOf(secrets: readonly string[]): Uint8Array[] | undefined {
  if (secrets.length === 0) return undefined
  return secrets.map((secret) => new Uint8Array(hkdfSync('sha256', secret, '', purpose, keyBytes)))
}
