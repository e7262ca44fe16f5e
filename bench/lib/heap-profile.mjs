// Sampling heap profile of a process and of its workers: bytes allocated in each function, collected or not.
import { Session } from 'node:inspector/promises'
import { Workers } from './inspected-workers.mjs'

const sampling = {
  samplingInterval: 1024,
  includeObjectsCollectedByMajorGC: true,
  includeObjectsCollectedByMinorGC: true,
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
