/**
 * Number of responses not yet accepted by the kernel at which the server stops reading requests
 * (RFC 7826 section 10.2).
 */
const maxAnswers = 10
/**
 * Number of unsent bytes at which the server stops reading requests. A single description may have
 * 64 KiB.
 */
const maxBytes = 2 * 1024

/** Counts the responses that the kernel has not accepted yet, because the client does not read. */
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

  /**
   * Subtracts a response from the number of unsent responses and from their bytes, once the kernel has accepted the
   * response.
   */
  remove({ length }: Buffer): void {
    this.#count--
    this.#bytes -= length
  }
}
