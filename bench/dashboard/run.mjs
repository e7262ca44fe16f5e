// The table of sessions of the dashboard in Chromium: how long a frame takes while a person scrolls through all sessions,
// sorts and filters them, and some leave and come. Needs Debian's chromium.
// Usage: npm run bench -- dashboard [--short] [--sessions 10000] [--churn 20] [--scrolls 600]
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startBrowser } from '../../test/interop/support/browser.mjs'
import { readOptions, runBenchmark } from '../lib/cli.mjs'
import { Program, serverCore } from '../lib/processes.mjs'
import { figure, finish, printTable, short } from '../lib/report.mjs'
import { median, quantile } from '../lib/statistics.mjs'

const options = readOptions(
  { sessions: 10_000, churn: 20, scrolls: 600 },
  { sessions: 1000, scrolls: 30 },
)
const wantedFrameMs = 50
const serverScript = fileURLToPath(new URL('server.mjs', import.meta.url))
/** Pixels that one turn of the wheel scrolls: the whole list in all turns. */
const wheelPixels = Math.ceil((options.sessions * 34) / options.scrolls)
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

/** Takes the times of the frames since the last call. */
const takeFrames = (page) => page.evaluate('window.frames.splice(0)')

async function logIn(page, { url, token }) {
  await page.goto(`${url}/#/sessions`)
  await page.getByLabel('Token of the control API').fill(token)
  await page.keyboard.press('Enter')
  await page.getByRole('row').nth(20).waitFor()
  await page.evaluate(recordFrames)
}

/** Rows that the page has read so far. */
const countRows = (page) => page.evaluate(`Number(${table}.firstChild.ariaRowCount)`)

async function scroll(page) {
  await page.mouse.move(600, 500)
  for (let turn = 0; turn < options.scrolls; turn++) {
    await page.mouse.wheel(0, wheelPixels)
    await page.waitForTimeout(16)
  }
  // The wheel may be faster than the pages of the list.
  for (let before = 0, now = await countRows(page); now > before; now = await countRows(page)) {
    before = now
    await page.evaluate(`${table}.scrollTop = ${table}.scrollHeight`)
    await page.waitForTimeout(1000)
  }
  for (let turn = 0; turn < options.scrolls; turn++) {
    await page.mouse.wheel(0, -wheelPixels)
    await page.waitForTimeout(16)
  }
}

async function sort(page) {
  for (const title of ['Idle', 'Bytes', 'Loss', 'Queue', 'Age']) {
    for (let clicks = 0; clicks < 2; clicks++) {
      await page.getByRole('button', { name: title, exact: true }).click()
      await page.waitForTimeout(300)
    }
  }
}

async function filter(page) {
  const field = page.getByRole('searchbox')
  for (const text of ['ann-', '10.0.1', 'nobody', 'e']) {
    await field.pressSequentially(text, { delay: 60 })
    await page.waitForTimeout(300)
    await field.fill('')
    await page.waitForTimeout(300)
  }
}

const rest = (page) => page.waitForTimeout(options.short ? 1000 : 10_000)

await runBenchmark('dashboard', options, async (run) => {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-bench-'))
  const args = [serverScript, options.sessions, options.churn, folder].map(String)
  const server = new Program(process.execPath, args, { core: serverCore })
  const browser = await startBrowser()
  try {
    const ready = await server.next('ready')
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    await logIn(page, ready)
    const measurements = {}
    for (const [name, act] of Object.entries({ rest, scroll, sort, filter })) {
      await takeFrames(page)
      await act(page)
      measurements[name] = await takeFrames(page)
    }
    const all = Object.entries(measurements)
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
    finish(run, { figures, summary, measurements })
  } finally {
    await browser.close()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})
