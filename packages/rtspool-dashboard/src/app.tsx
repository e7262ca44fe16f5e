import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useMemo } from 'preact/hooks'
import type { ApiClient } from './api/api-client.js'
import type { Login } from './login/login.js'
import { LoginForm } from './login/login-form.js'
import { SessionList } from './sessions/session-list.js'
import { SessionsTable } from './sessions/sessions-table.js'
import { WatchDialog } from './watch/watch-dialog.js'

/** The whole page: the form to log in, or the sessions. */
export function App({ login }: { readonly login: Login }): JSX.Element {
  const client = login.client.value
  return client ? <Sessions client={client} login={login} /> : <LoginForm login={login} />
}

function Sessions({ client, login }: { readonly client: ApiClient; readonly login: Login }) {
  const watched = useSignal<string | undefined>(undefined)
  const list = useMemo(
    () => new SessionList(client, (reason) => login.logOut(reason)),
    [client, login],
  )
  useEffect(() => () => list.close(), [list])
  const path = watched.value
  return (
    <main>
      <header>
        <h1>rtspool</h1>
        <button type="button" onClick={() => login.logOut()}>
          Log out
        </button>
      </header>
      <SessionsTable
        list={list}
        watch={(chosen) => {
          watched.value = chosen
        }}
      />
      {path !== undefined && (
        <WatchDialog
          client={client}
          path={path}
          close={() => {
            watched.value = undefined
          }}
        />
      )}
    </main>
  )
}
