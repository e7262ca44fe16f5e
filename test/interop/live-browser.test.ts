import { spawnSync } from 'node:child_process'
import type { Browser, Page } from 'playwright-core'
import { fileMedia } from 'rtspool/file'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { reasonToSkip } from '../../scripts/programs.mjs'
import { playerPage, startBrowser } from './support/browser.mjs'
import { LiveHost } from './support/live.js'
import { MediaFiles } from './support/media-files.js'
import { until } from './support/process.js'
import { requirePrograms } from './support/programs.js'
import { publishWithFfmpeg } from './support/publishers.js'
import { published, type RunningLibrary, startServer } from './support/server.js'

const picture = { width: 640, height: 360 }

describe('live picture in Chromium', () => {
  let library: RunningLibrary
  let host: LiveHost
  let browser: Browser | undefined
  let page: Page | undefined
  beforeAll(async () => {
    library = await startServer()
    host = await LiveHost.start(
      library.server,
      playerPage((path) => host.live.tickets.issue({ path })),
    )
    if (!reasonToSkip('chromium')) browser = await startBrowser()
  })
  afterEach(async () => {
    await page?.close()
    await until(() => library.server.pool.size === 0)
  })
  afterAll(async () => {
    await browser?.close()
    await host.close()
    await library.close()
  })

  async function open(path: string): Promise<Page> {
    page = await browser?.newPage({ viewport: picture })
    if (!page) throw new Error('no browser')
    await page.goto(`http://${host.authority}/?path=${path}`)
    return page
  }

  const state = (opened: Page) => opened.textContent('#state')
  const inState = (opened: Page, expected: string) =>
    expect.poll(() => state(opened), { timeout: 20_000 }).toBe(expected)
  const position = (opened: Page) => opened.evaluate<number>('video.currentTime')
  const advances = async (opened: Page) => {
    const before = await position(opened)
    await expect.poll(() => position(opened), { timeout: 10_000 }).toBeGreaterThan(before + 0.5)
  }

  test('shows the test picture, close to its newest part', async (context) => {
    requirePrograms(context, 'chromium', 'ffmpeg')
    const opened = await open('/test')
    await inState(opened, 'playing')
    await advances(opened)
    expect(await opened.evaluate('[video.videoWidth, video.videoHeight]')).toEqual([640, 360])
    expect(await opened.evaluate('video.buffered.end(0) - video.currentTime')).toBeLessThan(1.5)
    expect(await opened.textContent('#text')).toBe('')
    const clip = { x: 0, y: 0, ...picture }
    const { mean, spread } = brightnessOf(await opened.screenshot({ clip }))
    expect(mean).toBeGreaterThan(30)
    expect(spread).toBeGreaterThan(10)
    const [session] = [...library.server.pool.values()]
    expect(session?.use).toMatchObject({ transport: 'websocket-fmp4', action: 'read' })
    expect(session?.use?.userAgent).toContain('Chrome')
  })

  test('says that an operator has ended it, and does not come back', async (context) => {
    requirePrograms(context, 'chromium')
    const opened = await open('/test')
    await inState(opened, 'playing')
    library.server.pool.kick({ path: '/test' })
    await inState(opened, 'stopped')
    expect(await opened.textContent('#text')).toBe('An operator has ended your session.')
  })

  test('stops while its page is hidden, and goes on', async (context) => {
    requirePrograms(context, 'chromium')
    const opened = await open('/test')
    await inState(opened, 'playing')
    await opened.evaluate(hide(true))
    await inState(opened, 'paused')
    expect(await until(() => library.server.pool.size === 0)).toBe(true)
    await opened.evaluate(hide(false))
    await inState(opened, 'playing')
    await advances(opened)
  })

  test('begins again at a key frame after an error of the decoder', async (context) => {
    requirePrograms(context, 'chromium')
    const opened = await open('/test')
    await inState(opened, 'playing')
    await opened.evaluate('video.dispatchEvent(new Event("error"))')
    await expect
      .poll(() => opened.evaluate<string[]>('states'), { timeout: 20_000 })
      .toEqual(['connecting', 'waiting', 'playing', 'waiting', 'connecting', 'waiting', 'playing'])
    await advances(opened)
  })

  test('shows a publication, and waits for the camera when it ends', async (context) => {
    requirePrograms(context, 'chromium', 'ffmpeg')
    const url = `${library.url}/live/door`
    const publishers = [publishWithFfmpeg({ url, transport: 'tcp' })]
    try {
      await published(library.server, '/live/door')
      const opened = await open('/live/door')
      await inState(opened, 'playing')
      expect(await opened.evaluate('[video.videoWidth, video.videoHeight]')).toEqual([640, 360])
      await publishers[0]?.stop()
      await inState(opened, 'waiting')
      publishers.push(publishWithFfmpeg({ url, transport: 'tcp' }))
      await inState(opened, 'playing')
      await advances(opened)
    } finally {
      await Promise.all(publishers.map((publisher) => publisher.stop()))
    }
  })

  test.for([
    { name: 'h265-with-sound.mp4', audio: 'aac', without: 'playing' },
    { name: 'h265.mp4', audio: null, without: 'stopped' },
  ] as const)('plays $name, or says that it cannot', async ({ name, audio, without }, context) => {
    requirePrograms(context, 'chromium', 'ffmpeg')
    const files = await MediaFiles.create()
    try {
      const file = await files.make({ name, video: 'h265', audio, seconds: 2 })
      library.server.mounts.add('/h265', fileMedia(file, { loop: true }))
      const opened = await open('/h265')
      const plays = await opened.evaluate(
        'MediaSource.isTypeSupported(\'video/mp4; codecs="hvc1.1.6.L60.90"\')',
      )
      await inState(opened, plays ? 'playing' : without)
      const cannot = 'This browser cannot play the picture, which is H.265.'
      expect(await opened.textContent('#text')).toBe(plays ? '' : cannot)
      await opened.close()
      await until(() => library.server.pool.size === 0)
    } finally {
      library.server.mounts.remove('/h265')
      await files.remove()
    }
  })
})

/** Makes a page believe that it is hidden or shown. */
const hide = (isHidden: boolean): string => `
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${isHidden} })
  document.dispatchEvent(new Event('visibilitychange'))
`

/** Mean and standard deviation of the grey values of a PNG, 0 to 255. */
function brightnessOf(png: Buffer): { readonly mean: number; readonly spread: number } {
  const { stdout } = spawnSync(
    'ffmpeg',
    ['-loglevel', 'error', '-i', '-', '-f', 'rawvideo', '-pix_fmt', 'gray', '-'],
    { input: png, maxBuffer: 64 * 1024 * 1024 },
  )
  const mean = stdout.reduce((sum, value) => sum + value, 0) / stdout.length
  const variance = stdout.reduce((sum, value) => sum + (value - mean) ** 2, 0) / stdout.length
  return { mean, spread: Math.sqrt(variance) }
}
