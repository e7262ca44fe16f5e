import type { ComponentChildren, JSX } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { type RowWindow, windowOf } from './window.js'

/** A column of a table. */
export interface Column<Row> {
  /** Name of the column; the server knows it if rows can be sorted by the column. */
  readonly id: string
  readonly title: string
  readonly isNumber?: boolean
  readonly isSortable?: boolean
  readonly cell: (row: Row) => ComponentChildren
  /** Whole text, for a cell that is cut off. */
  readonly hint?: (row: Row) => string | undefined
}

/** Column that orders a table. */
export interface Sorting {
  readonly column: string
  readonly order: 'ascending' | 'descending'
}

interface TableProps<Row> {
  /** Name for readers of the screen. */
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  readonly sorting?: Sorting
  readonly onSort?: (sorting: Sorting) => void
  /** Called with the rows on the screen, when they change. */
  readonly onWindow?: (rows: RowWindow) => void
  /** Shown instead of rows where there are none. */
  readonly empty?: string
}

/** Pixels of a row: `--row-height` in the style sheet. */
const rowHeight = 34

/** A table of any length: only the rows on the screen are elements of the page. */
export function Table<Row>(props: TableProps<Row>): JSX.Element {
  const { label, columns, rows, keyOf, empty = 'There is nothing here.' } = props
  const { place, range } = useRowWindow(rows.length, props.onWindow)
  const { first, end } = range
  const shown = rows.slice(first, end)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls needs the keyboard
    <section class="table" ref={place} tabIndex={0} aria-label={label}>
      <table aria-rowcount={rows.length + 1}>
        <Head {...props} />
        <tbody>
          <Space rows={first} columns={columns.length} />
          {shown.map((row, index) => (
            <tr key={keyOf(row)} aria-rowindex={first + index + 2}>
              {columns.map((column) => (
                <td
                  key={column.id}
                  class={column.isNumber ? 'number' : undefined}
                  title={column.hint?.(row)}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
          <Space rows={rows.length - end} columns={columns.length} />
        </tbody>
      </table>
      {rows.length === 0 && <p class="hint">{empty}</p>}
    </section>
  )
}

/** Stands for rows outside of the screen. */
function Space({ rows, columns }: { readonly rows: number; readonly columns: number }) {
  const height = Math.max(0, rows) * rowHeight
  return (
    <tr class="space" hidden={height === 0}>
      <td colSpan={columns} style={{ height: `${height}px` }} />
    </tr>
  )
}

function Head<Row>({ columns, sorting, onSort }: TableProps<Row>) {
  return (
    <thead>
      <tr aria-rowindex={1}>
        {columns.map(({ id, title, isNumber, isSortable }) => {
          const order = sorting?.column === id ? sorting.order : undefined
          const next = order === 'descending' ? 'ascending' : 'descending'
          return (
            <th
              key={id}
              scope="col"
              class={isNumber ? 'number' : undefined}
              aria-sort={isSortable ? (order ?? 'none') : undefined}
            >
              {isSortable ? (
                <button type="button" onClick={() => onSort?.({ column: id, order: next })}>
                  {title}
                </button>
              ) : (
                title
              )}
            </th>
          )
        })}
      </tr>
    </thead>
  )
}

/** Follows the scroll position of an element. */
function useRowWindow(count: number, onWindow: ((rows: RowWindow) => void) | undefined) {
  const place = useRef<HTMLElement>(null)
  const [view, setView] = useState({ scrollTop: 0, height: 0 })
  const range = windowOf(count, rowHeight, view)
  useLayoutEffect(() => {
    const element = place.current
    if (!element) return
    const measure = (): void => {
      const { scrollTop, clientHeight: height } = element
      setView((before) => {
        const isSame = before.scrollTop === scrollTop && before.height === height
        return isSame ? before : { scrollTop, height }
      })
    }
    measure()
    const sizes = new ResizeObserver(measure)
    sizes.observe(element)
    element.addEventListener('scroll', measure, { passive: true })
    return () => {
      sizes.disconnect()
      element.removeEventListener('scroll', measure)
    }
  }, [])
  const { first, end } = range
  useLayoutEffect(() => onWindow?.({ first, end }), [first, end, onWindow])
  return { place, range }
}
