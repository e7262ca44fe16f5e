import { describe, expect, it } from 'vitest'
import type { FlushRequest } from '../../../src/cluster/cluster-store.js'
import { DirectoryJournal } from '../../../src/cluster/node/directory-journal.js'

const next = (journal: DirectoryJournal) => journal.next('a', 'e', 0) as FlushRequest
const put = (publicId: string, value = 'v') => ({ publicId, value })
const removal = (publicId: string) => ({ publicId, value: 'v', reason: 'teardown' })

describe('DirectoryJournal', () => {
  it('repeats a batch until it is confirmed', () => {
    const journal = new DirectoryJournal(10)
    journal.put('x', 'v')
    const batch = next(journal)
    expect(batch).toMatchObject({ seq: 1, puts: [put('x')], removals: [] })
    journal.remove('x', 'teardown')
    expect(next(journal)).toBe(batch)
    journal.confirm(batch)
    expect(next(journal)).toMatchObject({ seq: 2, puts: [], removals: [removal('x')] })
  })

  it('sends a session that has left before it was announced together with its removal', () => {
    const journal = new DirectoryJournal(10)
    journal.put('x', 'v')
    journal.remove('x', 'teardown')
    expect(next(journal)).toMatchObject({ puts: [put('x')], removals: [removal('x')] })
  })

  it('sends only the last value of a session, and the sum of its events', () => {
    const journal = new DirectoryJournal(10)
    journal.put('x', '1')
    journal.put('x', '2')
    journal.note('user u', 1000, 0)
    journal.note('user u', 1000, 0)
    const events = [{ key: 'user u', count: 2, windowMs: 1000 }]
    expect(next(journal)).toMatchObject({ puts: [put('x', '2')], events })
  })

  it('announces everything again after a restart, but counts no event twice', () => {
    const journal = new DirectoryJournal(10)
    journal.put('x', 'v')
    journal.put('y', 'v')
    journal.confirm(next(journal))
    journal.remove('y', 'teardown')
    journal.note('user u', 1000, 0)
    next(journal)
    journal.restart()
    const batch = next(journal)
    expect(batch.puts).toEqual([put('y'), put('x')])
    expect(batch.removals).toEqual([removal('y')])
    expect(batch.events).toEqual([])
  })

  it('divides many changes into batches of at most 256', () => {
    const journal = new DirectoryJournal(1000)
    for (let n = 0; n < 300; n++) journal.put(`${n}`, 'v')
    for (let n = 0; n < 200; n++) journal.remove(`${n}`, 'teardown')
    let removals = 0
    while (journal.isDue) {
      const batch = next(journal)
      expect(batch.puts.length + batch.removals.length).toBeLessThanOrEqual(256)
      removals += batch.removals.length
      journal.confirm(batch)
    }
    expect([removals, journal.live]).toEqual([200, 100])
  })

  it('drops the oldest removal beyond its limit, and counts it', () => {
    const journal = new DirectoryJournal(2)
    for (const id of ['1', '2', '3']) {
      journal.put(id, 'v')
      journal.remove(id, 'teardown')
    }
    expect(next(journal).removals).toEqual([removal('2'), removal('3')])
    expect(journal.dropped).toBe(1)
  })

  it('drops no removal of a session that the directory has', () => {
    const journal = new DirectoryJournal(2)
    for (const id of ['1', '2', '3']) journal.put(id, 'v')
    journal.confirm(next(journal))
    for (const id of ['1', '2', '3']) journal.remove(id, 'teardown')
    journal.put('4', 'v')
    journal.remove('4', 'teardown')
    const batch = next(journal)
    expect(batch.removals).toEqual(['1', '2', '3'].map(removal))
    expect([batch.puts, journal.dropped]).toEqual([[], 1])
  })

  it('drops no removal of a session whose change waits, but that of one after a restart', () => {
    const journal = new DirectoryJournal(0)
    journal.put('x', '1')
    journal.confirm(next(journal))
    journal.put('x', 'v')
    journal.remove('x', 'teardown')
    const batch = next(journal)
    expect([batch.puts, batch.removals, journal.dropped]).toEqual([[], [removal('x')], 0])
    journal.confirm(batch)
    journal.put('y', 'v')
    journal.confirm(next(journal))
    journal.restart()
    journal.remove('y', 'teardown')
    expect([journal.isDue, journal.dropped]).toEqual([false, 1])
  })

  it('drops events that have waited longer than their period', () => {
    const journal = new DirectoryJournal(2)
    journal.note('user u', 1000, 0)
    journal.note('user u', 1000, 999)
    journal.note('user v', 1000, 999)
    const events = [{ key: 'user v', count: 1, windowMs: 1000 }]
    expect(journal.next('a', 'e', 1000)).toMatchObject({ events })
    expect(journal.droppedEvents).toBe(2)
  })

  it('begins a new period with the first event after the end of one', () => {
    const journal = new DirectoryJournal(2)
    journal.note('user u', 1000, 0)
    journal.note('user u', 1000, 1000)
    const events = [{ key: 'user u', count: 1, windowMs: 1000 }]
    expect(journal.next('a', 'e', 1999)).toMatchObject({ events })
    expect(journal.droppedEvents).toBe(1)
  })

  it('keeps the events of at most 4096 counters, the latest', () => {
    const journal = new DirectoryJournal(2)
    for (let n = 0; n < 4098; n++) journal.note(`${n}`, 1000, 0)
    expect(journal.droppedEvents).toBe(2)
    expect(next(journal).events[0]).toMatchObject({ key: '2' })
  })

  it('has nothing to send for a session that it does not know', () => {
    const journal = new DirectoryJournal(2)
    journal.remove('x', 'teardown')
    expect(journal.isDue).toBe(false)
    expect(journal.next('a', 'e', 0)).toBeUndefined()
  })
})
