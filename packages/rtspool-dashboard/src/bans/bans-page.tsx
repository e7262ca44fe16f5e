import type { JSX } from 'preact'
import { useCallback, useMemo, useState } from 'preact/hooks'
import type { BanView } from '../api/ban-view.js'
import { Button, type RowWindow, Table, useAction } from '../elements/index.js'
import { FilterBar } from '../filters/filter-bar.js'
import type { FilterField } from '../filters/session-filter.js'
import { emptyText } from '../lists/empty-text.js'
import type { PagedList } from '../lists/paged-list.js'
import { type ApiList, useApiList } from '../lists/use-api-list.js'
import { replaceQuery, route } from '../navigation/route.js'
import { useVisitor } from '../visitor/visitor-context.js'
import { countText } from '../words/quantities.js'
import { AddBanDialog } from './add-ban-dialog.js'
import { causeTexts } from './ban-texts.js'
import { banColumns } from './columns.js'

const bans: ApiList<BanView> = {
  path: '/v1/bans',
  member: 'bans',
  types: ['banned', 'unbanned', 'banHit'],
  keyOf: ({ publicId }) => publicId,
}

const fields: readonly FilterField[] = [
  { name: 'cause', label: 'Cause', choices: Object.keys(causeTexts) },
]

/** Page with the list of bans, on which bans can be added and removed. */
export function BansPage(): JSX.Element {
  const visitor = useVisitor()
  const [isAdding, setAdding] = useState(false)
  const { query } = route.value
  const list = useApiList(bans, { like: query.like, cause: query.cause })
  const onWindow = useCallback((rows: RowWindow) => list.see(rows), [list])
  const { mayChange, remove, problem } = useRemoval(list)
  const columns = useMemo(() => banColumns(mayChange ? remove : undefined), [mayChange, remove])
  const count = `${countText(list.rows.value.length)}${list.hasMore.value ? '+' : ''}`
  return (
    <>
      <h1>Bans ({count})</h1>
      <FilterBar
        label="Text in user, address, path, reason or author"
        fields={fields}
        values={query}
        onChange={replaceQuery}
      >
        {mayChange && (
          <Button kind="main" onClick={() => setAdding(true)}>
            Add a ban …
          </Button>
        )}
      </FilterBar>
      <p role="alert">{list.problem.value || problem}</p>
      <Table
        label="Bans"
        columns={columns}
        rows={list.rows.value}
        keyOf={bans.keyOf}
        onWindow={onWindow}
        isBusy={list.isLoading.value}
        empty={emptyText(list, 'Nobody is kept out.')}
      />
      {isAdding && (
        <AddBanDialog
          add={async (ban) => {
            await visitor.client.post('/v1/bans', ban)
            await list.refresh()
          }}
          close={() => setAdding(false)}
        />
      )}
    </>
  )
}

function useRemoval(list: PagedList<BanView>) {
  const visitor = useVisitor()
  const { run, problem } = useAction()
  const remove = ({ publicId }: BanView): void => {
    void run(async () => {
      await visitor.client.delete(`/v1/bans/${encodeURIComponent(publicId)}`)
      await list.refresh()
    })
  }
  return { mayChange: visitor.can('operator'), remove, problem }
}
