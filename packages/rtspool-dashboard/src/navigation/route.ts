import { type ReadonlySignal, signal } from '@preact/signals'

/** Names of the pages, as the addresses have them, in the order of the navigation. */
export const pageNames = Object.freeze([
  ...(['overview', 'sessions', 'leavers', 'media'] as const),
  ...(['limits', 'bans', 'events'] as const),
] as const)

export type PageName = (typeof pageNames)[number]

/** Page of the dashboard, with the values that its address has. */
export interface Route {
  readonly page: PageName
  readonly query: Readonly<Record<string, string>>
}

/** Reads the part of an address behind `#`; an unknown page is the first one. */
export function routeOf(hash: string): Route {
  const [name, search] = hash.replace(/^#?\/?/, '').split('?')
  const page = pageNames.find((known) => known === name) ?? 'overview'
  return { page, query: Object.fromEntries(new URLSearchParams(search)) }
}

/** Writes the address of a page: `#/sessions?path=%2Fcam`. Empty values are left out. */
export function hashOf(page: PageName, query: Route['query'] = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== '')
  return `#/${page}${given.length > 0 ? `?${new URLSearchParams(given)}` : ''}`
}

const current = signal<Route>(routeOf(globalThis.location?.hash ?? ''))
globalThis.addEventListener?.('hashchange', () => {
  current.value = routeOf(location.hash)
})

/** The page that the address names. */
export const route: ReadonlySignal<Route> = current

/** Changes the address without a new entry in the history: for filters. */
export function replaceQuery(query: Route['query']): void {
  const { page } = current.peek()
  history.replaceState(null, '', hashOf(page, query))
  current.value = { page, query }
}
