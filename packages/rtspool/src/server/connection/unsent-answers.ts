/**
 * Responses not yet accepted by the kernel, above which the connection is not read further (RFC
 * 7826 section 10.2).
 */
const maxAnswers = 10
/** The same limit in bytes: a description alone may have 64 KiB. */
const maxBytes = 2 * 1024

/** Counts the responses that wait for a client that does not read. */
export class UnsentAnswers {
  #count = 0
  #bytes = 0

  /** True if no further request may be handled before the client reads. */
  get isTooMany(): boolean {
    return this.#count >= maxAnswers || this.#bytes >= maxBytes
  }

  add({ length }: Buffer): void {
    this.#count++
    this.#bytes += length
  }

  /** Notes that the kernel has accepted a response. */
  remove({ length }: Buffer): void {
    this.#count--
    this.#bytes -= length
  }
}
