import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'

const patience = { timeout: 20_000 }
const ownFolder = fileURLToPath(new URL('../../../artifacts/pictures/', import.meta.url))
/** Folder for pictures of the pages, which outlives the tests. */
const pictures = process.env.RTSPOOL_PAGE_PICTURES ?? ownFolder

/** Titles of the pages, as the navigation has them. */
export const pageTitles = [
  ...['Overview', 'Sessions', 'Leavers', 'Media', 'Recordings', 'Share links'],
  ...['Limits', 'Bans', 'Events'],
]

/** Keeps a light and a dark picture of a page, for people who look at them. */
export async function photograph(page: Page, name: string, fullPage = false): Promise<void> {
  mkdirSync(pictures, { recursive: true })
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.evaluate(twoFrames)
    await page.screenshot({ path: join(pictures, `${name}-${colorScheme}.png`), fullPage })
  }
}

/** Charts are drawn again when the colours have changed. */
const twoFrames =
  'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))'

/** The web page of the command in a browser, as a person uses it. */
export class DashboardPage {
  readonly page: Page
  /** Everything that the console of the browser has complained about. */
  readonly complaints: readonly string[]
  readonly #context: BrowserContext

  private constructor(context: BrowserContext, page: Page, complaints: string[]) {
    this.#context = context
    this.page = page
    this.complaints = complaints
  }

  /** @param options.timezoneId - Time zone of the browser; without it the machine's. */
  static async open(
    browser: Browser | undefined,
    url: string,
    options: { readonly timezoneId?: string } = {},
  ): Promise<DashboardPage> {
    const viewport = { width: 1440, height: 800 }
    const context = await browser?.newContext({ colorScheme: 'light', viewport, ...options })
    const page = await context?.newPage()
    if (!context || !page) throw new Error('no browser')
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', ({ message }) => complaints.push(message))
    await page.goto(url)
    return new DashboardPage(context, page, complaints)
  }

  async logIn(token: string): Promise<void> {
    await this.page.getByLabel('Token of the control API').fill(token)
    await this.page.keyboard.press('Enter')
  }

  /** Follows the link to a page. */
  async goTo(title: string): Promise<void> {
    await this.page.getByRole('link', { name: title, exact: true }).click()
    await this.heading(new RegExp(`^${title}`))
  }

  async heading(name: string | RegExp): Promise<void> {
    await this.page.getByRole('heading', { name, level: 1 }).waitFor(patience)
  }

  /** Waits for a text. */
  async says(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor(patience)
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, ...(typeof name === 'string' && { exact: true }) })
  }

  /** Returns the label of the element with the focus; `null` if it has none. */
  focused(): Promise<string | null> {
    return this.page.evaluate("document.activeElement.getAttribute('aria-label')")
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog')
  }

  /** Takes a light and a dark picture of the window, or of the whole page. */
  photograph(name: string, isWhole = false): Promise<void> {
    return photograph(this.page, name, isWhole)
  }

  async close(): Promise<void> {
    await this.#context.close()
  }
}
