import { describe, expect, it } from 'vitest'
import { CgroupMemory } from '../../../src/server/overload/cgroup-memory.js'

const machineBytes = 8e9

/** Measures with these files; `undefined` members do not exist. */
function measure(files: Readonly<Record<string, string>>, bytes = machineBytes) {
  const reads: string[] = []
  const memory = new CgroupMemory(bytes, (path) => {
    reads.push(path)
    const text = files[path]
    if (text === undefined) throw new Error(`ENOENT: ${path}`)
    return text
  })
  return { share: memory.measure(), memory, reads }
}

const v2 = '/sys/fs/cgroup'
const v1 = '/sys/fs/cgroup/memory'

describe('memory of control groups, version 2', () => {
  const own = { '/proc/self/cgroup': '0::/service/rtspool\n' }

  it('is the usage against the limit', () => {
    const files = {
      ...own,
      [`${v2}/service/rtspool/memory.max`]: '1000000\n',
      [`${v2}/service/rtspool/memory.current`]: '400000\n',
    }
    expect(measure(files).share).toBeCloseTo(0.4)
  })

  it('leaves out file cache, which the kernel gives up', () => {
    const files = {
      ...own,
      [`${v2}/service/rtspool/memory.max`]: '1000000\n',
      [`${v2}/service/rtspool/memory.current`]: '990000\n',
      [`${v2}/service/rtspool/memory.stat`]:
        'anon 300000\nfile 690000\ninactive_file 500000\nactive_file 100000\n',
    }
    expect(measure(files).share).toBeCloseTo(0.39)
  })

  it('is that of the parent that is closest to its limit', () => {
    const files = {
      ...own,
      [`${v2}/service/rtspool/memory.max`]: 'max\n',
      [`${v2}/service/rtspool/memory.current`]: '400000\n',
      [`${v2}/service/memory.max`]: '800000\n',
      [`${v2}/service/memory.current`]: '700000\n',
    }
    expect(measure(files).share).toBeCloseTo(0.875)
  })

  it('is found in a container, which sees its own group as the root', () => {
    const files = {
      '/proc/self/cgroup': '0::/\n',
      [`${v2}/memory.max`]: '1000000\n',
      [`${v2}/memory.current`]: '500000\n',
    }
    expect(measure(files).share).toBeCloseTo(0.5)
  })
})

describe('memory of control groups, version 1', () => {
  const own = { '/proc/self/cgroup': '5:devices:/x\n4:memory:/docker/abc\n0::/\n' }

  it('is the usage against the limit, without file cache', () => {
    const files = {
      ...own,
      [`${v1}/docker/abc/memory.limit_in_bytes`]: '1000000\n',
      [`${v1}/docker/abc/memory.usage_in_bytes`]: '900000\n',
      [`${v1}/docker/abc/memory.stat`]:
        'inactive_file 1\ntotal_inactive_file 200000\ntotal_active_file 100000\n',
    }
    expect(measure(files).share).toBeCloseTo(0.6)
  })

  it('is found at the root when the path of the host does not exist inside', () => {
    const files = {
      ...own,
      [`${v1}/memory.limit_in_bytes`]: '1000000\n',
      [`${v1}/memory.usage_in_bytes`]: '250000\n',
    }
    expect(measure(files).share).toBeCloseTo(0.25)
  })

  it('is 0 with the number that means no limit', () => {
    const files = {
      ...own,
      [`${v1}/memory.limit_in_bytes`]: '9223372036854771712\n',
      [`${v1}/memory.usage_in_bytes`]: '250000\n',
    }
    expect(measure(files).share).toBe(0)
  })
})

it('memory of control groups is 0 where there are none', () => {
  const { share, memory, reads } = measure({})
  expect(share).toBe(0)
  const before = reads.length
  memory.measure()
  expect(reads.length).toBe(before)
})

it('memory of control groups is 0 when the group has vanished', () => {
  const files: Record<string, string> = {
    '/proc/self/cgroup': '0::/\n',
    [`${v2}/memory.max`]: '1000000\n',
    [`${v2}/memory.current`]: '500000\n',
  }
  const { memory } = measure(files)
  delete files[`${v2}/memory.max`]
  expect(memory.measure()).toBe(0)
})
