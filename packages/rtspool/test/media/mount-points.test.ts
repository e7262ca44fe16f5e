import { describe, expect, it } from 'vitest'
import { MediaFactory } from '../../src/media/media-factory.js'
import { MountPoints } from '../../src/media/mount-points.js'

const factory = () =>
  new MediaFactory(() => {
    throw new Error('not used')
  })

describe('MountPoints.match finds the longest mount point that ends at a slash', () => {
  const mounted = [
    '/test',
    '/booz/fooz',
    '/booz/foo/zoop',
    '/tark/bar',
    '/tark/bar/baz',
    '/raw/video',
  ]
  const mounts = new MountPoints()
  for (const path of mounted) mounts.add(path, factory())

  it.each([
    ['/test', '/test'],
    ['/test/', '/test'],
    ['/test/stream=1', '/test'],
    ['/testing', undefined],
    ['/booz', undefined],
    ['/booz/foo', undefined],
    ['/booz/fooz', '/booz/fooz'],
    ['/booz/foo/zoop', '/booz/foo/zoop'],
    ['/tark/bar', '/tark/bar'],
    ['/tark/bar/', '/tark/bar'],
    ['/tark/bar/ba', '/tark/bar'],
    ['/tark/bar/baz', '/tark/bar/baz'],
    ['/tark/bar/baz/deep/er', '/tark/bar/baz'],
    ['/raw/video', '/raw/video'],
    ['/raw/snapshot', undefined],
    ['/', undefined],
  ])('%s is answered by %s', (path, expected) => {
    expect(mounts.match(path)?.mountPath).toBe(expected)
  })

  it('the root answers for whatever nothing else answers for', () => {
    const withRoot = new MountPoints()
    const root = factory()
    withRoot.add('/', root)
    withRoot.add('/cam', factory())
    expect(withRoot.match('/')?.factory).toBe(root)
    expect(withRoot.match('/any/thing')?.mountPath).toBe('/')
    expect(withRoot.match('/cam/1')?.mountPath).toBe('/cam')
  })
})

describe('MountPoints', () => {
  it('add refuses a path that is not absolute or is taken, and remove frees it', () => {
    const mounts = new MountPoints()
    const first = factory()
    mounts.add('/cam/', first)
    expect(() => mounts.add('/cam', factory())).toThrow(TypeError)
    expect(() => mounts.add('cam', factory())).toThrow(/absolute path.*'cam'/)
    expect(mounts.get('/cam')).toBe(first)
    expect(mounts.remove('/cam')).toBe(first)
    expect(mounts.remove('/cam')).toBeUndefined()
    mounts.add('/cam', factory())
    expect([...mounts].map(([path]) => path)).toEqual(['/cam'])
  })

  it.each([
    ['/live/*', '/live/cam', true],
    ['/live/*', '/live/a/b', true],
    ['/live/*', '/live', false],
    ['/live/*', '/lively', false],
    ['/live/*', '/live/', true],
    ['/*', '/any', true],
    ['/*', '/', false],
    ['/cam', '/cam', true],
    ['/cam', '/cam/1', false],
  ])('allowPublish(%s) for %s: %s', (pattern, path, expected) => {
    const mounts = new MountPoints()
    expect(mounts.isPublishAllowed(path)).toBe(false)
    mounts.allowPublish(pattern)
    expect(mounts.isPublishAllowed(path)).toBe(expected)
    mounts.disallowPublish(pattern)
    expect(mounts.isPublishAllowed(path)).toBe(false)
  })
})
