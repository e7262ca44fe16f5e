import { type ReadonlySignal, signal } from '@preact/signals'

/**
 * Names of the dashboard's pages in URLs, in the order of the navigation. The page that a server may not have is the last
 * one: its link comes later, and moves no other.
 */
export const pageNames = Object.freeze([
  ...(['overview', 'sessions', 'leavers', 'media', 'recordings', 'shares'] as const),
  ...(['limits', 'bans', 'events', 'cluster'] as const),
] as const)

export type PageName = (typeof pageNames)[number]

/** Page of the dashboard that a URL names, with the query values behind the name. */
export interface Route {
  readonly page: PageName
  readonly query: Readonly<Record<string, string>>
}

/** Parses the part of a URL after `#`, such as `#/sessions?path=%2Fcam`. An unknown page becomes the first one. */
export function routeOf(hash: string): Route {
  const [name, search] = hash.replace(/^#?\/?/, '').split('?')
  const page = pageNames.find((known) => known === name) ?? 'overview'
  return { page, query: Object.fromEntries(new URLSearchParams(search)) }
}

/** Returns the URL of a page: `#/sessions?path=%2Fcam`. Empty values are left out. */
export function hashOf(page: PageName, query: Route['query'] = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== '')
  return `#/${page}${given.length > 0 ? `?${new URLSearchParams(given)}` : ''}`
}

const current = signal<Route>(routeOf(globalThis.location?.hash ?? ''))
globalThis.addEventListener?.('hashchange', () => {
  current.value = routeOf(location.hash)
})

/** Signal with the page that the present URL of the browser names. */
export const route: ReadonlySignal<Route> = current

/**
 * Changes the query values in the URL without a new entry in the browser's history, as for filters.
 */
export function replaceQuery(query: Route['query']): void {
  const { page } = current.peek()
  history.replaceState(null, '', hashOf(page, query))
  current.value = { page, query }
}
