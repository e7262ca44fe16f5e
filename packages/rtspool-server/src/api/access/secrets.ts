import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * Number of random bytes in a token or in the secret of a share link. With 256 bits, nobody can guess the secret, so
 * that a fast hash is enough to store it.
 */
const secretBytes = 32
const idBytes = 6

/** Matches the SHA-256 hash of a secret, in hexadecimal, as {@link hashOf} returns it. */
export const hashPattern = /^[0-9a-f]{64}$/

/** Creates a random secret: the prefix, which tells the kind of secret, and 256 bits in base64url. */
export const newSecret = (prefix: string): string =>
  prefix + randomBytes(secretBytes).toString('base64url')

/** Creates the random id of a token, login or share link: 8 characters of base64url. The id is no secret. */
export const newId = (): string => randomBytes(idBytes).toString('base64url')

/** Returns the SHA-256 hash of a secret in hexadecimal, which is stored in place of the secret. */
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
