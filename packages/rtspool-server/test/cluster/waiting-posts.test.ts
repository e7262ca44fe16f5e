import { ManualClock } from 'rtspool/testing'
import { expect, it } from 'vitest'
import { WaitingPosts } from '../../src/cluster/waiting-posts.js'

function scene() {
  const clock = new ManualClock()
  const posts = new WaitingPosts(clock)
  const settled: string[] = []
  const add = (key: string, waitMs: number, name = key) =>
    posts.add(key, waitMs, (isHere) => settled.push(`${name} ${isHere}`))
  return { clock, posts, settled, add }
}

it('settles each post once: at the GET of its tunnel, or after its time', () => {
  const { clock, posts, settled, add } = scene()
  add('a', 1000, 'a1')
  add('a', 2000, 'a2')
  add('b', 1000)
  posts.arrived('c')
  posts.arrived('a')
  posts.arrived('a')
  expect([settled, posts.size]).toEqual([['a1 true', 'a2 true'], 1])
  clock.advance(1000)
  posts.arrived('b')
  expect([settled.at(-1), posts.size, clock.pendingTimers]).toEqual(['b false', 0, 0])
})

it('removes a post, and settles all at the end', () => {
  const { clock, posts, settled, add } = scene()
  const remove = add('a', 1000)
  add('b', 1000)
  remove()
  remove()
  posts.close()
  posts.close()
  expect([settled, posts.size, clock.pendingTimers]).toEqual([['b false'], 0, 0])
})

it('lets at most 1024 posts wait', async () => {
  const { posts, settled, add } = scene()
  for (let n = 0; n < 1024; n++) add(`a${n}`, 1000)
  add('more', 1000)()
  expect(settled).toEqual([])
  await Promise.resolve()
  expect([settled, posts.size]).toEqual([['more false'], 1024])
  posts.close()
  expect(posts.size).toBe(0)
})
