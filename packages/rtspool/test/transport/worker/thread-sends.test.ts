import { describe, expect, it } from 'vitest'
import { entryKinds } from '../../../src/transport/threads/entries.js'
import { SendThreadWorld, slot } from '../../support/send-thread-world.js'

describe('ThreadSends', () => {
  it('sends entries in order, and counts the bytes of a slot', () => {
    const world = new SendThreadWorld()
    world.give()
    for (const text of ['one', 'two', 'three']) world.write(text)
    world.settle()
    expect(world.wire).toEqual(['one', 'two', 'three'])
    expect(world.threads.tokens.writtenSince(slot)).toBe(11)
    expect(world.threads.tokens.writtenSince(slot)).toBe(0)
  })

  it.each([
    ['a part', 2, ['on', 'e', 'two']],
    ['nothing', 0, ['one', 'two']],
    ['an error', -1, ['one', 'two']],
  ])(
    'gives an entry of which the kernel accepts %s back, and all later ones',
    (_name, accepted, wire) => {
      const world = new SendThreadWorld({ accepts: () => accepted })
      world.give()
      world.write('one')
      world.write('two')
      world.settle()
      expect(world.wire).toEqual(wire)
      expect([world.threads.tokens.isOnMain(slot), world.returned]).toEqual([true, 1])
    },
  )

  it('sends media to the members of a group, until they leave', () => {
    const world = new SendThreadWorld()
    world.give()
    const { thread } = world
    const media = Buffer.from('media')
    const send = (): void => {
      const offset = thread.reserve(entryKinds.send, 1, 5, { sizeBytes: 5, media: 'batch' })
      media.copy(thread.bytes, offset)
      thread.commit()
    }
    send()
    thread.control(entryKinds.join, 1, slot)
    send()
    thread.control(entryKinds.join, 1, 5)
    thread.control(entryKinds.leave, 1, slot)
    send()
    world.settle()
    // Slot 5 was never opened, but the kernel of this test accepts every descriptor.
    expect(world.wire).toEqual(['media', 'media'])
  })

  it('ends at the entry quit', () => {
    const world = new SendThreadWorld()
    world.give()
    world.thread.control(entryKinds.quit, 0, 0)
    world.write('after')
    expect([world.step(), world.step()]).toEqual([true, false])
    expect(world.wire).toEqual([])
  })
})
