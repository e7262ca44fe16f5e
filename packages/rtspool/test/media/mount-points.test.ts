import { describe, expect, it, vi } from 'vitest'
import { MediaFactory } from '../../src/media/media-factory.js'
import { depthOf, MountPoints } from '../../src/media/mount-points.js'
import { SeededRandom } from '../rtsp/mutate.js'
import { fuzzSeed } from '../support/fuzz-runs.js'

const factory = () =>
  new MediaFactory(() => {
    throw new Error('not used')
  })

describe('MountPoints.add', () => {
  it('mounts the factory of a media that has one', () => {
    const mounts = new MountPoints()
    const media = { factory: factory() }
    mounts.add('/cam', media)
    expect(mounts.get('/cam')).toBe(media.factory)
    expect(() => mounts.add('/other', { factory: 1 } as never)).toThrow(/expected a MediaFactory/)
  })
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

  it('the root serves every path without another mount', () => {
    const withRoot = new MountPoints()
    const root = factory()
    withRoot.add('/', root)
    withRoot.add('/cam', factory())
    expect(withRoot.match('/')?.factory).toBe(root)
    expect(withRoot.match('/any/thing')?.mountPath).toBe('/')
    expect(withRoot.match('/cam/1')?.mountPath).toBe('/cam')
  })
})

describe('MountPoints.match', { tags: 'S-2' }, () => {
  it('looks up the same path once, until a mount point is added or removed', () => {
    const mounts = new MountPoints()
    const [outer, inner] = [factory(), factory()]
    mounts.add('/cam', outer)
    const match = mounts.match('/cam/1')
    expect(match?.factory).toBe(outer)
    expect(mounts.match('/cam/1')).toBe(match)
    mounts.add('/cam/1', inner)
    expect(mounts.match('/cam/1')?.factory).toBe(inner)
    mounts.remove('/cam/1')
    expect(mounts.match('/cam/1')?.factory).toBe(outer)
    mounts.remove('/cam')
    expect(mounts.match('/cam/1')).toBeUndefined()
  })

  /** Cuts one segment after the other, as long as there is one. */
  function matchOneByOne(paths: ReadonlySet<string>, path: string): string | undefined {
    let candidate = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
    while (!paths.has(candidate)) {
      if (candidate === '/') return undefined
      candidate = candidate.slice(0, Math.max(1, candidate.lastIndexOf('/')))
    }
    return candidate
  }

  it('finds the same as trying each prefix, while mount points change', {
    tags: 'generator',
  }, () => {
    const random = new SeededRandom(fuzzSeed)
    const randomPath = () => {
      const segments = Array.from({ length: random.below(6) }, () => random.pick(['a', 'b', 'ab']))
      return `/${segments.join('/')}`
    }
    const mounts = new MountPoints()
    const paths = new Set<string>()
    for (let round = 0; round < 3000; round++) {
      const path = randomPath()
      if (paths.delete(path)) mounts.remove(path)
      else {
        paths.add(path)
        mounts.add(path, factory())
      }
      const asked = random
        .pick([randomPath(), `${randomPath()}/`, `${path}/x/y`, path])
        .replace(/^\/\//, '/')
      expect(mounts.match(asked)?.mountPath).toBe(matchOneByOne(paths, asked))
    }
  })

  it('finds a mount point that was removed and added again', () => {
    const mounts = new MountPoints()
    for (let round = 0; round < 2; round++) {
      mounts.add('/a/b/c', factory())
      expect(mounts.match('/a/b/c/d')?.mountPath).toBe('/a/b/c')
      mounts.remove('/a/b/c')
      mounts.remove('/a/b/c')
      expect(mounts.match('/a/b/c/d')).toBeUndefined()
    }
  })

  /** Number of look-ups in any `Map` for one path. */
  function lookUpsFor(mounts: MountPoints, path: string): number {
    const get = vi.spyOn(Map.prototype, 'get')
    try {
      mounts.match(path)
      return get.mock.calls.length
    } finally {
      get.mockRestore()
    }
  }

  it.each([
    ['a thousand segments', `/x${'/y'.repeat(1000)}`],
    ['a thousand segments below a mount point', `/cam${'/y'.repeat(1000)}`],
    ['a slash at the end', `/x${'/y'.repeat(1000)}/`],
    ['one long segment', `/${'x'.repeat(2000)}`],
    ['segments that are mount points elsewhere', '/cam'.repeat(500)],
  ])('looks up one prefix for each depth with mount points: %s', (_name, path) => {
    const mounts = new MountPoints()
    mounts.add('/cam', factory())
    mounts.add('/a/b/c', factory())
    mounts.add(`/deep${'/z'.repeat(400)}`, factory())
    mounts.remove(`/deep${'/z'.repeat(400)}`)
    expect(lookUpsFor(mounts, path)).toBeLessThanOrEqual(2)
  })

  it.each([
    ['/', 0],
    ['/a', 1],
    ['/a/b', 2],
    ['/a/b/c', 3],
  ])('%s has %i segments', (path, depth) => {
    expect(depthOf(path)).toBe(depth)
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
    ['/a//b', 'no empty, . or .. segment'],
    ['/../x', 'no empty, . or .. segment'],
    ['/./x', 'no empty, . or .. segment'],
    ['/x/..', 'no empty, . or .. segment'],
    ['/a\\b', 'no control character or backslash'],
    ['/a\nb', 'no control character or backslash'],
    ['/live/*', "no '*'"],
    ['/a*b', "no '*'"],
    ['/cam?x=1', "no '?' or '#'"],
    ['/cam#x', "no '?' or '#'"],
    ['/c%20m', 'without percent escapes'],
    [7, 'an absolute path'],
  ])('add(%j) is refused: no request has that path, or it is another one', (path, expected) => {
    const mounts = new MountPoints()
    const add = () => mounts.add(path as string, factory())
    expect(add).toThrow(TypeError)
    expect(add).toThrow(expected)
    expect(mounts.size).toBe(0)
  })

  it.each(['/a b', '/.hidden', '/a%', '/tür', '/a+b,c;d'])('add(%j) mounts', (path) => {
    const mounts = new MountPoints()
    mounts.add(path, factory())
    expect(mounts.match(path)?.mountPath).toBe(path)
  })

  it.each([{ description: {} }, () => {}, undefined])(
    'add refuses at once a value that is not a factory: %s',
    (source) => {
      const add = () => new MountPoints().add('/x', source as unknown as MediaFactory)
      expect(add).toThrow(TypeError)
      expect(add).toThrow(/^\/x: expected a MediaFactory, .*, got /)
    },
  )

  it.each([
    ['live/*', "a path pattern must be an absolute path such as '/cam', got 'live/*'"],
    ['/a/*/b', "a path pattern must have no '*' but in '/*' at the end"],
    ['/a*', "a path pattern must have no '*'"],
    ['/*/*', "a path pattern must have no '*'"],
    ['/a//*', 'no empty, . or .. segment'],
    ['/a/../*', 'no empty, . or .. segment'],
    ['/c%20m/*', 'without percent escapes'],
    ['/', 'nobody can publish to the root'],
  ])('allowPublish(%j) is refused: it could not match', { tags: 'B-PATH' }, (pattern, message) => {
    const allow = () => new MountPoints().allowPublish(pattern)
    expect(allow).toThrow(TypeError)
    expect(allow).toThrow(message)
  })

  it('disallowPublish undoes allowPublish with or without a trailing slash', () => {
    const mounts = new MountPoints()
    mounts.allowPublish('/live/x/')
    expect(mounts.disallowPublish('/live/x')).toBe(true)
    mounts.allowPublish('/live/x')
    expect(mounts.disallowPublish('/live/x/')).toBe(true)
    expect(mounts.disallowPublish('/live/x')).toBe(false)
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
    ['/live/x/', '/live/x', true],
    ['/live/*/', '/live/x', true],
  ])('allowPublish(%s) for %s: %s', (pattern, path, expected) => {
    const mounts = new MountPoints()
    expect(mounts.isPublishAllowed(path)).toBe(false)
    mounts.allowPublish(pattern)
    expect(mounts.isPublishAllowed(path)).toBe(expected)
    mounts.disallowPublish(pattern)
    expect(mounts.isPublishAllowed(path)).toBe(false)
  })
})
