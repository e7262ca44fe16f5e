import { describe, expect, it } from 'vitest'
import { groupFolders, usableProcessors } from '../../../src/transport/system/control-groups.js'

/** Counts processors of a machine that has eight, and these files only. */
const processorsWith = (files: Readonly<Record<string, string>>, processors = 8): number =>
  usableProcessors(processors, (path) => {
    const text = files[path]
    if (text === undefined) throw new Error(`ENOENT: ${path}`)
    return text
  })

const v2 = '/sys/fs/cgroup'
const v1 = '/sys/fs/cgroup/cpu'

describe('usableProcessors', () => {
  it('are those of the machine without control groups, as on macOS and Windows', () => {
    expect(processorsWith({})).toBe(8)
  })

  it.each([
    ['300000 100000\n', 3],
    ['250000 100000\n', 2],
    ['50000 100000\n', 1],
    ['1600000 100000\n', 8],
    ['max 100000\n', 8],
    ['', 8],
  ])('are limited by cpu.max %j of version 2 to %d', (text, expected) => {
    const files = { '/proc/self/cgroup': '0::/service\n', [`${v2}/service/cpu.max`]: text }
    expect(processorsWith(files)).toBe(expected)
  })

  it('are limited by the strictest parent', () => {
    const files = {
      '/proc/self/cgroup': '0::/slice/service\n',
      [`${v2}/slice/service/cpu.max`]: '400000 100000\n',
      [`${v2}/slice/cpu.max`]: '200000 100000\n',
    }
    expect(processorsWith(files)).toBe(2)
  })

  it('are limited in a container, which sees its own group as the root', () => {
    const files = { '/proc/self/cgroup': '0::/\n', [`${v2}/cpu.max`]: '150000 50000\n' }
    expect(processorsWith(files)).toBe(3)
  })

  it.each([
    ['200000\n', 2],
    ['-1\n', 8],
  ])('are limited by cpu.cfs_quota_us %j of version 1 to %d', (quota, expected) => {
    const files = {
      '/proc/self/cgroup': '5:memory:/other\n4:cpu,cpuacct:/docker/ab\n0::/\n',
      [`${v1}/cpu.cfs_quota_us`]: quota,
      [`${v1}/cpu.cfs_period_us`]: '100000\n',
    }
    expect(processorsWith(files)).toBe(expected)
  })

  it('are never more than those of the affinity mask', () => {
    const files = { '/proc/self/cgroup': '0::/\n', [`${v2}/cpu.max`]: '400000 100000\n' }
    expect(processorsWith(files, 2)).toBe(2)
  })
})

describe('groupFolders', () => {
  it('are that of the group and those of its parents', () => {
    const place = { path: /^0::(.*)$/m, mount: v2 }
    expect(groupFolders('0::/a/b\n', place)).toEqual([`${v2}/a/b`, `${v2}/a`, v2])
    expect(groupFolders('7:pids:/a\n', place)).toEqual([])
  })
})
