import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useMemo } from 'preact/hooks'
import { useVisitor } from '../visitor/visitor-context.js'
import { WatchDialog } from '../watch/watch-dialog.js'
import { SessionList } from './session-list.js'
import { SessionsTable } from './sessions-table.js'

/** Live sessions, each with a button that ends it. */
export function SessionsPage(): JSX.Element {
  const visitor = useVisitor()
  const watched = useSignal<string | undefined>(undefined)
  const list = useMemo(() => new SessionList(visitor.client), [visitor])
  useEffect(() => () => list.close(), [list])
  const path = watched.value
  return (
    <>
      <SessionsTable
        list={list}
        mayEnd={visitor.can('operator')}
        watch={(chosen) => {
          watched.value = chosen
        }}
      />
      {path !== undefined && (
        <WatchDialog
          path={path}
          close={() => {
            watched.value = undefined
          }}
        />
      )}
    </>
  )
}
