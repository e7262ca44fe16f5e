/** Header lines of a received message, in order; names are compared without regard to case. */
export interface ReadonlyRtspHeaders extends Iterable<readonly [name: string, value: string]> {
  /** Number of header lines. */
  readonly size: number
  /** Returns the value of the first header line with this name; `undefined` without one. */
  get(name: string): string | undefined
  /** Returns the values of all header lines with this name, in their order. */
  getAll(name: string): readonly string[]
  has(name: string): boolean
  /** Calls `visit` for each header line, in order. Unlike an iterator, it allocates nothing for a line. */
  forEach(visit: (value: string, name: string) => void): void
}

/**
 * Header lines of a message: ordered, with names compared without regard to case. A name may appear
 * several times.
 *
 * Messages have few headers, so a lookup searches small arrays. Nothing is validated here: the
 * parser has checked received headers, and the serializer checks those to send.
 *
 * @see RFC 2326 section 4.2 (RFC 2068 section 4.2)
 */
export class RtspHeaders implements ReadonlyRtspHeaders {
  /** Names of the header lines in lower case, for comparison. */
  #keys: string[] = []
  /** Names of the header lines as spelled. */
  #names: string[] = []
  #values: string[] = []

  constructor(entries?: Iterable<readonly [name: string, value: string]>) {
    if (entries === undefined) return
    for (const [name, value] of entries) this.append(name, value)
  }

  /** Number of header lines. */
  get size(): number {
    return this.#keys.length
  }

  /** Returns the value of the first header line with this name; `undefined` without one. */
  get(name: string): string | undefined {
    const at = this.#keys.indexOf(name.toLowerCase())
    return at === -1 ? undefined : this.#values[at]
  }

  /** Returns the values of all header lines with this name, in their order. */
  getAll(name: string): readonly string[] {
    const key = name.toLowerCase()
    return this.#values.filter((_, at) => this.#keys[at] === key)
  }

  has(name: string): boolean {
    return this.#keys.includes(name.toLowerCase())
  }

  /**
   * Replaces all header lines with the name by one, at the position of the first. Adds a line at the end if there is
   * none.
   */
  set(name: string, value: string): this {
    const at = this.#keys.indexOf(name.toLowerCase())
    if (at === -1) return this.append(name, value)
    this.#removeFrom(at + 1, name.toLowerCase())
    this.#names[at] = name
    this.#values[at] = value
    return this
  }

  /** Adds a header line after all others. */
  append(name: string, value: string): this {
    this.#keys.push(name.toLowerCase())
    this.#names.push(name)
    this.#values.push(value)
    return this
  }

  /** Removes all header lines with this name. @returns Whether there was one. */
  delete(name: string): boolean {
    const before = this.#keys.length
    this.#removeFrom(0, name.toLowerCase())
    return this.#keys.length < before
  }

  /** Yields name and value of each header line, with the name as spelled. */
  *[Symbol.iterator](): IterableIterator<readonly [name: string, value: string]> {
    for (const [at, name] of this.#names.entries()) yield [name, this.#values[at] as string]
  }

  /**
   * Calls `visit` for each header line, in order. Unlike an iterator, it allocates nothing for a
   * line.
   */
  forEach(visit: (value: string, name: string) => void): void {
    for (let at = 0; at < this.#names.length; at++) {
      visit(this.#values[at] as string, this.#names[at] as string)
    }
  }

  #removeFrom(start: number, key: string): void {
    if (this.#keys.indexOf(key, start) === -1) return
    const isKept = (at: number): boolean => at < start || this.#keys[at] !== key
    this.#names = this.#names.filter((_, at) => isKept(at))
    this.#values = this.#values.filter((_, at) => isKept(at))
    this.#keys = this.#keys.filter((_, at) => isKept(at))
  }
}

/** A request as received: the parts of its start line, header lines and body, not interpreted. */
export interface RtspRequest {
  readonly kind: 'request'
  /** Method, a token of any spelling; methods are case-sensitive. */
  readonly method: string
  /** Request URI as received, not empty, without spaces and control characters. */
  readonly uri: string
  /** Version after `RTSP/`; the server responds 505 to any other than `1.0`. */
  readonly version: string
  readonly headers: ReadonlyRtspHeaders
  /** Body of the message in its own memory; empty without one. */
  readonly body: Buffer
}

/** A response as received, for example to an OPTIONS that the server sent. */
export interface RtspResponse {
  readonly kind: 'response'
  readonly version: string
  /** Status code, 100 to 999. */
  readonly statusCode: number
  /** Reason phrase; may be empty. */
  readonly reason: string
  readonly headers: RtspHeaders
  /** Body of the message in its own memory; empty without one. */
  readonly body: Buffer
}
