import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { apiUser } from '../../packages/rtspool-server/test/api/call-everything.js'
import { reasonToSkip } from '../../scripts/programs.mjs'
import { ApiCommand } from './support/api-command.js'
import { startBrowser } from './support/browser.mjs'
import { photograph } from './support/dashboard-page.js'
import { OpusPublisher } from './support/opus-publisher.js'
import { Peer } from './support/peer.js'
import { endPrograms } from './support/process.js'
import { requirePrograms } from './support/programs.js'

const patience = { timeout: 20_000 }
const markup = '<img src=x onerror="document.title=`owned`">'
const ends: (() => unknown)[] = []

describe('the web page in Chromium', () => {
  let command: ApiCommand
  let browser: Browser | undefined
  beforeAll(async () => {
    const env = { RTSPOOL_USERS: `ann:secret <b>eve</b>:secret` }
    const config = apiUser.config.replace('viewer', 'operator')
    const args = ['--live-port', '0', '--log-level', 'trace', '--basic-in-clear']
    command = await ApiCommand.start(args, { env, config })
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

  /** Opens a page in a browser of its own, and notes complaints and requests. */
  async function open(url: string) {
    const context = await browser?.newContext({ viewport: { width: 1100, height: 760 } })
    if (!context) throw new Error('no browser')
    ends.push(() => context.close())
    const page = await context.newPage()
    const complaints: string[] = []
    const requests: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', ({ message }) => complaints.push(message))
    page.on('request', (request) => {
      requests.push(`${request.url()} ${JSON.stringify(request.headers())}`)
    })
    await page.goto(url)
    return { page, complaints, requests }
  }

  async function logIn(page: Page, user: string, password: string): Promise<void> {
    await page.getByLabel('User', { exact: true }).fill(user)
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.keyboard.press('Enter')
  }

  const goTo = (page: Page, title: string) =>
    page.getByRole('link', { name: title, exact: true }).click()

  const sessionsOf = async (user: string): Promise<number> => {
    const { body } = await command.api.call('listSessions', { query: { user } })
    return body.sessions.length
  }

  test('lets a user in by password, and says why not', { tags: 'B-AUTH0' }, async (context) => {
    requirePrograms(context, 'chromium')
    const { page } = await open(command.url)
    await logIn(page, 'ann', 'guess')
    await page.getByText('user or password is wrong').waitFor(patience)
    await logIn(page, 'ann', 'secret')
    await page.getByText('ann (operator)').waitFor(patience)
    await page.reload()
    await page.getByText('ann (operator)').waitFor(patience)
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByLabel('Password', { exact: true }).waitFor(patience)
    expect(await page.evaluate('sessionStorage.length')).toBe(0)
  })

  test('shares a picture by a link, and ends it', { tags: 'B-SECR' }, async (context) => {
    requirePrograms(context, 'chromium', 'ffmpeg')
    const { page, complaints } = await open(command.url)
    await logIn(page, 'ann', 'secret')
    await goTo(page, 'Share links')
    await page.getByRole('button', { name: 'Share…' }).click()
    await page.getByLabel('Path').fill('/test')
    await page.getByLabel('Name').fill('neighbour')
    await page.getByRole('button', { name: 'Make a link' }).click()
    const url = await page.getByLabel('Link neighbour').inputValue(patience)
    await photograph(page, 'share-made')
    await page.getByRole('button', { name: 'Close' }).click()
    const secret = url.split('#')[1] ?? 'no secret'

    const viewer = await open(url)
    const position = () =>
      viewer.page.evaluate<number>("document.querySelector('video').currentTime")
    await expect.poll(position, patience).toBeGreaterThan(0.5)
    expect(await sessionsOf('share:neighbour')).toBe(1)
    await page.getByRole('cell', { name: '1 of 10' }).waitFor(patience)
    await photograph(viewer.page, 'share-watch')
    expect(await viewer.page.getByText('/test').count()).toBe(0)
    expect(viewer.requests.join('\n')).toContain('/share')
    expect(viewer.requests.join('\n')).not.toContain(secret)

    await page.getByRole('button', { name: 'Revoke neighbour' }).click()
    const status = viewer.page.getByRole('status')
    await status.getByText('The owner of this picture has ended the view.').waitFor(patience)
    expect(await sessionsOf('share:neighbour')).toBe(0)
    await page.getByText('Nothing is shared.').waitFor(patience)
    await viewer.page.reload()
    await status.getByText('This link has ended.').waitFor(patience)
    await photograph(viewer.page, 'share-ended')
    expect([...complaints, ...viewer.complaints]).toEqual([])
    expect(command.printed).not.toContain(secret)
  })

  test('shows markup in the names of peers as text', { tags: 'B-XSS' }, async (context) => {
    requirePrograms(context, 'chromium')
    const path = `${command.rtspUrl}/live/${encodeURIComponent(markup)}`
    const publisher = await OpusPublisher.start(path)
    ends.push(() => publisher.close())
    publisher.send(1)
    const viewer = await Peer.connect(path)
    ends.push(() => viewer.close())
    const basic = Buffer.from('<b>eve</b>:secret').toString('base64')
    const setup = ['Transport: RTP/AVP/TCP;unicast;interleaved=0-1', `User-Agent: ${markup}`]
    const login = `Authorization: Basic ${basic}`
    await viewer.request('SETUP', '/trackID=0', [...setup, login])
    await viewer.request('PLAY', '', [login])
    const { page, complaints } = await open(command.url)
    await logIn(page, 'ann', 'secret')
    await goTo(page, 'Sessions')
    await page.getByText('<b>eve</b>').first().waitFor(patience)
    expect(await page.getByText(markup).count()).toBeGreaterThan(0)
    const titles = await page.getByRole('navigation').getByRole('link').allTextContents()
    for (const title of titles) {
      await goTo(page, title)
      await page.getByRole('heading', { level: 1 }).first().waitFor(patience)
      expect(await page.locator('img, td b').count()).toBe(0)
      expect(await page.title()).not.toBe('owned')
    }
    expect(complaints).toEqual([])
  })
})
