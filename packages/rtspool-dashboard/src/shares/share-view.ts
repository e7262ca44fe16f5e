import { timeText } from '../words/quantities.js'

/** A share link, as the API lists it. */
export interface ShareView {
  readonly id: string
  readonly name: string
  readonly path: string
  /** End of the link, in seconds since 1970; absent = never. */
  readonly until?: number
  /** Maximum number of viewers at a time; 0 = unlimited. */
  readonly maxViewers: number
  /** Name of the user or token that created the link. */
  readonly author: string
  /** Number of sessions that were opened with the link and still exist. */
  readonly sessions: number
}

/** A new share link, with the only copy of its secret. */
export interface NewShareView {
  readonly name: string
  /** URL path of the page for the link, with the secret in the fragment: `/share#share_…`. */
  readonly page: string
  /** Port of the live picture, on which the page is served. */
  readonly port: number
  readonly isSecure: boolean
}

/** Lifetimes of a link that the user can choose, in seconds; 0 = it never expires. */
export const lifetimes: readonly { readonly seconds: number; readonly text: string }[] = [
  { seconds: 3_600, text: '1 hour' },
  { seconds: 24 * 3_600, text: '1 day' },
  { seconds: 7 * 24 * 3_600, text: '1 week' },
  { seconds: 30 * 24 * 3_600, text: '30 days' },
  { seconds: 0, text: 'no end' },
]

/**
 * Returns the URL of a new link.
 *
 * @param hostname - Host of the dashboard, on which another port serves the link.
 */
export const urlOf = ({ page, port, isSecure }: NewShareView, hostname: string): string =>
  `${isSecure ? 'https' : 'http'}://${hostname}:${port}${page}`

/**
 * Returns whether a host name means the machine of the browser, so that share links with it work on this machine only.
 */
export const isOwnHost = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')

/** Formats the time at which a share link expires; `never` if there is none. */
export const endText = ({ until }: Pick<ShareView, 'until'>): string =>
  until === undefined ? 'never' : timeText(until * 1000)

/** Formats the number of viewers of a link, and their maximum: `3 of 10`. */
export const viewersText = ({ sessions, maxViewers }: ShareView): string =>
  maxViewers === 0 ? `${sessions}` : `${sessions} of ${maxViewers}`
