import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { reasonToSkip } from '../../scripts/programs.mjs'
import { ApiCommand } from './support/api-command.js'
import { startBrowser } from './support/browser.mjs'
import { DashboardPage, pageTitles } from './support/dashboard-page.js'
import { endPrograms, Program, patienceMs, until } from './support/process.js'
import { requirePrograms } from './support/programs.js'
import { Viewer } from './support/viewer.js'

const patience = { timeout: 20_000 }
const configuration = ['auth: { usersFile: users, basic: always }', 'bans: { exempt: [] }', '']

describe('the web page in Chromium', () => {
  let command: ApiCommand
  let browser: Browser | undefined
  let opened: DashboardPage | undefined
  const viewers = new Set<Viewer>()
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rtspool-dashboard-'))
    writeFileSync(join(folder, 'rtspool.yml'), configuration.join('\n'))
    writeFileSync(join(folder, 'users'), 'ann:secret\nbob:secret\n', { mode: 0o600 })
    command = await ApiCommand.start(['--live-port', '0'], { folder })
    if (!reasonToSkip('chromium')) browser = await startBrowser()
  })
  afterEach(async () => {
    await opened?.close()
    await command.api.call('kickSessions', { body: { filter: { minAge: 0 } } })
    for (const viewer of viewers) await viewer.leave('close')
    viewers.clear()
  })
  afterAll(async () => {
    await browser?.close()
    await command.stop()
    await endPrograms()
  })

  const urlAs = (user: string): string =>
    `${command.rtspUrl.replace('://', `://${user}:secret@`)}/test`

  async function watch(user: string, transport: 'tcp' | 'udp' = 'tcp'): Promise<Viewer> {
    const viewer = await Viewer.join(urlAs(user), transport)
    viewers.add(viewer)
    return viewer
  }

  const ffmpegAs = (user: string): Program =>
    new Program('ffmpeg', [
      ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-rtsp_transport', 'tcp'],
      ...['-i', urlAs(user), '-f', 'null', '-'],
    ])

  async function open(token = command.adminToken) {
    opened = await DashboardPage.open(browser, command.url)
    await opened.logIn(token)
    return opened
  }

  test('asks for a token, and says when it is wrong', async (context) => {
    requirePrograms(context, 'chromium')
    const dashboard = await open('guess')
    await dashboard.says('The server does not know this token.')
    await dashboard.photograph('login')
    await dashboard.logIn(command.adminToken)
    await dashboard.heading('Overview')
    await dashboard.goTo('Sessions')
    await dashboard.page.reload()
    await dashboard.heading('Sessions (0)')
    await dashboard.button('Log out').click()
    await dashboard.page.getByLabel('Token of the control API').waitFor(patience)
    expect(await dashboard.page.evaluate('sessionStorage.length')).toBe(0)
  })

  test('ends a session with a ban of its user; a neighbour stays', async (context) => {
    requirePrograms(context, 'chromium', 'ffmpeg')
    const dashboard = await open()
    await dashboard.goTo('Sessions')
    await dashboard.heading('Sessions (0)')
    const bob = await watch('bob')
    const ann = ffmpegAs('ann')
    await dashboard.heading('Sessions (2)')
    await dashboard.page.getByRole('searchbox').fill('ann')
    await dashboard.heading('Sessions (1)')
    await dashboard.button(/^End ann /).click()
    await dashboard.dialog.getByLabel('Reason').fill('too long')
    await dashboard.dialog.getByLabel('Ban', { exact: true }).selectOption('60 seconds')
    await dashboard.dialog.getByLabel('Ban of').selectOption('the user')
    await dashboard.photograph('end-session')
    await dashboard.dialog.getByRole('button', { name: 'End session' }).click()
    await dashboard.heading('Sessions (0)')
    // The row with the button has gone: the keyboard goes on in the table.
    await expect.poll(() => dashboard.focused(), patience).toBe('Live sessions')
    await ann.ended(patienceMs)
    const again = ffmpegAs('ann')
    expect(await again.ended(patienceMs)).not.toBe(0)
    expect(again.stderr).toContain('403')
    await watch('bob', 'udp')
    const before = bob.packets
    await until(() => bob.packets > before)
    await dashboard.goTo('Leavers')
    await dashboard.says('ended by an operator: too long')
    await dashboard.goTo('Bans')
    await dashboard.says('user ann')
    await dashboard.button('Remove the ban of user ann').click()
    await dashboard.says('Nobody is kept out.')
    await watch('ann')
    expect(dashboard.complaints).toEqual([])
  })

  test('ends all sessions of a filter, after it has counted them', async (context) => {
    requirePrograms(context, 'chromium')
    for (const user of ['ann', 'ann', 'bob']) await watch(user)
    const dashboard = await open()
    await dashboard.goTo('Sessions')
    await dashboard.heading('Sessions (3)')
    expect(await dashboard.button(/^End all of the filter/).isDisabled()).toBe(true)
    await dashboard.page.getByText('More filters').click()
    await dashboard.page.getByLabel('User', { exact: true }).fill('ann')
    await dashboard.button(/^End all of the filter/).click()
    await dashboard.says('2 sessions now: user ann.')
    // Nobody has seen this session counted: it stays.
    await watch('ann')
    await dashboard.dialog.getByRole('button', { name: 'End 2 sessions' }).click()
    await dashboard.heading('Sessions (1)')
    await dashboard.button('Clear filter').click()
    await dashboard.heading('Sessions (2)')
  })

  test('shows a session, and changes its timeout', async (context) => {
    requirePrograms(context, 'chromium')
    await watch('bob', 'udp')
    const dashboard = await open()
    await dashboard.goTo('Sessions')
    await dashboard.button(/^Details of bob/).click()
    const { dialog } = dashboard
    await dialog.getByText('UDP', { exact: true }).first().waitFor(patience)
    await dashboard.photograph('session')
    await dialog.getByLabel('Timeout in seconds').fill('600')
    await dialog.getByRole('button', { name: 'Change' }).click()
    await dialog.getByText('after 600 s').waitFor(patience)
    const { body } = await command.api.call('listSessions')
    expect(body.sessions[0].timeoutSeconds).toBe(600)
  })

  test('changes a limit: the next SETUP gets 503', async (context) => {
    requirePrograms(context, 'chromium')
    await watch('ann')
    const dashboard = await open()
    await dashboard.goTo('Limits')
    const field = dashboard.page.getByLabel('Sessions', { exact: true })
    await field.fill('1')
    await dashboard.button('Change limits').click()
    await dashboard.says(/^Saved in /)
    await expect(watch('bob')).rejects.toThrow('SETUP: RTSP/1.0 503')
    await field.fill('1000')
    await dashboard.button('Change limits').click()
    await expect.poll(async () => (await command.api.call('getLimits')).body.maxSessions).toBe(1000)
    await watch('bob')
    await field.fill('1.5')
    await dashboard.button('Change limits').click()
    expect((await command.api.call('getLimits')).body.maxSessions).toBe(1000)
    expect(dashboard.complaints).toEqual([])
  })

  test('lets a viewer change nothing', async (context) => {
    requirePrograms(context, 'chromium')
    await watch('ann')
    await command.api.call('addBan', { body: { user: 'mallory' } })
    const { body } = await command.api.call('createToken', {
      body: { name: 'guest', role: 'viewer' },
    })
    const dashboard = await open(body.token)
    for (const title of pageTitles) {
      await dashboard.goTo(title)
      if (title === 'Sessions') await dashboard.heading('Sessions (1)')
      if (title === 'Bans') await dashboard.says('user mallory')
      expect(await dashboard.button(/^(End|Ban|Add|Remove|Change|Save)/).count(), title).toBe(0)
    }
    await dashboard.goTo('Sessions')
    await dashboard.button(/^Details of ann/).click()
    await dashboard.dialog.getByText('Public id').waitFor(patience)
    expect(await dashboard.dialog.getByRole('button', { name: 'Change' }).count()).toBe(0)
    const { token } = body
    const changes = {
      kickSessions: { filter: { user: 'ann' } },
      addBan: { user: 'ann' },
      changeLimits: { maxSessions: 1 },
    }
    for (const [operationId, change] of Object.entries(changes)) {
      expect((await command.api.call(operationId, { body: change, token })).status).toBe(403)
    }
    const { body: list } = await command.api.call('listBans')
    for (const { publicId } of list.bans) {
      await command.api.call('removeBan', { params: { publicId } })
    }
  })

  test('can be used with the keyboard alone', async (context) => {
    requirePrograms(context, 'chromium')
    await watch('ann')
    const dashboard = await open()
    const { page } = dashboard
    await dashboard.goTo('Sessions')
    await dashboard.heading('Sessions (1)')
    await page.reload()
    await dashboard.heading('Sessions (1)')
    await page.keyboard.press('Tab')
    await dashboard.photograph('skip-link')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.localName')).toBe('main')
    const end = dashboard.button(/^End ann /)
    await end.focus()
    await page.keyboard.press('Enter')
    await dashboard.dialog.waitFor(patience)
    for (let tabs = 0; tabs < 12; tabs++) {
      await page.keyboard.press('Tab')
      const isInside = "document.activeElement.closest('dialog, body > :not(#app)') !== null"
      const isAway = 'document.activeElement === document.body'
      expect(await page.evaluate(`${isInside} || ${isAway}`)).toBe(true)
    }
    await page.keyboard.press('Escape')
    await dashboard.dialog.waitFor({ ...patience, state: 'detached' })
    expect(await dashboard.focused()).toMatch(/^End ann/)
  })

  test('plays the live picture of a path, as one more session', async (context) => {
    requirePrograms(context, 'chromium')
    await watch('bob')
    const dashboard = await open()
    await dashboard.goTo('Sessions')
    await dashboard.button('Watch /test').click()
    await dashboard.dialog.getByText('playing').waitFor(patience)
    const { page } = dashboard
    const position = () => page.evaluate<number>("document.querySelector('video').currentTime")
    const before = await position()
    await expect.poll(position, patience).toBeGreaterThan(before + 0.5)
    await dashboard.photograph('watch')
    const { body } = await command.api.call('listSessions')
    expect(body.sessions.map(({ transport }: { transport: string }) => transport).sort()).toEqual([
      ...['TCP', 'websocket-fmp4'],
    ])
    await dashboard.button('Close').click()
    await dashboard.heading('Sessions (1)')
    expect(dashboard.complaints).toEqual([])
  })

  test('has pages that are light, and dark', async (context) => {
    requirePrograms(context, 'chromium', 'ffmpeg')
    await (await Viewer.join(urlAs('ann'), 'tcp')).leave('teardown')
    ffmpegAs('ann')
    await watch('bob', 'udp')
    const ban = await command.api.call('addBan', { body: { user: 'mallory', reason: 'rude' } })
    const share = await command.api.call('createShare', { body: { path: '/test', name: 'house' } })
    const dashboard = await open()
    const links = dashboard.page.getByRole('navigation').getByRole('link')
    // A page that is missing here would get no picture.
    expect(await links.allInnerTexts()).toEqual(pageTitles)
    for (const title of pageTitles) {
      await dashboard.goTo(title)
      if (title === 'Sessions') {
        await dashboard.heading('Sessions (2)')
        await dashboard.says(/^\d+ kb\/s$/)
      }
      if (title === 'Bans') await dashboard.says('user mallory')
      if (title === 'Leavers') await dashboard.says('left by itself')
      if (title === 'Share links') await dashboard.says('house')
      if (title === 'Events') await dashboard.says(/has got a session at/)
      await dashboard.page.evaluate('document.fonts.ready')
      await dashboard.photograph(title.toLowerCase().replace(' ', '-'))
    }
    await dashboard.goTo('Share links')
    await dashboard.button('Share…').click()
    await dashboard.dialog.waitFor(patience)
    await dashboard.photograph('add-share')
    await dashboard.page.keyboard.press('Escape')
    await dashboard.goTo('Bans')
    await dashboard.button(/^Add a ban/).click()
    await dashboard.dialog.waitFor(patience)
    await dashboard.photograph('add-ban')
    await dashboard.page.keyboard.press('Escape')
    expect(dashboard.complaints).toEqual([])
    await command.api.call('removeBan', { params: { publicId: ban.body.publicId } })
    await command.api.call('revokeShare', { params: { id: share.body.id } })
  })
})
