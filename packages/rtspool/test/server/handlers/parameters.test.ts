import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RtspHeaders } from '../../../src/rtsp/index.js'
import { answerParameters } from '../../../src/server/handlers/parameters.js'

const answerTo = (body: string) => {
  const request = { headers: new RtspHeaders(), body: Buffer.from(body) }
  return answerParameters({ request } as never)
}

/** A line of a body: a name, what follows it, and the end of the line. */
const line = fc.record({
  name: fc.oneof(
    { weight: 400, arbitrary: fc.stringMatching(/^[a-z][\w.-]{0,30}$/) },
    { weight: 60, arbitrary: fc.constantFrom('', ' ') },
    { weight: 1, arbitrary: fc.integer({ min: 250, max: 300 }).map((size) => 'n'.repeat(size)) },
  ),
  value: fc.constantFrom('', ':', ': 1', ': a: b', ':: ü', `: ${'v'.repeat(400)}`),
  end: fc.constantFrom('\n', '\r\n'),
})

it('a body with any names is answered with all of them, or refused beyond 64', {
  tags: ['S-10', 'generator'],
}, () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 300, size: 'max' }), (lines) => {
      const body = lines.map(({ name, value, end }) => name + value + end).join('')
      const names = lines.map(({ name }) => name.trim()).filter((name) => name !== '')
      // The carriage return of a line without a colon counts as a byte of its name.
      const isLong = lines.some(
        ({ name, value, end }) => name.length + (value === '' ? end.length - 1 : 0) > 256,
      )
      if (names.length > 64 || lines.length > 256 || isLong) {
        expect(() => answerTo(body)).toThrow(
          expect.objectContaining({ code: 'ERR_TOO_MANY_PARAMETERS' }),
        )
        return
      }
      const answer = answerTo(body)
      expect(answer.statusCode).toBe(names.length === 0 ? 200 : 451)
      expect(answer.body ?? '').toBe(names.map((name) => `${name}\r\n`).join(''))
    }),
    { numRuns: 500 },
  )
})
