import { EventEmitter } from 'node:events'
import type { Clock, ClockTimer } from 'rtspool'
import { z } from 'zod'
import { sharePrefix } from '../../access/share-logins.js'
import { writeFileAtomically } from '../../config/save/atomic-write.js'
import { SerialQueue } from '../../config/save/serial-queue.js'
import { readOwnedFile } from './owned-file.js'
import { entryOf, hashOf, hashPattern, newId, newSecret } from './secrets.js'

const maxShares = 1000
/**
 * Prefix of the user names of share links. Users of the configuration have no colon in their names,
 * so that no user has the rights of a link.
 */
const userPrefix = 'share:'

const sharesFile = z.strictObject({
  shares: z
    .array(
      z.strictObject({
        id: z.string().min(1).max(32),
        name: z.string().min(1).max(100),
        path: z.string().min(1).max(1024),
        until: z.number().optional(),
        maxViewers: z.int().min(0),
        author: z.string().max(300),
        createdTime: z.string(),
        sha256: z.string().regex(hashPattern),
      }),
    )
    .max(maxShares),
})

/** A share link as it is stored: the hash of its secret, never the secret itself. */
export type StoredShare = z.output<typeof sharesFile>['shares'][number]

/** Properties of a share link that the API returns: all but the hash of its secret. */
export type ShareFacts = Omit<StoredShare, 'sha256'>

/** A share link that was just created, with the only copy of its secret. */
export type NewShare = ShareFacts & { readonly secret: string }

/** Properties with which a share link is created. A missing name is replaced by the id of the link. */
export type ShareTerms = Pick<StoredShare, 'path' | 'until' | 'maxViewers' | 'author'> & {
  readonly name: string | undefined
}

export type ShareEnd = 'revoked' | 'expired'

export interface ShareStoreEvents {
  created: [share: ShareFacts]
  /**
   * Emitted after a share link has ended, because a user has removed it (`revoked`) or its time has passed (`expired`).
   */
  ended: [share: ShareFacts, by: ShareEnd]
}

/**
 * Share links, with which anybody can watch one path. They are stored in a file that only its owner
 * may read.
 */
export class ShareStore extends EventEmitter<ShareStoreEvents> {
  readonly #file: string
  readonly #clock: Clock
  #shares: readonly StoredShare[]
  #timer: ClockTimer | undefined
  #isClosed = false
  readonly #changes = new SerialQueue()

  private constructor(file: string, shares: readonly StoredShare[], clock: Clock) {
    super()
    this.#file = file
    this.#shares = shares
    this.#clock = clock
    this.#schedule()
  }

  /**
   * Reads the file. Without a file there are no links.
   *
   * @throws {Error} The file cannot be read, is not a file of share links, or others may change it.
   */
  static open(file: string, clock: Clock): ShareStore {
    const stored = readOwnedFile(file, sharesFile, 'share links')
    return new ShareStore(file, stored?.shares ?? [], clock)
  }

  /** Returns the user name of all sessions that were opened with a share link: `share:` and the name of the link. */
  static userOf({ name }: Pick<StoredShare, 'name'>): string {
    return userPrefix + name
  }

  /**
   * Finds the link of a secret that a client sent; `undefined` for an unknown secret or an expired
   * link.
   */
  find(secret: string): ShareFacts | undefined {
    const found = entryOf(secret, this.#shares)
    return found && !this.#isDue(found) ? factsOf(found) : undefined
  }

  list(): ShareFacts[] {
    return this.#shares.filter((share) => !this.#isDue(share)).map(factsOf)
  }

  /**
   * Creates a share link, and stores the hash of its secret in the file of share links.
   *
   * @returns The link with its secret; `full` if there are 1000 links already, `nameTaken` if one has the same name.
   */
  create(terms: ShareTerms): Promise<NewShare | 'full' | 'nameTaken'> {
    return this.#changes.run(() => this.#create(terms))
  }

  async #create({ name, ...terms }: ShareTerms): Promise<NewShare | 'full' | 'nameTaken'> {
    if (this.#shares.length >= maxShares) return 'full'
    const id = newId()
    const chosen = name ?? id
    if (this.#shares.some((share) => share.name === chosen)) return 'nameTaken'
    const secret = newSecret(sharePrefix)
    const createdTime = new Date(this.#clock.unixTimeMs()).toISOString()
    const share = { id, name: chosen, ...terms, createdTime, sha256: hashOf(secret) }
    await this.#save([...this.#shares, share])
    this.emit('created', factsOf(share))
    return { ...factsOf(share), secret }
  }

  /**
   * Removes a share link.
   *
   * @returns The removed link; `undefined` for an unknown id.
   */
  remove(id: string): Promise<ShareFacts | undefined> {
    return this.#changes.run(() => this.#remove(id))
  }

  async #remove(id: string): Promise<ShareFacts | undefined> {
    const share = this.#shares.find((each) => each.id === id)
    if (!share) return undefined
    await this.#save(this.#shares.filter((each) => each !== share))
    this.emit('ended', factsOf(share), 'revoked')
    return factsOf(share)
  }

  /** Stops the timer that removes expired links. Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  #isDue({ until }: StoredShare): boolean {
    return until !== undefined && until * 1000 <= this.#clock.unixTimeMs()
  }

  /**
   * Removes the links that have expired. If the file cannot be written, it keeps them, but they
   * stay without effect.
   */
  async #expire(): Promise<void> {
    const due = this.#shares.filter((share) => this.#isDue(share))
    this.#shares = this.#shares.filter((share) => !due.includes(share))
    for (const share of due) this.emit('ended', factsOf(share), 'expired')
    this.#schedule()
    if (due.length > 0) await this.#save(this.#shares).catch(() => undefined)
  }

  #schedule(): void {
    this.#timer?.cancel()
    const next = Math.min(...this.#shares.map(({ until = Number.POSITIVE_INFINITY }) => until))
    if (this.#isClosed || next === Number.POSITIVE_INFINITY) return
    const delayMs = Math.max(1, Math.ceil(next * 1000 - this.#clock.unixTimeMs()))
    const expire = (): void => void this.#changes.run(() => this.#expire())
    this.#timer = this.#clock.schedule(expire, delayMs, false)
  }

  async #save(shares: readonly StoredShare[]): Promise<void> {
    await writeFileAtomically(this.#file, `${JSON.stringify({ shares }, undefined, 2)}\n`)
    this.#shares = shares
    this.#schedule()
  }
}

const factsOf = ({ sha256, ...facts }: StoredShare): ShareFacts => facts
