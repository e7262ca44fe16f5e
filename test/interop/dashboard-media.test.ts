import { spawnSync } from 'node:child_process'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { reasonToSkip } from '../../scripts/programs.mjs'
import { ApiCommand } from './support/api-command.js'
import { startBrowser } from './support/browser.mjs'
import { ConfiguredCommand } from './support/configured-command.js'
import { DashboardPage } from './support/dashboard-page.js'
import { MediaFiles } from './support/media-files.js'
import { endPrograms } from './support/process.js'
import { requirePrograms } from './support/programs.js'
import { publishFile, publishWithFfmpeg } from './support/publishers.js'
import { testClip } from './support/server.js'
import { Viewer } from './support/viewer.js'

const patience = { timeout: 20_000 }

describe('media, overview and events of the web page in Chromium', () => {
  let command: ApiCommand
  let browser: Browser | undefined
  const ends: (() => unknown)[] = []
  beforeAll(async () => {
    command = await ApiCommand.start(['--live-port', '0'])
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

  async function open(hash: string): Promise<DashboardPage> {
    const dashboard = await DashboardPage.open(browser, `${command.url}/${hash}`)
    ends.push(() => dashboard.close())
    await dashboard.logIn(command.adminToken)
    return dashboard
  }

  const press = (dashboard: DashboardPage, name: string | RegExp) =>
    dashboard.button(name).first().click(patience)

  const chosen = (dashboard: DashboardPage, path: string) =>
    dashboard.page.getByRole('heading', { name: path, level: 2 }).waitFor(patience)

  async function mediaAt(path: string) {
    const { body } = await command.api.call('listMedia')
    return body.media.find((media: { path: string }) => media.path === path)
  }

  /** Publishes, and waits until the bitrate has been measured. */
  async function publish(path: string, file?: string): Promise<void> {
    const url = command.rtspUrl + path
    const publisher = file
      ? publishFile({ url, file })
      : publishWithFfmpeg({ url, transport: 'tcp' })
    ends.push(() => publisher.stop())
    await expect
      .poll(async () => (await mediaAt(path))?.tracks[0].bitrate, patience)
      .toBeGreaterThan(0)
  }

  async function watch(path: string): Promise<Viewer> {
    const viewer = await Viewer.join(command.rtspUrl + path, 'tcp')
    ends.push(() => viewer.leave('close'))
    return viewer
  }

  test('the media page shows a publication', async (context) => {
    requirePrograms(context, 'chromium', 'ffmpeg')
    await publish('/live/door')
    await watch('/live/door')
    const dashboard = await open('#/media?path=%2Flive%2Fdoor')
    const { page } = dashboard
    await chosen(dashboard, '/live/door')
    const tracks = page.getByRole('region', { name: 'Tracks' })
    await tracks.getByText('H264 90 kHz').waitFor(patience)
    await tracks.getByText('MPEG4-GENERIC').waitFor(patience)
    const rows = page.getByRole('region', { name: 'Media', exact: true })
    await expect.poll(() => rows.getByText(/^\d+(\.\d)? [kM]b\/s$/).count(), patience).toBe(1)
    const facts = page.locator('dl.facts')
    await expect.poll(() => facts.innerText(), patience).toMatch(/Viewers\n1\n/)
    expect(await facts.innerText()).toContain('127.0.0.1')
    expect(await facts.innerText()).toContain('Lavf')
    expect(await page.locator('.urls code').allInnerTexts()).toEqual([
      `${command.rtspUrl}/live/door`,
    ])
    await press(dashboard, 'Probe')
    await dashboard.says(/^\d+ pictures in 3\.\d s: 2\d\.\d a second/)
    const { keyFrameIntervalSeconds } = (await mediaAt('/live/door')).tracks[0]
    const words = await page.getByText(/^A key frame each/).innerText()
    expect(Number(/each ([\d.]+)/.exec(words)?.[1])).toBeCloseTo(keyFrameIntervalSeconds, 1)
    await dashboard.photograph('media-probe', true)
    await press(dashboard, `QR code of ${command.rtspUrl}/live/door`)
    await page.getByRole('img', { name: /^QR code/ }).waitFor(patience)
    await dashboard.photograph('qr-code')
    expect(dashboard.complaints).toEqual([])
  })

  test('the media page shows pictures, and says where there is none', async (context) => {
    requirePrograms(context, 'chromium', 'ffmpeg')
    await publish('/live/picture')
    const dashboard = await open('#/media?path=%2Flive%2Fpicture')
    const { page } = dashboard
    const sizes = () =>
      page.evaluate<string[]>(
        `[...document.querySelectorAll('img[alt="Picture of /live/picture"]')]
          .map((each) => each.naturalWidth + 'x' + each.naturalHeight)`,
      )
    await expect.poll(sizes, patience).toEqual(['54x30', '320x180'])
    await dashboard.photograph('thumbnails')
    expect(dashboard.complaints).toEqual([])
    const problem = { title: 'No key frame has arrived yet', detail: 'try again later' }
    await page.route('**/snapshot?*', (route) => route.fulfill({ status: 503, json: problem }))
    await page.reload()
    const none = page.getByRole('img', { name: 'No picture of /live/picture' })
    await expect.poll(() => none.count(), patience).toBe(2)
    expect(await none.first().getAttribute('title')).toBe(
      'No key frame has arrived yet: try again later',
    )
  })

  test('the media page shows a picture without ffmpeg on the server', async (context) => {
    requirePrograms(context, 'chromium', 'ffmpeg')
    const config = 'snapshots: { ffmpeg: false }'
    const plain = await ApiCommand.start([], { config })
    ends.push(() => plain.stop())
    const publisher = publishWithFfmpeg({ url: `${plain.rtspUrl}/live/door`, transport: 'tcp' })
    ends.push(() => publisher.stop())
    const dashboard = await DashboardPage.open(browser, `${plain.url}/#/media`)
    ends.push(() => dashboard.close())
    await dashboard.logIn(plain.adminToken)
    const videos = () =>
      dashboard.page.evaluate<[width: number, hasPicture: boolean][]>(
        `[...document.querySelectorAll('video[aria-label="Picture of /live/door"]')]
          .map((each) => [each.videoWidth, each.readyState >= 2])`,
      )
    await expect.poll(videos, patience).toEqual([
      [640, true],
      [640, true],
    ])
  })

  test('the media page shows since when a source is away', async (context) => {
    requirePrograms(context, 'chromium', 'ffmpeg')
    const holding = await ApiCommand.start([], { config: 'publish: { grace: 60 }' })
    ends.push(() => holding.stop())
    const url = `${holding.rtspUrl}/live/door`
    const publisher = publishWithFfmpeg({ url, transport: 'tcp' })
    ends.push(() => publisher.stop())
    const state = async () => {
      const { body } = await holding.api.call('listMedia', { query: { path: '/live/door' } })
      return body.media[0]?.state
    }
    await expect.poll(state, patience).toBe('playing')
    const viewer = await Viewer.join(url, 'tcp')
    ends.push(() => viewer.leave('close'))
    const dashboard = await DashboardPage.open(browser, `${holding.url}/#/media`)
    ends.push(() => dashboard.close())
    await dashboard.logIn(holding.adminToken)
    await chosen(dashboard, '/live/door')
    await publisher.stop()
    const rows = dashboard.page.getByRole('region', { name: 'Media', exact: true })
    await rows.getByText('source away').waitFor(patience)
    const facts = dashboard.page.locator('dl.facts')
    await expect.poll(() => facts.innerText(), patience).toMatch(/Source away since\n/)
    expect(await facts.innerText()).toContain('nobody at the moment')
    await dashboard.photograph('media-away')
  })

  test('the media page adds, watches, changes and removes a camera that is pulled', async (context) => {
    requirePrograms(context, 'chromium')
    const camera = await ConfiguredCommand.start(lockedCamera, [], {
      RTSPOOL_USERS: 'ann:canary-of-camera',
    })
    const config = 'api: { sourceNetworks: [127.0.0.0/8] }'
    const pulling = await ApiCommand.start([], { config })
    ends.push(() => pulling.stop())
    const openAs = async (token: string): Promise<DashboardPage> => {
      const dashboard = await DashboardPage.open(browser, `${pulling.url}/#/media`)
      ends.push(() => dashboard.close())
      await dashboard.logIn(token)
      return dashboard
    }
    const admin = await openAs(pulling.adminToken)
    const { dialog } = admin
    const fill = (label: string, text: string) =>
      dialog.getByLabel(label, { exact: true }).fill(text)
    await press(admin, 'Pull a stream …')
    await fill('Path', '/yard')
    await fill('URL', 'rtsp://camera.local/test')
    await fill('User', 'ann')
    await fill('Password', 'canary-guess')
    await fill('Spare URLs', `${camera.url}/spare\n\n${camera.url}/other`)
    await dialog.getByLabel('Connect without viewers').check()
    await dialog.getByRole('button', { name: 'Add source' }).click()
    await dialog.getByText('expected a numeric address').waitFor(patience)
    await admin.photograph('source-dialog')
    await fill('URL', `${camera.url}/test`)
    await dialog.getByRole('button', { name: 'Add source' }).click()
    const rows = admin.page.getByRole('region', { name: 'Sources', exact: true })
    await rows.getByText('failed: wrong user or password').waitFor(patience)
    await rows.getByText(`${camera.url}/test`).waitFor(patience)
    await admin.photograph('sources-failed')
    await press(admin, 'Change /yard')
    await fill('Password', 'canary-of-camera')
    const spares = dialog.getByLabel('Spare URLs', { exact: true })
    expect(await spares.inputValue()).toBe(`${camera.url}/spare\n${camera.url}/other`)
    await fill('Spare URLs', `${camera.url}/other`)
    await dialog.getByText('More settings').click()
    await fill('Seconds that viewers stay without the camera', '7')
    await admin.photograph('source-change')
    await dialog.getByRole('button', { name: 'Change source' }).click()
    await rows.getByText(/^playing \(/).waitFor(patience)
    await expect.poll(() => rows.getByText(/^\d+(\.\d)? [kM]B$/).count(), patience).toBe(1)
    const { body } = await pulling.api.call('listSources')
    expect(body.sources).toMatchObject([
      {
        ...{ path: '/yard', alwaysOn: true, settings: { holdSeconds: 7, stallSeconds: 15 } },
        sources: [`${camera.url}/test`, `${camera.url}/other`],
      },
    ])
    await admin.photograph('sources')
    const { token } = (
      await pulling.api.call('createToken', { body: { name: 'eyes', role: 'viewer' } })
    ).body
    const viewer = await openAs(token)
    const seen = viewer.page.getByRole('region', { name: 'Sources', exact: true })
    await seen.getByText(/^playing \(/).waitFor(patience)
    expect(await seen.getByRole('button').count()).toBe(0)
    expect(await viewer.button('Pull a stream …').count()).toBe(0)
    await camera.stop()
    await seen.getByText(/^waiting: /).waitFor(patience)
    await viewer.photograph('sources-waiting')
    await press(admin, 'Remove /yard')
    await dialog.getByRole('button', { name: 'Remove source' }).click()
    await rows.waitFor({ ...patience, state: 'detached' })
    await seen.waitFor({ ...patience, state: 'detached' })
    expect((await pulling.api.call('listSources')).body.sources).toEqual([])
    const texts = [await admin.page.content(), await viewer.page.content(), pulling.printed]
    expect(texts.join()).not.toContain('canary')
  }, 90_000)

  test('the media page shows the bitrate that the publisher sends', async (context) => {
    requirePrograms(context, 'chromium', 'ffmpeg', 'ffprobe')
    await publish('/live/rate')
    const dashboard = await open('#/media?path=%2Flive%2Frate')
    await chosen(dashboard, '/live/rate')
    const shown = async () => {
      const text = await dashboard.page.getByRole('figure', { name: 'Bitrate' }).innerText()
      const [, value, unit] = /H264 ([\d.]+) ([kM])b\/s/.exec(text) ?? []
      return Number(value) * (unit === 'M' ? 1e6 : 1e3)
    }
    const sent = bitrateOfFile(testClip)
    await expect
      .poll(shown, patience)
      .toSatisfy((bitrate: number) => bitrate > 0.7 * sent && bitrate < 1.4 * sent)
  })

  test('an H.265 publication plays, or the page says why not', async (context) => {
    requirePrograms(context, 'chromium', 'ffmpeg')
    const files = await MediaFiles.create()
    ends.push(() => files.remove())
    const file = await files.make({ name: 'h265.mp4', video: 'h265', audio: null, seconds: 3 })
    await publish('/live/h265', file)
    const dashboard = await open('#/media?path=%2Flive%2Fh265')
    const { page } = dashboard
    await page.getByRole('region', { name: 'Tracks' }).getByText('H265 90 kHz').waitFor(patience)
    const plays = await page.evaluate<boolean>(
      'MediaSource.isTypeSupported(\'video/mp4; codecs="hvc1.1.6.L60.90"\')',
    )
    await press(dashboard, 'Watch /live/h265')
    const dialog = page.getByRole('dialog')
    const cannot = 'This browser cannot play the picture, which is H.265.'
    await dialog.getByText(plays ? 'playing' : cannot).waitFor(patience)
    await dashboard.photograph('watch-h265')
  })

  test('the page says that a ban keeps its reader out', async (context) => {
    requirePrograms(context, 'chromium', 'ffmpeg')
    await publish('/live/banned')
    const { body: ban } = await command.api.call('addBan', { body: { path: '/live/banned' } })
    ends.push(() => command.api.call('removeBan', { params: { publicId: ban.publicId } }))
    const dashboard = await open('#/media')
    await press(dashboard, 'Watch /live/banned')
    const dialog = dashboard.page.getByRole('dialog')
    await dialog.getByText('A ban keeps you out.').waitFor(patience)
  })

  test('the page says that a stream has ended, and plays the next one', async (context) => {
    requirePrograms(context, 'chromium', 'ffmpeg')
    await publish('/live/ends')
    const dashboard = await open('#/media')
    await press(dashboard, 'Watch /live/ends')
    const dialog = dashboard.page.getByRole('dialog')
    await dialog.getByText('playing').waitFor(patience)
    await ends.shift()?.()
    await dialog.getByText('Nothing is sent to this path at the moment.').waitFor(patience)
    await publish('/live/ends')
    await dialog.getByText('playing').waitFor(patience)
  })

  test('the overview counts as the metrics do', async (context) => {
    requirePrograms(context, 'chromium', 'ffmpeg')
    await publish('/live/door')
    const viewers = [await watch('/live/door'), await watch('/live/door')]
    const dashboard = await open('#/overview')
    const { page } = dashboard
    const figures = page.locator('.figures')
    await expect.poll(() => figures.innerText(), patience).toMatch(/^Sessions\s+3\s/)
    const bitrate = page.getByRole('figure', { name: 'Bitrate of media' })
    await expect.poll(() => bitrate.innerText(), patience).toMatch(/out \d+(\.\d)? [kM]b\/s/)
    await viewers[0]?.leave('teardown')
    const metric = async (series: string) => {
      const text: string = (await command.api.call('getMetrics')).body
      return Number(text.split(`\n${series} `)[1]?.split('\n')[0])
    }
    const left = await metric('rtspool_sessions_removed_total{reason="teardown"}')
    await page.getByRole('row', { name: new RegExp(`^teardown .* ${left} `) }).waitFor(patience)
    await dashboard.photograph('overview-causes', true)
    expect(dashboard.complaints).toEqual([])
  })

  test('the log of events shows a viewer', async (context) => {
    requirePrograms(context, 'chromium')
    const early = await watch('/test')
    const dashboard = await open('#/events')
    const { page } = dashboard
    const events = page.getByRole('region', { name: 'Events' })
    // Events from before the page was opened are there as well.
    await events.getByText('127.0.0.1 has got a session at /test').first().waitFor(patience)
    await early.leave('teardown')
    // The end of a viewer before may stand there already, so the newest row tells.
    const newest = () => events.getByRole('row').nth(1).innerText()
    await expect.poll(newest, patience).toMatch(/sessionRemoved|mediaEnded/)
    const left = events.getByText(/127\.0\.0\.1 has left \/test .* teardown$/)
    await left.first().waitFor(patience)
    await dashboard.photograph('events-viewer')
    await press(dashboard, 'Pause')
    await watch('/test')
    await dashboard.says(/^Paused: [1-9]\d* newer events/)
    await press(dashboard, 'Resume')
    await page
      .getByText(/^Types/)
      .first()
      .click()
    await page.getByRole('checkbox', { name: 'sessionCreated' }).check()
    await expect
      .poll(() => events.getByRole('button').allInnerTexts(), patience)
      .toSatisfy((types: string[]) => types.length > 1 && new Set(types).size === 1)
    await dashboard.photograph('event-types')
    expect(dashboard.complaints).toEqual([])
  })
})

/** Settings of a server whose test picture only users may play. */
const lockedCamera = `rtsp: { port: 0, host: 127.0.0.1 }
auth: { rules: [{ path: /*, read: authenticated }] }
`

/** Bits a second of the picture in a file, as ffprobe knows it. */
function bitrateOfFile(file: string): number {
  const select = ['-select_streams', 'v:0', '-show_entries', 'stream=bit_rate']
  const { stdout } = spawnSync('ffprobe', ['-v', 'error', ...select, '-of', 'csv=p=0', file], {
    encoding: 'utf8',
  })
  return Number.parseInt(stdout, 10)
}
