import type { JSX } from 'preact'
import { useCallback } from 'preact/hooks'
import type { LeaverView } from '../api/leaver-view.js'
import { type RowWindow, Table } from '../elements/index.js'
import { FilterBar } from '../filters/filter-bar.js'
import { type FilterField, filterOf, sessionFields } from '../filters/session-filter.js'
import { emptyText } from '../lists/empty-text.js'
import { type ApiList, useApiList } from '../lists/use-api-list.js'
import { replaceQuery, route } from '../navigation/route.js'
import { countText } from '../words/quantities.js'
import { leaverColumns } from './columns.js'
import { reasonNames } from './reasons.js'

const leavers: ApiList<LeaverView> = {
  path: '/v1/leavers',
  member: 'leavers',
  types: ['sessionRemoved'],
  keyOf: ({ publicId }) => publicId,
}

const fields: readonly FilterField[] = [
  { name: 'reason', label: 'Why', choices: reasonNames },
  ...sessionFields,
]

/** Page with the records of removed sessions, and the reasons for the removals. */
export function LeaversPage(): JSX.Element {
  const { query } = route.value
  const list = useApiList(leavers, { ...filterOf(query), reason: query.reason })
  const onWindow = useCallback((rows: RowWindow) => list.see(rows), [list])
  const count = `${countText(list.rows.value.length)}${list.hasMore.value ? '+' : ''}`
  return (
    <>
      <h1>Leavers ({count})</h1>
      <p class="hint">The last sessions that have left, the latest first.</p>
      <FilterBar
        label="Text in user, address, program or path"
        fields={fields}
        values={query}
        onChange={replaceQuery}
      />
      <p role="alert">{list.problem}</p>
      <Table
        label="Sessions that have left"
        columns={leaverColumns}
        rows={list.rows.value}
        keyOf={leavers.keyOf}
        onWindow={onWindow}
        isBusy={list.isLoading.value}
        newer={list.newer.value}
        empty={emptyText(list, 'No session has left, as far as the server remembers.')}
      />
    </>
  )
}
