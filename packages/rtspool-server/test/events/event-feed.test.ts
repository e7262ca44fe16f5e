import { describe, expect, it } from 'vitest'
import { EventFeed } from '../../src/events/event-feed.js'

const filled = (count: number, size = 4) => {
  const feed = new EventFeed({ size })
  for (let n = 0; n < count; n++) feed.publish('limitsChanged', { n })
  return feed
}
const numbersOf = (events: readonly { readonly [fact: string]: unknown }[]) =>
  events.map(({ n }) => n)

describe('the event feed', () => {
  it.each([
    { count: 0, position: 0, limit: 10, events: [], lost: 0, next: 0 },
    { count: 3, position: 0, limit: 10, events: [0, 1, 2], lost: 0, next: 3 },
    { count: 3, position: 1, limit: 1, events: [1], lost: 0, next: 2 },
    { count: 3, position: 3, limit: 10, events: [], lost: 0, next: 3 },
    { count: 4, position: 0, limit: 10, events: [0, 1, 2, 3], lost: 0, next: 4 },
    { count: 5, position: 0, limit: 10, events: [1, 2, 3, 4], lost: 1, next: 5 },
    { count: 9, position: 2, limit: 2, events: [5, 6], lost: 3, next: 7 },
  ])('reads $limit of $count events from $position', ({ count, position, limit, ...part }) => {
    const { events, lost, next } = filled(count).read(position, limit)
    expect({ events: numbersOf(events), lost, next }).toEqual(part)
  })

  it('continues behind an id', () => {
    const feed = filled(4)
    const { events } = feed.read(0, 10)
    expect(events.map(({ id }) => feed.positionAfter(id))).toEqual([1, 2, 3, 4])
  })

  it.each(['', 'x', '1', 'AAAAAAAA', 'AAAAAAAA.', 'AAAAAAAA.x', 'AAAAAAAA.1.2', '.1'])(
    'knows no position after %j',
    (id) => expect(filled(4).positionAfter(id)).toBeUndefined(),
  )

  it('begins anew after the id of another process', () => {
    expect(filled(4).positionAfter(filled(1).read(0, 1).events[0]?.id ?? '')).toBe(0)
  })

  it('notes how many events a reader lost, with an id to continue from', () => {
    const feed = filled(9)
    const { events, lost, next } = feed.read(2, 2)
    const notice = feed.lostNotice(lost, next - events.length)
    expect(notice).toMatchObject({ type: 'eventsLost', count: 3 })
    expect(feed.positionAfter(notice.id)).toBe(5)
  })
})
