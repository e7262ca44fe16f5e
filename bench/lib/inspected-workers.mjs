// Commands of the inspector to the workers of this process.

/** Milliseconds to wait for a worker. A send thread that waits for packets answers with the next ones. */
const workerMs = 5000

/** Commands to the workers of the process, which answer through the session of the main thread. */
export class Workers {
  #session
  #ids = new Set()
  #waiting = new Map()
  #last = 0

  constructor(session) {
    this.#session = session
    session.on('NodeWorker.attachedToWorker', ({ params }) => this.#ids.add(params.sessionId))
    session.on('NodeWorker.detachedFromWorker', ({ params }) => this.#ids.delete(params.sessionId))
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      const { id, result, error } = JSON.parse(params.message)
      this.#waiting.get(id)?.(error ? { error } : result)
      this.#waiting.delete(id)
    })
  }

  attach() {
    return this.#session.post('NodeWorker.enable', { waitForDebuggerOnStart: false })
  }

  postAll(method, params) {
    return Promise.all([...this.#ids].map((sessionId) => this.#post(sessionId, method, params)))
  }

  async #post(sessionId, method, params) {
    const id = ++this.#last
    const answer = new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${method}: a worker does not answer`)),
        workerMs,
      )
      this.#waiting.set(id, (result) => {
        clearTimeout(timer)
        resolve(result)
      })
    })
    const message = JSON.stringify({ id, method, params })
    await this.#session.post('NodeWorker.sendMessageToWorker', { sessionId, message })
    return answer
  }
}
