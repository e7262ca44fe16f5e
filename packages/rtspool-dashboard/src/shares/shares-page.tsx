import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useMemo } from 'preact/hooks'
import { Button, type Column, Table } from '../elements/index.js'
import { emptyText } from '../lists/empty-text.js'
import { replaceQuery, route } from '../navigation/route.js'
import { useVisitor } from '../visitor/visitor-context.js'
import { ShareDialog } from './share-dialog.js'
import { ShareList } from './share-list.js'
import { endText, type ShareView, viewersText } from './share-view.js'

/**
 * Page with the share links, which are URLs that show one live picture without a login. Operators
 * can remove them.
 */
export function SharesPage(): JSX.Element {
  const visitor = useVisitor()
  if (visitor.can('operator')) return <Shares />
  return (
    <section>
      <h1>Share links</h1>
      <p class="hint">Operators make and revoke share links.</p>
    </section>
  )
}

function Shares(): JSX.Element {
  const visitor = useVisitor()
  const list = useMemo(() => new ShareList(visitor), [visitor])
  useEffect(() => () => list.close(), [list])
  // An address with a path opens the dialog: other pages link to it.
  const { path } = route.value.query
  const isOpen = useSignal(path !== undefined)
  const close = (): void => {
    isOpen.value = false
    replaceQuery({})
  }
  const columns = useMemo(() => columnsOf((share) => void list.revoke(share)), [list])
  return (
    <section>
      <h1>Share links ({list.shares.value.length})</h1>
      <div class="tools">
        <Button
          kind="main"
          onClick={() => {
            isOpen.value = true
          }}
        >
          Share…
        </Button>
      </div>
      <p role="alert">{list.problem}</p>
      <Table
        label="Share links"
        columns={columns}
        rows={list.shares.value}
        keyOf={({ id }) => id}
        empty={emptyText(list, 'Nothing is shared.')}
      />
      {isOpen.value && <ShareDialog path={path ?? ''} close={close} />}
    </section>
  )
}

const columnsOf = (revoke: (share: ShareView) => void): readonly Column<ShareView>[] => [
  { id: 'name', title: 'Name', cell: ({ name }) => name, hint: ({ name }) => name },
  { id: 'path', title: 'Path', cell: ({ path }) => path, hint: ({ path }) => path },
  { id: 'viewers', title: 'Viewers', width: '8rem', isNumber: true, cell: viewersText },
  { id: 'until', title: 'Ends', width: '12rem', cell: endText, hint: endText },
  { id: 'author', title: 'Made by', cell: ({ author }) => author, hint: ({ author }) => author },
  {
    id: 'revoke',
    title: 'Actions',
    width: '7rem',
    cell: (share) => (
      <Button kind="danger" label={`Revoke ${share.name}`} onClick={() => revoke(share)}>
        Revoke
      </Button>
    ),
  },
]
