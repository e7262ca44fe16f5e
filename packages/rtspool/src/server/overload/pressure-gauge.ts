import { totalmem } from 'node:os'
import v8 from 'node:v8'
import { CgroupMemory } from './cgroup-memory.js'

/** Measures the memory of the process, as shares of the limits that the system sets. */
export interface ProcessGauge {
  /** Returns the heap of JavaScript as a share of the limit of V8. */
  heap(): number
  /** Returns the memory of the control group as a share of its limit; 0 without a limit. */
  memory(): number
}

const mib = 1024 * 1024
/**
 * Size in MiB, by major version of Node, of the memory for new objects that V8 adds to the limit of
 * the heap: 3 times the largest semi-space (20.20, 22.23, 24.22 and 26.12). The process crashes
 * when all other spaces together exceed the rest of the limit.
 */
const newSpaceMib: Readonly<Record<string, number>> = { 20: 48, 22: 48, 24: 192 }
const usualNewSpaceMib = 96
const semiSpaces = 3
/**
 * Divisor of the heap's limit: at least this share remains for old objects, even if the assumed
 * size for new ones is wrong.
 */
const smallestOldShare = 8

/** Measures the memory of this process by the interfaces of Node. */
export class NodeGauge implements ProcessGauge {
  readonly #cgroup = new CgroupMemory(totalmem())
  readonly #heapLimit = heapLimitBytes()

  /**
   * Returns the heap as a share of its limit. Includes new objects, because a garbage collection
   * may make all of them old objects at once.
   */
  heap(): number {
    return v8.getHeapStatistics().used_heap_size / this.#heapLimit
  }

  memory(): number {
    return this.#cgroup.measure()
  }
}

function heapLimitBytes(): number {
  const { heap_size_limit: limit } = v8.getHeapStatistics()
  const [major = ''] = process.versions.node.split('.')
  const given = /--max[-_]semi[-_]space[-_]size=(\d+)/.exec(
    [process.env.NODE_OPTIONS, ...process.execArgv].join(' '),
  )?.[1]
  const reserveMib =
    given === undefined ? (newSpaceMib[major] ?? usualNewSpaceMib) : Number(given) * semiSpaces
  return Math.max(limit / smallestOldShare, limit - reserveMib * mib)
}
