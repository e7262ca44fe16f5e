import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { reasonToSkip } from '../../scripts/programs.mjs'
import { ApiCommand } from './support/api-command.js'
import { startBrowser } from './support/browser.mjs'
import { DashboardPage } from './support/dashboard-page.js'
import { MediaFiles } from './support/media-files.js'
import { endPrograms } from './support/process.js'
import { requirePrograms } from './support/programs.js'
import { publishFile, publishWithFfmpeg } from './support/publishers.js'

const patience = { timeout: 20_000 }
/** Zone in which the clock shows noon now, because no test may meet midnight. */
const hoursFromNoon = 12 - new Date().getUTCHours()
const timezoneId = `Etc/GMT${hoursFromNoon > 0 ? '-' : '+'}${Math.abs(hoursFromNoon)}`
const configuration = [
  'recordings:',
  '  all: { path: /live/*, folder: recordings, segmentSeconds: 2, timeZone: UTC }',
  '',
]

describe('recordings of the web page in Chromium', () => {
  let command: ApiCommand
  let browser: Browser | undefined
  const ends: (() => unknown)[] = []
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rtspool-recordings-'))
    writeFileSync(join(folder, 'rtspool.yml'), configuration.join('\n'))
    command = await ApiCommand.start([], { folder })
    if (!reasonToSkip('chromium')) browser = await startBrowser()
  })
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })
  afterAll(async () => {
    await browser?.close()
    await command.stop()
    await endPrograms()
  })

  async function open(token = command.adminToken): Promise<DashboardPage> {
    const dashboard = await DashboardPage.open(browser, `${command.url}/#/recordings`, {
      timezoneId,
    })
    ends.push(() => dashboard.close())
    await dashboard.logIn(token)
    await dashboard.heading('Recordings')
    return dashboard
  }

  /** Publishes until some files are complete, and leaves. */
  async function record(path: string, files: number): Promise<void> {
    const publisher = publishWithFfmpeg({ url: command.rtspUrl + path, transport: 'tcp' })
    ends.push(() => publisher.stop())
    await expect.poll(async () => (await segmentsOf(path)).length, patience).toBeGreaterThan(files)
  }

  async function segmentsOf(path: string) {
    const params = { name: 'all' }
    const { body } = await command.api.call('listSegments', { params, query: { path } })
    return body.segments as { startTime: string; endTime: string; isOpen: boolean }[]
  }

  const pictures = (dashboard: DashboardPage): Promise<number> =>
    dashboard.page.evaluate(
      "document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames",
    )

  /** Clicks the line at a time. */
  async function clickLine({ page }: DashboardPage, timeMs: number): Promise<void> {
    const line = page.getByRole('slider', { name: 'Time line' })
    const marks = await page.getByText(/^\d\d:\d\d:\d\d to \d\d:\d\d:\d\d/).innerText()
    const midnight = Number(await line.getAttribute('aria-valuemin'))
    const [from = 0, to = 0] = marks.split(/ to |,/).map((text) => {
      const [hours = 0, minutes = 0, seconds = 0] = text.split(':').map(Number)
      return midnight + (hours * 3600 + minutes * 60 + seconds) * 1000
    })
    const { width = 0, height = 0 } = (await line.boundingBox()) ?? {}
    const x = (width * (timeMs - from)) / (to + 1 - from)
    await line.click({ position: { x, y: height / 2 } })
  }

  test('a click on the time line plays from that time, and the range becomes a file', async (context) => {
    requirePrograms(context, 'chromium', 'ffmpeg')
    await record('/live/door', 4)
    const dashboard = await open()
    const { page } = dashboard
    await dashboard.says('Recording /live/door now.')
    const line = page.getByRole('slider', { name: 'Time line' })
    await expect.poll(() => page.locator('.recorded').count(), patience).toBeGreaterThan(0)
    for (let n = 0; n < 10; n++) await dashboard.button('Zoom in').click()
    const [, second] = await segmentsOf('/live/door')
    const wanted = Date.parse(second?.startTime ?? '') + 500
    await clickLine(dashboard, wanted)
    await expect.poll(() => pictures(dashboard), patience).toBeGreaterThan(20)
    // The picture moves on past the file that was clicked.
    const at = async () => Number(await line.getAttribute('aria-valuenow'))
    await expect.poll(at, patience).toBeGreaterThan(wanted + 2500)
    await dashboard.photograph('recordings')
    await page.getByRole('button', { name: 'From: here' }).click()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dashboard.button('Export as MP4').click(),
    ])
    const file = readFileSync(await download.path())
    expect(file.toString('latin1', 4, 8)).toBe('ftyp')
    expect(download.suggestedFilename()).toMatch(/^live-door-\d{4}-\d\d-\d\dT[\d-]+Z\.mp4$/)
    expect(dashboard.complaints).toEqual([])
  })

  test('files are deleted after a question, and a recording is stopped and started', async (context) => {
    requirePrograms(context, 'chromium', 'ffmpeg')
    await record('/live/yard', 3)
    const dashboard = await open()
    const { page } = dashboard
    await page.getByLabel('Path').selectOption('/live/yard')
    await dashboard.says('Recording /live/yard now.')
    await dashboard.button('Stop recording all').click()
    await dashboard.says('Stopped.')
    await dashboard.button('Start recording all').click()
    await dashboard.says('Recording /live/yard now.')
    await dashboard.button('Stop recording all').click()
    // The last file is closed, or removed if it holds no picture, before the page says so.
    await dashboard.says('Stopped.')
    const before = await segmentsOf('/live/yard')
    await page.getByLabel('From', { exact: true }).fill('00:00:00')
    await page.keyboard.press('Tab')
    await page.getByLabel('To', { exact: true }).fill('23:59:59')
    await page.keyboard.press('Tab')
    await dashboard.button('Delete files …').click()
    await dashboard.says(`${before.length} files of /live/yard`)
    await dashboard.photograph('recordings-delete')
    await dashboard.dialog.getByRole('button', { name: 'Keep them' }).click()
    expect(await segmentsOf('/live/yard')).toHaveLength(before.length)
    await dashboard.button('Delete files …').click()
    await dashboard.dialog.getByRole('button', { name: /^Delete \d+ files$/ }).click()
    await expect.poll(() => segmentsOf('/live/yard'), patience).toEqual([])
    expect(dashboard.complaints).toEqual([])
  })

  test('a viewer sees why not', async (context) => {
    requirePrograms(context, 'chromium', 'ffmpeg')
    await command.api.call('startRecording', { params: { name: 'all' } })
    await record('/live/gate', 1)
    const { body } = await command.api.call('createToken', { body: { name: 'v', role: 'viewer' } })
    const dashboard = await open(body.token)
    await dashboard.page.getByLabel('Path').selectOption('/live/gate')
    await dashboard.says('An export needs the role operator; yours is viewer.')
    await dashboard.says('Deleting files needs the role admin; yours is viewer.')
    await dashboard.says('To stop a recording needs the role operator; yours is viewer.')
    for (const name of ['Export as MP4', 'Delete files …', 'Stop recording all']) {
      expect(await dashboard.button(name).isDisabled()).toBe(true)
    }
    await dashboard.page.getByRole('slider', { name: 'Time line' }).press('Home')
    await expect.poll(() => pictures(dashboard), patience).toBeGreaterThan(5)
    expect(dashboard.complaints).toEqual([])
  })

  test('says which codec the browser cannot play', async (context) => {
    requirePrograms(context, 'chromium', 'ffmpeg')
    const files = await MediaFiles.create()
    ends.push(() => files.remove())
    const picture = 'testsrc2=size=160x120:rate=25'
    const file = await files.make({
      name: 'hevc.mkv',
      video: 'h265',
      audio: null,
      picture,
      seconds: 2,
    })
    const publisher = publishFile({ url: `${command.rtspUrl}/live/hevc`, file })
    ends.push(() => publisher.stop())
    await expect
      .poll(async () => (await segmentsOf('/live/hevc')).length, patience)
      .toBeGreaterThan(1)
    const dashboard = await open()
    await dashboard.page.getByLabel('Path').selectOption('/live/hevc')
    await dashboard.page.getByRole('slider', { name: 'Time line' }).press('Home')
    await dashboard.says(
      'This browser cannot play the picture, which is H.265. An export plays in other programs.',
    )
  })

  test('a day of ten thousand files stays smooth, and shows its gaps', async (context) => {
    requirePrograms(context, 'chromium')
    const dashboard = await DashboardPage.open(browser, `${command.url}/#/recordings?path=/many`, {
      timezoneId,
    })
    ends.push(() => dashboard.close())
    const { page } = dashboard
    const [dayMs, offsetMs] = [86_400_000, hoursFromNoon * 3_600_000]
    const midnight = Math.floor((Date.now() + offsetMs) / dayMs) * dayMs - offsetMs
    // 10,000 files of 8 s, and after each 180 a gap of 160 s.
    const all = Array.from({ length: 10_000 }, (_, at) => ({
      ...{ path: '/many', file: `${at}.mp4`, sizeBytes: 1000, isOpen: false },
      startTime: new Date(midnight + at * 8000).toISOString(),
      endTime: new Date(midnight + at * 8000 + 8000).toISOString(),
    })).filter((_, at) => at % 200 < 180)
    await page.route('**/segments?*', (route) => {
      const from = Number(new URL(route.request().url()).searchParams.get('cursor') ?? 0)
      const segments = all.slice(from, from + 1000)
      const cursor = from + 1000 < all.length ? `${from + 1000}` : undefined
      return route.fulfill({ json: { segments, cursor } })
    })
    await dashboard.logIn(command.adminToken)
    const bars = page.locator('.recorded')
    await dashboard.says('9,000 files of this day')
    await expect.poll(() => bars.count(), patience).toBe(50)
    await dashboard.photograph('recordings-day')
    const slowest = await page.evaluate<number>(`(async () => {
      const press = (name) =>
        [...document.querySelectorAll('button')].find((each) => each.textContent === name).click()
      let slowest = 0
      for (const name of ['Zoom in', 'Zoom in', 'Later', 'Earlier', 'Zoom out', 'Whole day']) {
        const from = performance.now()
        press(name)
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
        slowest = Math.max(slowest, performance.now() - from)
      }
      return slowest
    })()`)
    expect(slowest).toBeLessThan(500)
  })
})
