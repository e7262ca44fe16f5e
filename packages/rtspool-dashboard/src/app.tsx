import type { FunctionComponent, JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { BansPage } from './bans/bans-page.js'
import { ClusterPage } from './cluster/cluster-page.js'
import { useMembership } from './cluster/membership.js'
import { Button } from './elements/index.js'
import { EventsPage } from './events/events-page.js'
import { LeaversPage } from './leavers/leavers-page.js'
import { LimitsPage } from './limits/limits-page.js'
import type { Login } from './login/login.js'
import { LoginForm } from './login/login-form.js'
import { MediaPage } from './media/media-page.js'
import { Navigation, pageTitles } from './navigation/navigation.js'
import { type PageName, route } from './navigation/route.js'
import { OverviewPage } from './overview/overview-page.js'
import { RecordingsPage } from './recordings/recordings-page.js'
import { SessionsPage } from './sessions/sessions-page.js'
import { SharesPage } from './shares/shares-page.js'
import type { Visitor } from './visitor/visitor.js'
import { VisitorContext } from './visitor/visitor-context.js'

const pages: Readonly<Record<PageName, FunctionComponent>> = {
  overview: OverviewPage,
  sessions: SessionsPage,
  leavers: LeaversPage,
  media: MediaPage,
  recordings: RecordingsPage,
  shares: SharesPage,
  limits: LimitsPage,
  bans: BansPage,
  events: EventsPage,
  cluster: ClusterPage,
}

/** The whole dashboard: the login form, or after the login the page that the URL names. */
export function App({ login }: { readonly login: Login }): JSX.Element {
  const visitor = login.visitor.value
  if (!visitor) return <LoginForm login={login} />
  return (
    <VisitorContext.Provider value={visitor}>
      <Frame visitor={visitor} logOut={() => login.logOut()} />
    </VisitorContext.Provider>
  )
}

interface FrameProps {
  readonly visitor: Visitor
  readonly logOut: () => void
}

function Frame({ visitor, logOut }: FrameProps): JSX.Element {
  const main = useRef<HTMLElement>(null)
  const { page } = route.value
  const Page = pages[page]
  const isMember = useMembership(visitor)
  // One connection for events serves all pages, one after the other.
  useEffect(() => visitor.events.subscribe(() => {}, []), [visitor])
  useEffect(() => {
    document.title = `${pageTitles[page]} – rtspool`
  }, [page])
  return (
    <>
      <Button kind="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </Button>
      <header class="bar">
        <strong>rtspool</strong>
        <Navigation isMember={isMember} />
        <span class="who">
          {visitor.name} ({visitor.role})
        </span>
        <Button onClick={logOut}>Log out</Button>
      </header>
      <main ref={main} tabIndex={-1}>
        <p role="alert">
          {visitor.events.problem.value &&
            `No news from the server: ${visitor.events.problem.value}`}
        </p>
        <Page key={page} />
      </main>
    </>
  )
}
