import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const contentTypes: Readonly<Record<string, string | undefined>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
}

/** Cache-Control header for files whose names change with their contents: a year, in seconds. */
const longCache = 'max-age=31536000, immutable'

interface PageFile {
  readonly contentType: string
  readonly bytes: Buffer
}

/** An HTML file of the dashboard's folder, and the URL path at which a port serves it. */
export interface PageFront {
  readonly path: string
  readonly file: string
}

/** Main page of the dashboard, which the port of the control API serves. */
export const controlPage: PageFront = { path: '/', file: '/index.html' }
/** Page for viewers with a share link, which the port of the live picture serves. */
export const sharePage: PageFront = { path: '/share', file: '/share.html' }

/**
 * Files of a web page, kept in memory, and served without a login. The files contain no secret: the page asks its user
 * for a token, and sends it to the API.
 */
export class PageFiles {
  readonly #files: ReadonlyMap<string, PageFile>
  readonly #policy: string
  readonly #front: PageFront

  /**
   * Reads the files of the folder.
   *
   * @param folder - Folder of the pages.
   * @param livePort - Port of the live picture; `undefined` without one.
   * @throws {Error} The folder cannot be read.
   */
  constructor(folder: string, livePort: number | undefined, front = controlPage) {
    this.#files = filesOf(folder)
    this.#policy = policyOf(livePort)
    this.#front = front
  }

  /**
   * Responds to a request for a file of the page.
   *
   * @returns False if the request is for something else; no response has been sent then.
   */
  respond({ method, url = '/' }: IncomingMessage, response: ServerResponse): boolean {
    const [path = '/'] = url.split('?')
    const file = this.#fileOf(path)
    if (!file || (method !== 'GET' && method !== 'HEAD')) return false
    response.writeHead(200, {
      'Cache-Control': path.startsWith('/assets/') ? longCache : 'no-cache',
      'Content-Length': file.bytes.length,
      'Content-Security-Policy': this.#policy,
      'Content-Type': file.contentType,
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    })
    response.end(method === 'HEAD' ? undefined : file.bytes)
    return true
  }

  #fileOf(path: string): PageFile | undefined {
    const { path: front, file } = this.#front
    if (path === front) return this.#files.get(file)
    // Other pages of the folder belong to other ports.
    return path.endsWith('.html') ? undefined : this.#files.get(path)
  }
}

/** Folder with the built web pages in the package. */
const ownFolder = fileURLToPath(new URL('../../page', import.meta.url))

/**
 * Loads one of the web pages of the package.
 *
 * @param livePort - Port of the live picture; `undefined` without one.
 * @returns `undefined` if the package was built without pages.
 */
export function tryLoadPage(
  livePort: number | undefined,
  front = controlPage,
): PageFiles | undefined {
  return existsSync(ownFolder) ? new PageFiles(ownFolder, livePort, front) : undefined
}

function filesOf(folder: string): Map<string, PageFile> {
  const files = new Map<string, PageFile>()
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const contentType = contentTypes[extname(entry.name)]
    if (!entry.isFile() || contentType === undefined) continue
    const name = join(entry.parentPath, entry.name)
    const path = name.slice(folder.length).replaceAll('\\', '/')
    files.set(path, { contentType, bytes: readFileSync(name) })
  }
  return files
}

/**
 * Returns the Content-Security-Policy header of a page. The page may use its own files, the API, and the WebSockets of
 * the live picture.
 */
function policyOf(livePort: number | undefined): string {
  const live = livePort === undefined ? '' : ` ws://*:${livePort} wss://*:${livePort}`
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    'img-src data: blob:',
    'media-src blob:',
    `connect-src 'self'${live}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
