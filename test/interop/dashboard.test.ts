import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { reasonToSkip } from '../../scripts/programs.mjs'
import { ApiCommand } from './support/api-command.js'
import { startBrowser } from './support/browser.mjs'
import { endPrograms } from './support/process.js'
import { requirePrograms } from './support/programs.js'
import { Viewer } from './support/viewer.js'

const patience = { timeout: 20_000 }
/** Folder for pictures of the page; none are made without it. */
const pictures = process.env.RTSPOOL_PAGE_PICTURES

describe('the web page in Chromium', () => {
  let command: ApiCommand
  let browser: Browser | undefined
  let page: Page | undefined
  beforeAll(async () => {
    command = await ApiCommand.start(['--live-port', '0'])
    if (!reasonToSkip('chromium')) browser = await startBrowser()
  })
  afterEach(async () => {
    await page?.context().close()
  })
  afterAll(async () => {
    await browser?.close()
    await command.stop()
    await endPrograms()
  })

  /** Opens the page, and notes whatever its console complains about. */
  async function open(colorScheme: 'light' | 'dark' = 'light') {
    const context = await browser?.newContext({
      colorScheme,
      viewport: { width: 1100, height: 760 },
    })
    page = await context?.newPage()
    if (!page) throw new Error('no browser')
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', ({ message }) => complaints.push(message))
    await page.goto(command.url)
    return { opened: page, complaints }
  }

  async function logIn(opened: Page, token = command.adminToken): Promise<void> {
    await opened.getByLabel('Token of the control API').fill(token)
    await opened.keyboard.press('Enter')
  }

  async function goTo(opened: Page, title: string): Promise<void> {
    await opened.getByRole('link', { name: title, exact: true }).click()
    await heading(opened, title)
  }

  const heading = (opened: Page, text: string) =>
    opened.getByRole('heading', { name: text }).waitFor(patience)

  async function photograph(opened: Page, name: string): Promise<void> {
    if (pictures === undefined) return
    mkdirSync(pictures, { recursive: true })
    await opened.screenshot({ path: join(pictures, `${name}.png`) })
  }

  test('asks for a token, and says when it is wrong', async (context) => {
    requirePrograms(context, 'chromium')
    const { opened } = await open()
    await logIn(opened, 'guess')
    await opened.getByText('The server does not know this token.').waitFor(patience)
    await photograph(opened, 'login')
    await logIn(opened)
    await goTo(opened, 'Sessions')
    await opened.reload()
    await heading(opened, 'Sessions (0)')
    await opened.getByRole('button', { name: 'Log out' }).click()
    await opened.getByLabel('Token of the control API').waitFor(patience)
    expect(await opened.evaluate('sessionStorage.length')).toBe(0)
  })

  test.for(['light', 'dark'] as const)(
    'shows sessions, filters them and ends one, %s',
    async (colorScheme, context) => {
      requirePrograms(context, 'chromium')
      const url = `${command.rtspUrl}/test`
      const viewers = [await Viewer.join(url, 'tcp'), await Viewer.join(url, 'udp')]
      const { opened, complaints } = await open(colorScheme)
      await logIn(opened)
      await goTo(opened, 'Sessions')
      await heading(opened, 'Sessions (2)')
      await photograph(opened, `sessions-${colorScheme}`)
      await opened.getByRole('searchbox').fill('UDP')
      await heading(opened, 'Sessions (1)')
      await opened.getByRole('button', { name: /^End / }).click()
      await heading(opened, 'Sessions (0)')
      await opened.getByRole('searchbox').fill('')
      await heading(opened, 'Sessions (1)')
      expect(await opened.getByRole('cell', { name: 'TCP', exact: true }).count()).toBe(1)
      await Promise.all(viewers.map((viewer) => viewer.leave('close')))
      await heading(opened, 'Sessions (0)')
      expect(complaints).toEqual([])
    },
  )

  test('plays the live picture of a path, as one more session', async (context) => {
    requirePrograms(context, 'chromium')
    const viewer = await Viewer.join(`${command.rtspUrl}/test`, 'tcp')
    const { opened, complaints } = await open('dark')
    await logIn(opened)
    await goTo(opened, 'Sessions')
    await opened.getByRole('button', { name: '/test', exact: true }).click()
    await opened.getByRole('dialog').getByText('playing').waitFor(patience)
    const position = () => opened.evaluate<number>("document.querySelector('video').currentTime")
    const before = await position()
    await expect.poll(position, patience).toBeGreaterThan(before + 0.5)
    await photograph(opened, 'watch')
    const { body } = await command.api.call('listSessions')
    expect(body.sessions.map(({ transport }: { transport: string }) => transport).sort()).toEqual([
      ...['TCP', 'websocket-fmp4'],
    ])
    await opened.getByRole('button', { name: 'Close' }).click()
    await heading(opened, 'Sessions (1)')
    await viewer.leave('teardown')
    expect(complaints).toEqual([])
  })
})
