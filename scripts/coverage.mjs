import { Session } from 'node:inspector'

/** Remembers what code of this thread has run, by the coverage of V8: block by block, without instrumentation. */
export class Coverage {
  #isLookedAt
  #session = new Session()
  /** By function, each of its characters: whether it has ever run. */
  #seen = new Map()

  /** @param isLookedAt - Tells by its URL whether a script is looked at. */
  constructor(isLookedAt) {
    this.#isLookedAt = isLookedAt
    this.#session.connect()
    this.#post('Profiler.enable')
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** Answers of the inspector of one's own thread come before `post` returns. */
  #post(method, parameters) {
    let answer
    this.#session.post(method, parameters, (error, result) => {
      if (error) throw new Error(`${method}: ${error.message}`)
      answer = result
    })
    return answer
  }

  /**
   * What has run since the last look. Which ranges there are depends on how often they ran, so that they are painted
   * one over the other: what lies inside comes after what is around it.
   */
  take() {
    const { result } = this.#post('Profiler.takePreciseCoverage')
    const ran = new Map()
    for (const { url, functions } of result) {
      if (!this.#isLookedAt(url)) continue
      for (const { ranges } of functions) {
        const [{ startOffset: start, endOffset: end, count }] = ranges
        if (count === 0) continue
        const painted = new Uint8Array(end - start)
        for (const range of ranges) {
          painted.fill(range.count > 0 ? 1 : 0, range.startOffset - start, range.endOffset - start)
        }
        ran.set(`${start}-${end}`, painted)
      }
    }
    return ran
  }

  /** Characters that had never run before. */
  freshOf(ran) {
    const fresh = []
    for (const [name, painted] of ran) {
      const seen = this.#seen.get(name)
      for (let at = 0; at < painted.length; at++) {
        if (painted[at] && !seen?.[at]) fresh.push([name, at])
      }
    }
    return fresh
  }

  add(ran) {
    for (const [name, painted] of ran) {
      const seen = this.#seen.get(name)
      if (!seen) this.#seen.set(name, painted)
      else for (let at = 0; at < painted.length; at++) seen[at] |= painted[at]
    }
  }
}
