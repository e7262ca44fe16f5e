import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { z } from 'zod'
import { writeFileAtomically } from '../../config/save/atomic-write.js'
import { type Role, roles } from './roles.js'

/**
 * Number of random bytes of a token. Nobody can guess 256 bits, so a fast hash is enough to protect
 * them.
 */
const tokenBytes = 32
const maxTokens = 100
const othersMayWrite = 0o022

const tokensFile = z.strictObject({
  tokens: z
    .array(
      z.strictObject({
        id: z.string().min(1).max(32),
        name: z.string().min(1).max(100),
        role: z.enum(roles),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
        createdTime: z.string(),
      }),
    )
    .max(maxTokens),
})

/** A token as it is stored: its hash, never the token itself. */
export type StoredToken = z.output<typeof tokensFile>['tokens'][number]

/** A token as the API shows it. */
export type TokenFacts = Omit<StoredToken, 'sha256'>

/** A token that was just created, with the only copy of the token itself. */
export type NewToken = TokenFacts & { readonly token: string }

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()

export interface TokenStoreEvents {
  /** Emitted after a token was removed, with its id. */
  removed: [id: string]
}

/** Bearer tokens of the API, kept as hashes in a file that only its owner may read. */
export class TokenStore extends EventEmitter<TokenStoreEvents> {
  readonly #file: string
  #tokens: readonly StoredToken[]
  #hasFile: boolean
  /** End of the last change. Changes of the file are made one after the other. */
  #last: Promise<unknown> = Promise.resolve()

  private constructor(file: string, tokens: readonly StoredToken[] | undefined) {
    super()
    // Each event stream adds a listener, and their number has a limit of its own.
    this.setMaxListeners(0)
    this.#file = file
    this.#tokens = tokens ?? []
    this.#hasFile = tokens !== undefined
  }

  /**
   * Reads the file. Without a file the store has no tokens.
   *
   * @throws {Error} The file cannot be read, is not a file of tokens, or others may change it.
   */
  static open(file: string): TokenStore {
    return new TokenStore(file, readTokens(file))
  }

  /**
   * Creates the file with a first token of the role `admin`, if there is no file.
   *
   * @returns The token, which nothing else ever shows; `undefined` if there was a file.
   * @throws The error of the file system.
   */
  async createFirst(): Promise<string | undefined> {
    if (this.#hasFile) return undefined
    const { token } = await this.#serially(() => this.#create('first', 'admin'))
    return token
  }

  /**
   * Finds the stored token that matches a received one. The search takes the same time however many
   * characters are right.
   *
   * @returns `undefined` for an unknown token.
   */
  find(token: string): TokenFacts | undefined {
    const hash = hashOf(token)
    let found: StoredToken | undefined
    for (const stored of this.#tokens) {
      if (timingSafeEqual(hash, Buffer.from(stored.sha256, 'hex'))) found = stored
    }
    return found && factsOf(found)
  }

  list(): TokenFacts[] {
    return this.#tokens.map(factsOf)
  }

  /**
   * Creates a token.
   *
   * @returns `undefined` if there are 100 tokens already, which is the limit.
   */
  tryCreate(name: string, role: Role): Promise<NewToken | undefined> {
    return this.#serially(async () =>
      this.#tokens.length < maxTokens ? this.#create(name, role) : undefined,
    )
  }

  async #create(name: string, role: Role): Promise<NewToken> {
    const token = `rtspool_${randomBytes(tokenBytes).toString('base64url')}`
    const stored: StoredToken = {
      id: randomBytes(6).toString('base64url'),
      name,
      role,
      sha256: hashOf(token).toString('hex'),
      createdTime: new Date().toISOString(),
    }
    await this.#save([...this.#tokens, stored])
    return { ...factsOf(stored), token }
  }

  /**
   * Removes a token. The last one of the role `admin` stays, because without it nobody could create
   * tokens.
   *
   * @returns `'unknown'` if no token has the id.
   */
  remove(id: string): Promise<'removed' | 'unknown' | 'lastAdmin'> {
    return this.#serially(() => this.#remove(id))
  }

  async #remove(id: string): Promise<'removed' | 'unknown' | 'lastAdmin'> {
    const token = this.#tokens.find((stored) => stored.id === id)
    if (!token) return 'unknown'
    const rest = this.#tokens.filter((stored) => stored !== token)
    if (token.role === 'admin' && !rest.some(({ role }) => role === 'admin')) return 'lastAdmin'
    await this.#save(rest)
    this.emit('removed', id)
    return 'removed'
  }

  async #save(tokens: readonly StoredToken[]): Promise<void> {
    try {
      await writeFileAtomically(this.#file, `${JSON.stringify({ tokens }, undefined, 2)}\n`)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`${this.#file} cannot be written: ${reason}`, { cause })
    }
    this.#tokens = tokens
    this.#hasFile = true
  }

  #serially<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#last.then(change)
    this.#last = result.catch(() => undefined)
    return result
  }
}

const factsOf = ({ id, name, role, createdTime }: StoredToken): TokenFacts => ({
  id,
  name,
  role,
  createdTime,
})

/**
 * Reads the tokens of a file.
 *
 * @returns `undefined` if there is no such file.
 */
function readTokens(file: string): readonly StoredToken[] | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  if (process.platform !== 'win32' && (statSync(file).mode & othersMayWrite) !== 0) {
    throw new Error(`${file} may be changed by others than its owner: chmod 600 ${file}`)
  }
  const parsed = tokensFile.safeParse(parseJson(text))
  if (parsed.success) return parsed.data.tokens
  throw new Error(`${file} is not a file of API tokens: ${parsed.error.issues[0]?.message}`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
