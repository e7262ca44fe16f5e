/** A share link, as the API lists it. */
export interface ShareView {
  readonly id: string
  readonly name: string
  readonly path: string
  /** Seconds since 1970; absent = never ends. */
  readonly until?: number
  /** 0 = unlimited. */
  readonly maxViewers: number
  /** Name of the login that made the link. */
  readonly author: string
  /** Number of sessions that watch by the link now. */
  readonly sessions: number
}

/** A new share link, with the only copy of its secret. */
export interface NewShareView {
  readonly name: string
  /** Path of its page, with the secret in the fragment: `/share#share_…`. */
  readonly page: string
  /** Port of the live picture, which serves the page. */
  readonly port: number
  readonly isSecure: boolean
}

/** Lifetimes on offer, in seconds; 0 = never ends. */
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
 * @param hostname - Host of the page: the link is for the same machine, on another port.
 */
export const urlOf = ({ page, port, isSecure }: NewShareView, hostname: string): string =>
  `${isSecure ? 'https' : 'http'}://${hostname}:${port}${page}`

/** Returns whether only this machine can open links with a host. */
export const isOwnHost = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')

/** Writes the time at which a link ends. */
export const endText = ({ until }: Pick<ShareView, 'until'>): string =>
  until === undefined ? 'never' : new Date(until * 1000).toLocaleString()

/** Writes the number of viewers of a link, and its limit: `3 of 10`. */
export const viewersText = ({ sessions, maxViewers }: ShareView): string =>
  maxViewers === 0 ? `${sessions}` : `${sessions} of ${maxViewers}`
