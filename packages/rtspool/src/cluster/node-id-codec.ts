import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto'
import type { IdCodec } from '../session-pool/index.js'
import type { NodeTag } from './cluster-store.js'

/** Number of bytes in a key for AES-256, which encrypts the node's tag in a session id. */
const keyBytes = 32
/** Number of bytes in one block of AES, the encrypted part of an id. */
const blockBytes = 16
/** Number of random bytes in an id after the encrypted block. */
const plainBytes = 8
const bytesPerId = blockBytes + plainBytes
/** Number of bytes of the node's tag in the encrypted block, and of the check after the tag. */
const tagBytes = 4
const idsPerBatch = 256

/**
 * Matches a session id: 32 characters of six bits, those of base64url, but with `.` for `-`, which some clients
 * mangle.
 */
const idPattern = /^[A-Za-z0-9_.]{32}$/

/**
 * Creates session ids that name the node of their session to nodes with the same key, and look
 * random to everyone else.
 *
 * ```text
 *  0          4         8                    16              24
 *  | tag      | check   | random             | random        |
 *  '-------- one block of AES-256 ---------- '
 * ```
 *
 * The check filters noise only: whoever knows one id can make others with the same tag, by a change
 * of the last 8 bytes that leaves their fold as it is. 128 bits of an id are random, so nobody
 * without the key can guess an id, or tell from two ids whether they are of one node.
 */
export class NodeIdCodec implements IdCodec {
  readonly #keys: readonly Buffer[]
  readonly #tag: () => NodeTag
  readonly #fill: (bytes: Uint8Array) => unknown
  #ids: Buffer = Buffer.alloc(0)
  #idsTag: NodeTag = ''
  #next = 0

  /**
   * Creates a codec.
   *
   * @param keys - Keys of 32 bytes. The first encrypts new ids; the others decrypt ids that were
   *   made before the keys changed.
   * @param tag - Returns the present tag of this node: 8 hexadecimal digits.
   * @param fill - Source of random bytes, for tests. @defaultValue `randomFillSync`
   * @throws {RangeError} when there is no key, or one has not 32 bytes.
   */
  constructor(
    keys: readonly Uint8Array[],
    tag: () => NodeTag,
    fill: (bytes: Uint8Array) => unknown = randomFillSync,
  ) {
    const [first] = keys
    if (first === undefined)
      throw new RangeError('NodeIdCodec: expected at least one key, got none')
    for (const { length } of keys) {
      if (length === keyBytes) continue
      throw new RangeError(`NodeIdCodec: a key must have ${keyBytes} bytes, got ${length}`)
    }
    this.#keys = keys.map((key) => Buffer.from(key))
    this.#tag = tag
    this.#fill = fill
  }

  createId(): string {
    const tag = this.#tag()
    // Ids that were made under another tag would lead to a node that no longer exists.
    if (this.#next === this.#ids.length || tag !== this.#idsTag) this.#draw(tag)
    const start = this.#next
    this.#next += bytesPerId
    const id = this.#ids.toString('base64url', start, this.#next).replaceAll('-', '.')
    this.#ids.fill(0, start, this.#next)
    return id
  }

  /**
   * Returns the tag of the node that created an id. The session may have left long ago.
   *
   * @param id - Session id as received.
   * @returns `undefined` if no key fits. One in 2^32 random ids has a tag by chance.
   */
  tagOf(id: string): NodeTag | undefined {
    if (!idPattern.test(id)) return undefined
    const bytes = Buffer.from(id.replaceAll('.', '-'), 'base64url')
    for (const key of this.#keys) {
      const decipher = createDecipheriv('aes-256-ecb', key, null).setAutoPadding(false)
      const block = decipher.update(bytes.subarray(0, blockBytes))
      const check = checkOf(bytes, blockBytes)
      if (block.readUInt32BE(tagBytes) !== check) continue
      return block.toString('hex', 0, tagBytes)
    }
    return undefined
  }

  /**
   * Replaces the store from which {@link createId} takes ids. All new ones, for this tag, come from one call of the
   * cipher.
   */
  #draw(tag: NodeTag): void {
    const tagValue = Number.parseInt(tag, 16)
    if (!/^[0-9a-f]{8}$/.test(tag))
      throw new RangeError(`expected 8 hexadecimal digits, got ${tag}`)
    const ids = Buffer.alloc(bytesPerId * idsPerBatch)
    this.#fill(ids)
    const blocks = Buffer.alloc(blockBytes * idsPerBatch)
    for (let n = 0; n < idsPerBatch; n++) {
      const from = n * bytesPerId
      const to = n * blockBytes
      ids.copy(blocks, to, from, from + blockBytes)
      blocks.writeUInt32BE(tagValue, to)
      blocks.writeUInt32BE(checkOf(ids, from + blockBytes), to + tagBytes)
    }
    const [key] = this.#keys as [Buffer]
    const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
    const secret = cipher.update(blocks)
    for (let n = 0; n < idsPerBatch; n++) {
      secret.copy(ids, n * bytesPerId, n * blockBytes, (n + 1) * blockBytes)
    }
    this.#ids = ids
    this.#idsTag = tag
    this.#next = 0
  }
}

/** Computes the check in an id, 4 bytes, from 8 random bytes of the id. */
const checkOf = (bytes: Buffer, at: number): number =>
  (bytes.readUInt32BE(at) ^ bytes.readUInt32BE(at + tagBytes)) >>> 0
