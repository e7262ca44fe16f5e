/** Answers that the kernel has not taken before the connection is read no further (RFC 7826 section 10.2). */
const maxAnswers = 10
/** The same in bytes: a description alone may have 64 KiB. */
const maxBytes = 2 * 1024

/** Counts the answers that wait for a client that does not read. */
export class UnsentAnswers {
  #count = 0
  #bytes = 0

  /** True when no further request may be answered before the client reads. */
  get isTooMany(): boolean {
    return this.#count >= maxAnswers || this.#bytes >= maxBytes
  }

  add({ length }: Buffer): void {
    this.#count++
    this.#bytes += length
  }

  /** Notes that the kernel has taken an answer. */
  remove({ length }: Buffer): void {
    this.#count--
    this.#bytes -= length
  }
}
