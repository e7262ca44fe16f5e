import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import type { LogTarget } from '../../src/log/log-target.js'
import { LogWriter } from '../../src/log/log-writer.js'

const failure = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code })

/** A target that takes what a test lets it take. */
class FakeTarget implements LogTarget {
  text = ''
  /** Files that were closed before this one. */
  readonly earlier: string[] = []
  /** Openings that wait for {@link open}; `undefined`: they come back at once. */
  opening: (() => void)[] | undefined
  /** Errors of the next writes; `undefined` is none. */
  readonly errors: (string | undefined)[] = []
  /** Bytes of each write. */
  most = Number.POSITIVE_INFINITY
  writes = 0
  isHeld = false
  openError: string | undefined
  #answer: (() => void) | undefined

  write(bytes: Uint8Array, done: (error: NodeJS.ErrnoException | null, count: number) => void) {
    this.writes++
    const code = this.errors.shift()
    const answer = (): void => {
      const part = Buffer.from(bytes).subarray(0, code === undefined ? this.most : 0)
      this.text += part
      done(code === undefined ? null : failure(code), part.length)
    }
    if (this.isHeld) this.#answer = answer
    else answer()
  }

  /** Lets the write that is held come back. */
  release(): void {
    this.isHeld = false
    const answer = this.#answer
    this.#answer = undefined
    answer?.()
  }

  writeSync(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes)
  }

  reopen(done: (error: NodeJS.ErrnoException | null) => void): void {
    const answer = (): void => {
      const error = this.openError === undefined ? null : failure(this.openError)
      if (!error) {
        this.earlier.push(this.text)
        this.text = ''
      }
      done(error)
    }
    if (this.opening) this.opening.push(answer)
    else answer()
  }

  /** Lets the openings that wait come back. */
  open(): void {
    for (const answer of this.opening?.splice(0) ?? []) answer()
  }
}

function started() {
  const target = new FakeTarget()
  const clock = new ManualClock()
  const gaps: number[] = []
  const writer: LogWriter = new LogWriter(target, {
    clock,
    roomAgain: (dropped) => {
      gaps.push(dropped)
      writer.write(`dropped ${dropped}\n`)
    },
  })
  return { target, clock, gaps, writer }
}

const line = (n: number): string => `${String(n).padStart(9, '0')}\n`
const mebibyte = 1024 * 1024

describe('the writer of the log', { tags: ['S-5', 'B-LOG'] }, () => {
  it('writes one line at once, and the lines added meanwhile together', () => {
    const { target, writer } = started()
    writer.write(line(0))
    target.isHeld = true
    for (let n = 1; n < 100; n++) writer.write(line(n))
    target.release()
    expect(target.writes).toBe(3)
    expect(target.text).toBe(Array.from({ length: 100 }, (_, n) => line(n)).join(''))
  })

  it.each(['ENOSPC', 'EFBIG', 'EIO', 'EPIPE', 'EBADF', 'EDQUOT', 'ENXIO'])(
    'tries again a second after %s, and loses no line',
    (code) => {
      const { target, clock, writer } = started()
      target.errors.push(code, code)
      writer.write(line(0))
      for (let n = 1; n < 50; n++) writer.write(line(n))
      clock.advance(999)
      expect(target.writes).toBe(1)
      clock.advance(2)
      expect([target.writes, target.text]).toEqual([2, ''])
      clock.advance(1001)
      expect(target.text).toBe(Array.from({ length: 50 }, (_, n) => line(n)).join(''))
      expect(clock.pendingTimers).toBe(0)
    },
  )

  it('tries again soon when a pipe is full', () => {
    const { target, clock, writer } = started()
    target.errors.push('EAGAIN', 'EAGAIN')
    writer.write(line(0))
    clock.advance(120)
    expect(target.text).toBe(line(0))
  })

  it('continues in the middle of a line after a partial write', () => {
    const { target, writer } = started()
    target.most = 3
    for (let n = 0; n < 20; n++) writer.write(line(n))
    expect(target.text).toBe(Array.from({ length: 20 }, (_, n) => line(n)).join(''))
  })

  it.each([64, 100, 1000, 200_000])('keeps at most 1 MiB of lines of %i bytes', (length) => {
    const { target, writer, gaps } = started()
    target.isHeld = true
    const text = `${'x'.repeat(length - 1)}\n`
    const count = Math.ceil((3 * mebibyte) / length)
    for (let n = 0; n < count; n++) writer.write(text)
    const kept = count - writer.dropped
    expect(kept * length).toBeLessThanOrEqual(mebibyte)
    expect((kept + 1) * length).toBeGreaterThan(mebibyte)
    target.release()
    expect(gaps).toEqual([count - kept])
    expect(target.text).toBe(`${text.repeat(kept)}dropped ${count - kept}\n`)
  })

  it('reports a gap at its place: later lines wait for the report', () => {
    const { target, writer, clock } = started()
    target.errors.push('ENOSPC')
    const text = `${'x'.repeat(999)}\n`
    for (let n = 0; n < 1048; n++) writer.write(text)
    writer.write(text)
    writer.write('short\n')
    expect(writer.dropped).toBe(2)
    clock.advance(1001)
    writer.write('later\n')
    expect(target.text.replaceAll(text, '')).toBe('dropped 2\nlater\n')
  })

  it('flushes at exit without waiting for a failing target, and with a limit for a full one', async () => {
    const failing = started()
    failing.target.errors.push('EPIPE')
    failing.writer.write(line(0))
    await failing.writer.flush(1000)
    const full = started()
    full.target.isHeld = true
    full.writer.write(line(0))
    const flushed = full.writer.flush(1000)
    full.clock.advance(1001)
    await flushed
    const fine = started()
    fine.target.isHeld = true
    fine.writer.write(line(0))
    const written = fine.writer.flush(1000)
    fine.target.release()
    await written
    expect([fine.target.text, fine.clock.pendingTimers]).toEqual([line(0), 0])
  })

  it('writes the rest when the process ends at once', () => {
    const { target, writer } = started()
    target.errors.push('EAGAIN')
    for (let n = 0; n < 3; n++) writer.write(line(n))
    writer.flushSync(100)
    expect(target.text).toBe(line(0) + line(1) + line(2))
  })

  it('continues in a new file that begins with a whole line', { tags: 'U-5' }, () => {
    const { target, clock, writer, gaps } = started()
    target.most = 4
    target.errors.push(undefined, 'ENOSPC')
    writer.write(line(1))
    writer.write(line(2))
    target.most = Number.POSITIVE_INFINITY
    let opened: Error | null | undefined
    writer.reopen((error) => {
      opened = error
    })
    expect(opened).toBeNull()
    expect(target.earlier).toEqual(['0000'])
    // The torn line is counted, and the ones behind it are there.
    expect(gaps).toEqual([1])
    expect(target.text).toBe(`${line(2)}dropped 1\n`)
    expect(clock.pendingTimers).toBe(0)
  })

  it('stays with the file that it has when the new one cannot be opened', { tags: 'U-5' }, () => {
    const { target, writer } = started()
    target.openError = 'EACCES'
    let code: string | undefined
    writer.reopen((error) => {
      code = error?.code
    })
    writer.write(line(1))
    expect([code, target.text]).toEqual(['EACCES', line(1)])
  })

  it('opens the new file between two writes', { tags: 'U-5' }, () => {
    const { target, writer } = started()
    target.isHeld = true
    writer.write(line(1))
    writer.reopen(() => undefined)
    writer.write(line(2))
    expect(target.earlier).toEqual([])
    target.release()
    expect([target.earlier, target.text]).toEqual([[line(1)], line(2)])
  })

  it.each([
    [undefined, 1],
    [undefined, 5],
    ['EACCES', 2],
    ['EMFILE', 3],
  ])(
    'completes each reopen requested during a write (%s, %i more)',
    { tags: 'U-5' },
    (openError, more) => {
      const { target, writer } = started()
      target.isHeld = true
      target.openError = openError
      writer.write(line(1))
      const answers: string[] = []
      for (let n = 0; n <= more; n++) {
        writer.reopen((error) => answers.push(`${n} ${error?.code}`))
      }
      expect(answers).toEqual([])
      target.release()
      expect(answers).toEqual(Array.from({ length: more + 1 }, (_, n) => `${n} ${openError}`))
      expect(target.earlier).toEqual(openError === undefined ? [line(1)] : [])
    },
  )

  it('reopens once more for a call during a reopening', { tags: 'U-5' }, () => {
    const { target, writer } = started()
    target.opening = []
    const answers: number[] = []
    writer.reopen(() => answers.push(1))
    writer.reopen(() => answers.push(2))
    writer.write(line(1))
    writer.reopen(() => answers.push(3))
    target.open()
    expect(answers).toEqual([1])
    target.open()
    expect([answers, target.earlier.length, target.text]).toEqual([[1, 2, 3], 2, line(1)])
  })

  it('accepts a call from the callback of the previous one', { tags: 'U-5' }, () => {
    const { target, writer } = started()
    target.isHeld = true
    writer.write(line(1))
    const answers: number[] = []
    writer.reopen(() => {
      answers.push(1)
      writer.reopen(() => answers.push(3))
    })
    writer.reopen(() => answers.push(2))
    writer.write(line(2))
    target.release()
    expect(answers.sort()).toEqual([1, 2, 3])
    expect([...target.earlier, target.text].join('')).toBe(line(1) + line(2))
  })
})
