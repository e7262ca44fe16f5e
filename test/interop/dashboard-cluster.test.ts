import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reasonToSkip } from '../../scripts/programs.mjs'
import { startBrowser } from './support/browser.mjs'
import { ClusterServer } from './support/cluster-server.js'
import { DashboardPage } from './support/dashboard-page.js'
import { endPrograms, until } from './support/process.js'
import { requirePrograms } from './support/programs.js'
import { publishWithFfmpeg } from './support/publishers.js'
import { type RedisServer, startRedisServer } from './support/redis-server.js'
import type { Viewer } from './support/viewer.js'

const patience = { timeout: 20_000 }
const shortly = { timeout: 1000 }
const isMissing = [reasonToSkip('chromium'), reasonToSkip('redis-server')].some(
  (reason) => reason !== undefined,
)

describe('the web page of a server in a cluster', { timeout: 90_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-cluster-page-'))
  const servers: ClusterServer[] = []
  const viewers: Viewer[] = []
  let redis: RedisServer
  let browser: Browser | undefined
  let opened: DashboardPage | undefined

  beforeAll(async () => {
    if (isMissing) return
    redis = await startRedisServer()
    const names = ['one', 'two', 'three']
    const started = names.map((name) => ClusterServer.start(name, redis.path, folder))
    servers.push(...(await Promise.all(started)))
    browser = await startBrowser()
  }, 60_000)
  afterAll(async () => {
    await opened?.close()
    await browser?.close()
    await Promise.all(viewers.map((viewer) => viewer.leave('close')))
    await Promise.all(servers.map(({ command }) => command.stop()))
    await endPrograms()
    await redis?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  async function open({ command: { program } }: ClusterServer): Promise<DashboardPage> {
    await opened?.close()
    const url = /control API on (\S+)/.exec(program.stdout)?.[1] ?? ''
    const token = /(rtspool_\S+)/.exec(program.stdout)?.[1] ?? ''
    opened = await DashboardPage.open(browser, url)
    await opened.logIn(token)
    return opened
  }

  /** Ends the session of the open dialog. If its server answers too late, the dialog says so and waits for another attempt. */
  async function endSession({ dialog }: DashboardPage): Promise<void> {
    const button = dialog.getByRole('button', { name: 'End session' })
    await button.click()
    const isOpen = async () => {
      const says = await dialog.getByRole('alert').allTextContents()
      if (says.some((text) => text.includes('not heard:'))) await button.click(shortly)
      return await dialog.isVisible()
    }
    await expect.poll(isOpen, patience).toBe(false)
  }

  test('shows the sessions of all, and ends one elsewhere with a ban for all', async (context) => {
    requirePrograms(context, 'chromium', 'redis-server')
    const [one, two, three] = servers as [ClusterServer, ClusterServer, ClusterServer]
    for (const [server, user] of [[one, 'ann'] as const, [two, 'bob'] as const]) {
      viewers.push(await server.watch(user))
    }
    const dashboard = await open(three)
    await dashboard.goTo('Sessions')
    await dashboard.heading('Sessions (2)')
    for (const [user, server] of [['ann', 'one'] as const, ['bob', 'two'] as const]) {
      const row = dashboard.page.getByRole('row').filter({ hasText: user })
      await row.getByText(server, { exact: true }).waitFor(patience)
    }
    await dashboard.photograph('cluster-sessions')
    await dashboard.button(/^Details of bob/).click()
    await dashboard.dialog.getByText('The page of the server two').waitFor(patience)
    await dashboard.page.keyboard.press('Escape')
    await dashboard.button(/^End bob/).click()
    await dashboard.dialog.getByLabel('Ban', { exact: true }).selectOption('10 minutes')
    await dashboard.dialog.getByLabel('Ban of').selectOption('the user')
    await endSession(dashboard)
    await dashboard.heading('Sessions (1)')
    // A server under load may answer too late, which the browser calls a failed request.
    const others = dashboard.complaints.filter((text) => !/status of (404|409)/.test(text))
    expect(others).toEqual([])
    for (const server of servers) {
      const page = await open(server)
      await page.goTo('Bans')
      await page.says('user bob')
      await expect(server.tryWatch('bob')).rejects.toThrow(/403/)
    }
  })

  /** Publishes to a server in a restart loop, as encoders do, because a new cluster has no places at first. */
  async function publish({ command }: ClusterServer, url: string): Promise<void> {
    const hasBegun = () => command.lines('publishing started').length > 0
    for (const giveUpAt = performance.now() + 30_000; !hasBegun(); ) {
      expect(performance.now()).toBeLessThan(giveUpAt)
      const publisher = publishWithFfmpeg({ url, transport: 'tcp' })
      await until(() => hasBegun() || !publisher.isRunning)
    }
  }

  test('draws on each server which one pulls a stream from whom', async (context) => {
    requirePrograms(context, 'chromium', 'redis-server', 'ffmpeg')
    const [one, two, three] = servers as [ClusterServer, ClusterServer, ClusterServer]
    await publish(one, one.urlOf('ann', '/live/door'))
    viewers.push(await two.watch('ann', '/live/door'))
    for (const server of servers) {
      const { page } = await open(server)
      await opened?.goTo('Cluster')
      await opened?.heading('Cluster (3)')
      const stream = page.getByRole('row').filter({ hasText: '/live/door' })
      await expect.poll(() => stream.innerText(), patience).toMatch(/one\s+two\s+playing/)
      await page.locator('svg text.path', { hasText: '/live/door' }).waitFor(patience)
      const own = page.getByRole('row').filter({ hasText: 'this server' })
      const text = new RegExp(`^${server.name}\\s+live.*connected`, 's')
      await expect.poll(() => own.innerText(), patience).toMatch(text)
    }
    await opened?.photograph('cluster', true)
    expect((await three.api.call('getClusterMap')).status).toBe(200)
  })

  test('changes a limit of all servers, and shows the answer of each', async (context) => {
    requirePrograms(context, 'chromium', 'redis-server')
    const dashboard = await open(servers[1] as ClusterServer)
    await dashboard.goTo('Cluster')
    await dashboard.page.getByLabel('Limit', { exact: true }).selectOption('Sessions')
    await dashboard.page.getByLabel('New value').fill('45')
    const answers = dashboard.page.getByRole('region', { name: 'Answers' })
    // A server under load may answer too late.
    const change = async () => {
      await dashboard.button('Change on all servers').click(shortly)
      await answers.waitFor(patience)
      return (await answers.innerText()).match(/(one|two|three)\s+changed/g)?.length
    }
    await expect.poll(change, patience).toBe(3)
    await dashboard.photograph('cluster-limits', true)
    for (const { api } of servers) {
      expect((await api.call('getLimits')).body.maxSessions).toBe(45)
    }
  })

  test('claims nothing of other servers while Redis is away', async (context) => {
    requirePrograms(context, 'chromium', 'redis-server')
    const dashboard = await open(servers[2] as ClusterServer)
    await dashboard.goTo('Cluster')
    const row = dashboard.page.getByRole('row').filter({ hasText: /^one/ })
    const says = (text: RegExp) => expect.poll(() => row.innerText(), patience).toMatch(text)
    await says(/live.*connected/s)
    redis.pause()
    await says(/^one\s+Redis is away\s+\w{8}\s*$/)
    await dashboard.says('servers: one (Redis is away), two (Redis is away).')
    await dashboard.page.setViewportSize({ width: 390, height: 800 })
    await dashboard.photograph('cluster-away', true)
    redis.resume()
    await says(/live.*connected/s)
  })
})
