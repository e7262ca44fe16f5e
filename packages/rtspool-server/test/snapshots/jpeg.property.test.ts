import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { until } from '../../../rtspool/test/support/until.js'
import { type JpegOptions, jpegOf } from '../../src/snapshots/jpeg.js'
import { fakeProgram } from './support/fake-program.js'

const mp4 = Buffer.alloc(100_000, 'picture')

function optionsOf(ffmpeg: string, others: Partial<JpegOptions> = {}): JpegOptions {
  const { signal } = new AbortController()
  return {
    ffmpeg,
    width: undefined,
    timeoutMs: 10_000,
    clock: new ManualClock(),
    signal,
    ...others,
  }
}

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** A program that writes its number to a file and then does nothing. */
const sleeper = () => fakeProgram(['echo $$ > "$0-new"', 'mv "$0-new" "$0-pid"', 'exec sleep 60'])

const pidOf = async (file: string): Promise<number> => {
  await until(() => existsSync(file))
  return Number(readFileSync(file, 'utf8'))
}

describe('the conversion to JPEG', () => {
  it('sends the picture to the program, and returns its output', async () => {
    const path = fakeProgram([`printf '\\377\\330'`, 'wc -c', 'echo "$@"'])
    const clock = new ManualClock()
    const jpeg = await jpegOf(mp4, optionsOf(path, { clock, width: 160 }))
    expect([...jpeg.subarray(0, 2)]).toEqual([0xff, 0xd8])
    const [size, args = ''] = jpeg.subarray(2).toString().trim().split('\n')
    expect(Number(size)).toBe(mp4.length)
    expect(args).toContain('-f mp4 -i pipe:0 -frames:v 1 -vf scale=min(iw\\,160):-2')
    expect(clock.pendingTimers).toBe(0)
  })

  it.each([
    [
      'a program that fails',
      ['cat > /dev/null', 'echo "bad picture" >&2', 'exit 1'],
      'bad picture',
    ],
    ['other output', ['cat > /dev/null', 'echo no JPEG'], 'code 0'],
    ['an early end', ['exec <&-', 'exit 3'], 'code 3'],
  ])('rejects for %s', async (_, lines, message) => {
    const path = fakeProgram(lines)
    await expect(jpegOf(mp4, optionsOf(path))).rejects.toMatchObject({
      ...{ name: 'JpegError', isMissing: false, message: `${path} made no JPEG: ${message}` },
    })
  })

  it('tells a program that is missing from one that fails', async () => {
    const path = fakeProgram(['exit 0'])
    const missing = jpegOf(mp4, optionsOf(`${path}-none`))
    await expect(missing).rejects.toMatchObject({ isMissing: true })
    chmodSync(path, 0o644)
    await expect(jpegOf(mp4, optionsOf(path))).rejects.toMatchObject({ isMissing: true })
  })

  it('ends a program after its time', async () => {
    const path = sleeper()
    const clock = new ManualClock()
    const failing = jpegOf(mp4, optionsOf(path, { clock }))
    const pid = await pidOf(`${path}-pid`)
    expect(isRunning(pid)).toBe(true)
    clock.advance(10_000)
    await expect(failing).rejects.toThrow(`${path} made no JPEG: it took more than 10 s`)
    expect(isRunning(pid)).toBe(false)
  })

  it('ends a program when nobody waits for it', async () => {
    const path = sleeper()
    const closing = new AbortController()
    const failing = jpegOf(mp4, optionsOf(path, { signal: closing.signal }))
    const pid = await pidOf(`${path}-pid`)
    closing.abort()
    await expect(failing).rejects.toMatchObject({ name: 'JpegError' })
    expect(isRunning(pid)).toBe(false)
  })
})
