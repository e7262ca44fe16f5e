import { describe, expect, it } from 'vitest'
import { RtspParser } from '../../src/rtsp/parser.js'
import { tagged } from '../support/tagged-cases.js'
import { cut, eventFacts, record, recordingSink, summary } from './record.js'
import { transcripts } from './transcripts.js'

for (const { name, wire, events, error, ...each } of transcripts) {
  describe(name, tagged(each), () => {
    const expected = { events, error }

    it('gives the same result at every split point', { tags: ['A-MSG-19', 'A-ILV-6'] }, () => {
      const whole = record([wire]).events.map(eventFacts)
      for (let at = 1; at < wire.length; at++) {
        const split = record(cut(wire, [at]))
        // Compared as one text: a matcher for each of a hundred thousand splits would take too long.
        if (split.error !== error || split.events.map(eventFacts).join() !== whole.join()) {
          expect({ at, ...summary(split) }).toEqual({ at, ...expected })
        }
      }
    })

    it('gives the same result after another transcript in one chunk', () => {
      for (const before of transcripts) {
        // Only after a transcript that ends between messages.
        const parser = new RtspParser(recordingSink([]))
        if (before.error !== undefined) continue
        parser.push(before.wire)
        if (!parser.isBetweenMessages) continue
        const both = record([Buffer.concat([before.wire, wire])])
        expect(summary(both)).toEqual({ events: [...before.events, ...events], error })
      }
    })
  })
}
