import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * Number of random bytes in a secret. With 256 bits, nobody can guess it, so a fast hash is enough
 * to store it.
 */
const secretBytes = 32
const idBytes = 6

/** Matches a stored hash of a secret. */
export const hashPattern = /^[0-9a-f]{64}$/

/** Creates a random secret with a prefix. */
export const newSecret = (prefix: string): string =>
  prefix + randomBytes(secretBytes).toString('base64url')

/** Creates a short random id, which is public. */
export const newId = (): string => randomBytes(idBytes).toString('base64url')

/** Returns the hash of a secret as it is stored. */
export const hashOf = (secret: string): string => digest(secret).toString('hex')

const digest = (secret: string): Buffer => createHash('sha256').update(secret).digest()

/**
 * Finds the entry whose stored hash belongs to a secret. The search takes the same time for every
 * secret, right or wrong.
 */
export function entryOf<Entry extends { readonly sha256: string }>(
  secret: string,
  entries: Iterable<Entry>,
): Entry | undefined {
  const hash = digest(secret)
  let found: Entry | undefined
  for (const entry of entries) {
    if (timingSafeEqual(hash, Buffer.from(entry.sha256, 'hex'))) found = entry
  }
  return found
}
