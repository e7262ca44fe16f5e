// Sampling heap profile of a process and of its workers: bytes allocated in each function, collected or not.
import { Session } from 'node:inspector/promises'

const sampling = {
  samplingInterval: 1024,
  includeObjectsCollectedByMajorGC: true,
  includeObjectsCollectedByMinorGC: true,
}
/** Milliseconds to wait for a worker. A send thread that waits for packets answers with the next ones. */
const workerMs = 5000

/** Commands to the workers of the process, which answer through the session of the main thread. */
class Workers {
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

/** Starts a profile. @returns Function that ends it, and returns the bytes of each function of each thread. */
export async function startHeapProfile() {
  const session = new Session()
  session.connect()
  const workers = new Workers(session)
  await workers.attach()
  await session.post('HeapProfiler.startSampling', sampling)
  await workers.postAll('HeapProfiler.startSampling', sampling)
  return async () => {
    const { profile } = await session.post('HeapProfiler.stopSampling')
    const others = await workers.postAll('HeapProfiler.stopSampling')
    session.disconnect()
    return {
      main: functionsOf(profile),
      workers: others.flatMap(({ profile: one }) => functionsOf(one)),
    }
  }
}

/**
 * Functions of a profile, those that have allocated most first: `name`, `file` and `bytes`. What functions of V8 and Node
 * allocate counts for the function of a file that has called them, and `name` has both.
 */
function functionsOf({ head }) {
  const sums = new Map()
  const left = [{ node: head, caller: undefined }]
  for (let next = left.pop(); next; next = left.pop()) {
    const { node } = next
    const { functionName, url, lineNumber } = node.callFrame
    const isOfFile = url !== '' && !url.startsWith('node:')
    const name = functionName || '(anonymous)'
    const caller = isOfFile ? { name, file: `${url}:${lineNumber}` } : next.caller
    left.push(...node.children.map((child) => ({ node: child, caller })))
    if (node.selfSize === 0) continue
    const file = caller?.file ?? url
    const shown = isOfFile || !caller ? name : `${caller.name} > ${name}`
    const sum = sums.get(`${file} ${shown}`) ?? { name: shown, file, bytes: 0 }
    sum.bytes += node.selfSize
    sums.set(`${file} ${shown}`, sum)
  }
  return [...sums.values()].sort((a, b) => b.bytes - a.bytes)
}
