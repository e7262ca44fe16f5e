import type { JSX } from 'preact'
import { hashOf, type PageName, pageNames, route } from './route.js'

/** Titles of the pages of the dashboard, by name. */
export const pageTitles: Readonly<Record<PageName, string>> = {
  overview: 'Overview',
  sessions: 'Sessions',
  leavers: 'Leavers',
  media: 'Media',
  recordings: 'Recordings',
  shares: 'Share links',
  limits: 'Limits',
  bans: 'Bans',
  events: 'Events',
  cluster: 'Cluster',
}

interface NavigationProps {
  /** True for a server in a cluster, which has one page more. */
  readonly isMember: boolean
}

/** Links to all pages of the dashboard. */
export function Navigation({ isMember }: NavigationProps): JSX.Element {
  const pages = pageNames.filter((page) => isMember || page !== 'cluster')
  return (
    <nav aria-label="Pages">
      <ul>
        {pages.map((page) => (
          <li key={page}>
            <a href={hashOf(page)} aria-current={route.value.page === page ? 'page' : undefined}>
              {pageTitles[page]}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}
