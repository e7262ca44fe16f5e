import { EventEmitter } from 'node:events'
import { z } from 'zod'
import { type Role, roles } from '../../access/roles.js'
import { writeFileAtomically } from '../../config/save/atomic-write.js'
import { SerialQueue } from '../../config/save/serial-queue.js'
import { readOwnedFile } from './owned-file.js'
import { entryOf, hashOf, hashPattern, newId, newSecret } from './secrets.js'

const maxTokens = 100

const tokensFile = z.strictObject({
  tokens: z
    .array(
      z.strictObject({
        id: z.string().min(1).max(32),
        name: z.string().min(1).max(100),
        role: z.enum(roles),
        sha256: z.string().regex(hashPattern),
        createdTime: z.string(),
      }),
    )
    .max(maxTokens),
})

/** A token as it is stored: its hash, never the token itself. */
export type StoredToken = z.output<typeof tokensFile>['tokens'][number]

/** Properties of a token that the API returns: all but its hash. */
export type TokenFacts = Omit<StoredToken, 'sha256'>

/** A token that was just created, with the only copy of the token itself. */
export type NewToken = TokenFacts & { readonly token: string }

export interface TokenStoreEvents {
  /** Emitted after a token was removed, with its id. */
  removed: [id: string]
}

/** Bearer tokens of the API, kept as hashes in a file that only its owner may read. */
export class TokenStore extends EventEmitter<TokenStoreEvents> {
  readonly #file: string
  #tokens: readonly StoredToken[]
  #hasFile: boolean
  readonly #changes = new SerialQueue()

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
    return new TokenStore(file, readOwnedFile(file, tokensFile, 'API tokens')?.tokens)
  }

  /**
   * Creates the file with a first token of the role `admin`, if there is no file.
   *
   * @returns The token, which nothing else ever shows; `undefined` if there was a file.
   * @throws {FileError} The file cannot be written.
   */
  async createFirst(): Promise<string | undefined> {
    if (this.#hasFile) return undefined
    const { token } = await this.#changes.run(() => this.#create('first', 'admin'))
    return token
  }

  /**
   * Finds the stored token that matches a received one. The search takes the same time however many
   * characters are right.
   *
   * @returns `undefined` for an unknown token.
   */
  find(token: string): TokenFacts | undefined {
    const found = entryOf(token, this.#tokens)
    return found && factsOf(found)
  }

  list(): TokenFacts[] {
    return this.#tokens.map(factsOf)
  }

  /**
   * Creates a token, and stores its hash in the file of tokens.
   *
   * @returns `undefined` if there are 100 tokens already, which is the limit.
   */
  tryCreate(name: string, role: Role): Promise<NewToken | undefined> {
    return this.#changes.run(async () =>
      this.#tokens.length < maxTokens ? this.#create(name, role) : undefined,
    )
  }

  async #create(name: string, role: Role): Promise<NewToken> {
    const token = newSecret('rtspool_')
    const stored: StoredToken = {
      id: newId(),
      name,
      role,
      sha256: hashOf(token),
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
    return this.#changes.run(() => this.#remove(id))
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
    await writeFileAtomically(this.#file, `${JSON.stringify({ tokens }, undefined, 2)}\n`)
    this.#tokens = tokens
    this.#hasFile = true
  }
}

const factsOf = ({ id, name, role, createdTime }: StoredToken): TokenFacts => ({
  id,
  name,
  role,
  createdTime,
})
