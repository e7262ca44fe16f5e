import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'

/** Cost of a new hash, as log2 of N: 32 MiB of memory and about a tenth of a second (RFC 7914). */
const defaultLogN = 15
const cost = { blockSize: 8, parallelization: 1 } as const
/** Maximum cost of a scrypt hash in a file of users, as log2 of N: 128 MiB of memory. */
const maxLogN = 17
const saltBytes = 16
const hashBytes = 32
/**
 * Bytes of memory that scrypt may use, divided by N * r * p. The algorithm needs a little more than
 * 128.
 */
const memoryFactor = 256

/** Matches `$scrypt$ln=15,r=8,p=1$SALT$HASH`, with salt and hash in base64 without padding. */
export const passwordHashPattern =
  /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{16,86})\$([A-Za-z0-9+/]{22,86})$/

/**
 * Hashes a password with scrypt, for a server that receives the password itself.
 *
 * @param logN - Cost as log2 of N, at most 17.
 */
export async function hashPassword(password: string, logN = defaultLogN): Promise<string> {
  const { blockSize, parallelization } = cost
  const salt = randomBytes(saltBytes)
  const hash = await derive(password, salt, hashBytes, logN, blockSize, parallelization)
  const head = `$scrypt$ln=${logN},r=${blockSize},p=${parallelization}`
  return `${head}$${plainBase64(salt)}$${plainBase64(hash)}`
}

/**
 * Returns whether a password is that of a hash. The comparison takes the same time for each wrong password.
 *
 * @param hash - Result of {@link hashPassword}.
 */
export async function isPasswordOfHash(password: string, hash: string): Promise<boolean> {
  const [, logN, blockSize, parallelization, salt = '', expected = ''] =
    passwordHashPattern.exec(hash) ?? []
  if (Number(logN) > maxLogN) throw new Error(`the cost of a password is above ln=${maxLogN}`)
  const wanted = Buffer.from(expected, 'base64')
  const numbers = [logN, blockSize, parallelization].map(Number) as [number, number, number]
  const got = await derive(password, Buffer.from(salt, 'base64'), wanted.length, ...numbers)
  return timingSafeEqual(wanted, got)
}

function derive(
  password: string,
  salt: Buffer,
  length: number,
  logN: number,
  blockSize: number,
  parallelization: number,
): Promise<Buffer> {
  const N = 2 ** logN
  const maxmem = memoryFactor * N * blockSize * parallelization
  const options: ScryptOptions = { N, r: blockSize, p: parallelization, maxmem }
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, options, (error, key) => {
      if (error) reject(error)
      else resolve(key)
    })
  })
}

const plainBase64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')
