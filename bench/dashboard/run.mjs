// The table of sessions of the dashboard in Chromium: how long a frame takes while a person scrolls through all sessions,
// sorts and filters them, and some leave and come. Takes about 2 minutes, and needs Debian's chromium.
// Usage: npm run bench -- dashboard [--short] [--sessions 10000] [--churn 20] [--scroll SECONDS-EACH-WAY]
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startBrowser } from '../../test/interop/support/browser.mjs'
import { readOptions, runBenchmark } from '../lib/cli.mjs'
import { Program, serverCore } from '../lib/processes.mjs'
import { figure, finish, printTable, short } from '../lib/report.mjs'
import { median, quantile, sum } from '../lib/statistics.mjs'

const options = readOptions(
  { sessions: 10_000, churn: 20, scroll: 25 },
  { sessions: 1000, scroll: 2 },
)
const wantedFrameMs = 50
const serverScript = fileURLToPath(new URL('server.mjs', import.meta.url))
/** Pixels that one turn of the wheel scrolls: two thirds of the table. */
const wheelPixels = 500
/** Part of a measurement that its frames must cover: a page that draws nothing has no long frame. */
const leastCovered = 0.9
/** Longest wait for a list of the server, in milliseconds. */
const patienceMs = 30_000
const table = "document.querySelector('section.table')"

/** In the page: notes the time between frames from now on. */
const recordFrames = `
  window.frames = []
  let before
  const note = (now) => {
    if (before !== undefined) window.frames.push(now - before)
    before = now
    requestAnimationFrame(note)
  }
  requestAnimationFrame(note)`

/** Returns the times of the frames since the last call. */
const takeFrames = (page) => page.evaluate('window.frames.splice(0)')

async function logIn(page, { url, token }) {
  await page.goto(`${url}/#/sessions`)
  await page.getByLabel('Token of the control API').fill(token)
  await page.keyboard.press('Enter')
  await page.getByRole('row').nth(20).waitFor()
  await page.evaluate(recordFrames)
}

/** Number of rows that the page has read so far, without the head of the table. */
const countRows = (page) =>
  page.evaluate(`Number(${table}.querySelector('table').ariaRowCount) - 1`)

/** Waits until the list of another order or filter is here, and has been drawn for some frames. */
async function settle(page) {
  // The request begins a frame or two after the input.
  await page.waitForTimeout(50)
  await page.locator('section.table[aria-busy="false"]').waitFor({ timeout: patienceMs })
  await page.waitForTimeout(200)
}

async function turnWheel(page, pixels) {
  const deadline = performance.now() + options.scroll * 1000
  while (performance.now() < deadline) {
    await page.mouse.wheel(0, pixels)
    await page.waitForTimeout(16)
  }
}

/**
 * Scrolls on until the list grows no longer, because the wheel may be faster than its pages. The list loses the sessions
 * that leave, and has none that come while its top is not on the screen; each may be missing on two pages.
 */
async function scrollToEnd(page) {
  const startedAt = performance.now()
  let [most, grownAt] = [0, startedAt]
  while (performance.now() - grownAt < 1000) {
    await page.evaluate(`${table}.scrollTop = ${table}.scrollHeight`)
    await page.waitForTimeout(50)
    const rows = await countRows(page)
    if (rows > most) [most, grownAt] = [rows, performance.now()]
    if (performance.now() - startedAt > patienceMs) break
  }
  const least = options.sessions - 2 * options.churn * (performance.now() / 1000)
  if (most < least) throw new Error(`the page has read ${most} of ${options.sessions} sessions`)
}

async function scroll(page) {
  await page.mouse.move(600, 500)
  await turnWheel(page, wheelPixels)
  await scrollToEnd(page)
  await turnWheel(page, -wheelPixels)
}

async function sort(page) {
  for (const title of ['Idle', 'Bytes', 'Loss', 'Queue', 'Age']) {
    for (let clicks = 0; clicks < 2; clicks++) {
      await page.getByRole('button', { name: title, exact: true }).click()
      await settle(page)
    }
  }
}

async function filter(page) {
  const field = page.getByRole('searchbox')
  for (const text of ['ann-', '10.0.1', 'nobody', 'e']) {
    await field.pressSequentially(text, { delay: 60 })
    await settle(page)
    await field.fill('')
    await settle(page)
  }
}

const rest = (page) => page.waitForTimeout(options.short ? 1000 : 10_000)

/** Returns the times of the frames during an action. */
async function measure(page, [name, act]) {
  await takeFrames(page)
  const startedAt = performance.now()
  await act(page)
  const frames = await takeFrames(page)
  const covered = sum(frames) / (performance.now() - startedAt)
  if (!(covered >= leastCovered)) {
    throw new Error(`${name}: frames cover ${short(100 * covered)} % of the time`)
  }
  return [name, frames]
}

await runBenchmark('dashboard', options, async (run) => {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-bench-'))
  const args = [serverScript, options.sessions, options.churn, folder].map(String)
  const browser = await startBrowser()
  // Nothing may be waited for between the start of the server and its one line.
  const server = new Program(process.execPath, args, { core: serverCore })
  try {
    const ready = await server.next('ready')
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    await logIn(page, ready)
    const all = []
    for (const action of Object.entries({ rest, scroll, sort, filter })) {
      all.push(await measure(page, action))
    }
    const row = ([name, frames]) => [
      ...[name, frames.length, short(median(frames)), short(quantile(frames, 0.99))],
      short(Math.max(...frames)),
    ]
    printTable(['', 'frames', 'median ms', 'p99 ms', 'max ms'], all.map(row))
    const figures = all.map(([name, frames]) =>
      figure(`longest frame, ${name}`, Math.max(...frames), '<=', wantedFrameMs, 'ms'),
    )
    const summary = Object.fromEntries(
      all.map(([name, frames]) => [
        name,
        { p99Ms: quantile(frames, 0.99), maxMs: Math.max(...frames) },
      ]),
    )
    finish(run, { figures, summary, measurements: Object.fromEntries(all) })
  } finally {
    await browser.close()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})
