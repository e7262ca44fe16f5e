import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** 256 random bits: nobody can guess a secret, so that a fast hash protects it. */
const secretBytes = 32
const idBytes = 6

/** Pattern of a stored hash. */
export const hashPattern = /^[0-9a-f]{64}$/

/** Creates a secret that no one can guess. */
export const newSecret = (prefix: string): string =>
  prefix + randomBytes(secretBytes).toString('base64url')

/** Creates a short public id. */
export const newId = (): string => randomBytes(idBytes).toString('base64url')

/** Returns the hash of a secret as it is stored. */
export const hashOf = (secret: string): string => digest(secret).toString('hex')

const digest = (secret: string): Buffer => createHash('sha256').update(secret).digest()

/** Finds the entry of a secret. The time does not depend on the part of the secret that is right. */
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
