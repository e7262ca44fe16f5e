import type { RtspResponse } from '../../rtsp/index.js'

/** Functions that receive the response to one request, or the error that prevents it. */
export interface ResponseReceiver {
  readonly resolve: (response: RtspResponse) => void
  readonly reject: (error: unknown) => void
}

/**
 * Maximum number of requests without a response; older ones are removed. Some servers never respond
 * to keep-alives.
 */
const maxPending = 16

/** Requests that have no response yet, by their CSeq. */
export class PendingResponses {
  readonly #receivers = new Map<number, ResponseReceiver>()

  add(cSeq: number, receiver: ResponseReceiver): void {
    this.#receivers.set(cSeq, receiver)
    for (const oldest of this.#receivers.keys()) {
      if (this.#receivers.size <= maxPending) return
      this.#receivers.delete(oldest)
    }
  }

  delete(cSeq: number): void {
    this.#receivers.delete(cSeq)
  }

  /**
   * Passes a response to its request. A response without CSeq belongs to the oldest request; one with an unknown CSeq is
   * ignored.
   */
  settle(response: RtspResponse): void {
    const text = response.headers.get('cseq')?.trim()
    const [oldest] = this.#receivers.keys()
    const cSeq = text === undefined || !/^\d{1,10}$/.test(text) ? oldest : Number(text)
    const receiver = cSeq === undefined ? undefined : this.#receivers.get(cSeq)
    if (cSeq === undefined || !receiver) return
    this.#receivers.delete(cSeq)
    receiver.resolve(response)
  }

  rejectAll(error: unknown): void {
    const receivers = [...this.#receivers.values()]
    this.#receivers.clear()
    for (const { reject } of receivers) reject(error)
  }
}
