import type { ComponentChildren, JSX } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Button } from './button.js'
import { useFocusWithin } from './focus.js'
import { type RowWindow, windowOf } from './window.js'

/** Column of a {@link Table}: title, width, and the function that creates a cell for a row. */
export interface Column<Row> {
  /** Id of the column. For a sortable column, the server knows the id as a sort order. */
  readonly id: string
  readonly title: string
  /**
   * Minimum width of the column as a CSS length. A fixed width keeps columns steady while other rows are shown.
   * @default an equal share of the width that is left
   */
  readonly width?: string
  readonly isNumber?: boolean
  readonly isSortable?: boolean
  readonly cell: (row: Row) => ComponentChildren
  /** Returns the whole text of a cell, shown as a tooltip if the cell is cut off. */
  readonly hint?: (row: Row) => string | undefined
}

/** Column and direction by which a table is sorted. */
export interface Sorting {
  readonly column: string
  readonly order: 'ascending' | 'descending'
}

interface TableProps<Row> {
  /** Name of the table for screen readers. */
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  readonly sorting?: Sorting
  readonly onSort?: (sorting: Sorting) => void
  /** Called with the range of rendered rows after each change of that range, for example to load further rows. */
  readonly onWindow?: (rows: RowWindow) => void
  /** True while other rows are being loaded. */
  readonly isBusy?: boolean
  /** Text that is shown if the table has no rows. */
  readonly empty?: string
  /**
   * Number of new rows that were added at the top while the top was not visible. A button with this number scrolls to
   * them.
   * @default 0
   */
  readonly newer?: number
}

/** Height of a row in pixels, as `--row-height` in the style sheet. */
const rowHeight = 34

/** A table of any length. Only the visible rows are elements of the page. */
export function Table<Row>(props: TableProps<Row>): JSX.Element {
  const { label, columns, rows, keyOf, isBusy = false, newer = 0 } = props
  const { empty = 'There is nothing here.' } = props
  const { place, range } = useRowWindow(rows.length, props.onWindow)
  const { first, end } = range
  useFocusWithin(place)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls needs the keyboard
    <section class="table" ref={place} tabIndex={0} aria-label={label} aria-busy={isBusy}>
      {newer > 0 && (
        <p class="newer">
          <Button onClick={() => place.current?.scrollTo({ top: 0 })}>{`${newer} new ↑`}</Button>
        </p>
      )}
      <table aria-rowcount={rows.length + 1} style={{ minWidth: widthOf(columns) }}>
        <Head {...props} />
        <tbody>
          <Space rows={first} columns={columns.length} />
          {rows.slice(first, end).map((row, index) => (
            <TableRow key={keyOf(row)} row={row} columns={columns} index={first + index + 2} />
          ))}
          <Space rows={rows.length - end} columns={columns.length} />
        </tbody>
      </table>
      {rows.length === 0 && !isBusy && <p class="hint">{empty}</p>}
    </section>
  )
}

/**
 * Returns the width of the table, as a CSS length, at which every column has its minimum width. In less space the table
 * scrolls.
 */
function widthOf<Row>(columns: readonly Column<Row>[]): string {
  const widths = columns.flatMap(({ width }) => (width === undefined ? [] : [width]))
  return `calc(${['0px', ...widths].join(' + ')})`
}

interface TableRowProps<Row> {
  readonly row: Row
  readonly columns: readonly Column<Row>[]
  readonly index: number
}

function TableRow<Row>({ row, columns, index }: TableRowProps<Row>): JSX.Element {
  return (
    <tr aria-rowindex={index}>
      {columns.map(({ id, isNumber, cell, hint }) => (
        <td key={id} class={isNumber ? 'number' : undefined} title={hint?.(row)}>
          {cell(row)}
        </td>
      ))}
    </tr>
  )
}

/** Empty table row in place of rows outside of the visible part, with their height, so that the scroll bar is right. */
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
        {columns.map(({ id, title, width, isNumber, isSortable }) => {
          const order = sorting?.column === id ? sorting.order : undefined
          const next = order === 'descending' ? 'ascending' : 'descending'
          return (
            <th
              key={id}
              scope="col"
              class={isNumber ? 'number' : undefined}
              style={width === undefined ? undefined : { width }}
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

/** Number of rows by which the user must scroll before other rows are rendered. */
const rowsPerStep = 4

/**
 * Hook that returns the range of rows to render. The range follows the scroll position of the element to which the
 * reference `place` is given.
 */
function useRowWindow(count: number, onWindow: ((rows: RowWindow) => void) | undefined) {
  const place = useRef<HTMLElement>(null)
  const [view, setView] = useState({ scrollTop: 0, height: 0 })
  const range = windowOf(count, rowHeight, view)
  useLayoutEffect(() => {
    const element = place.current
    if (!element) return
    const measure = (): void => {
      const step = rowsPerStep * rowHeight
      const scrollTop = Math.floor(element.scrollTop / step) * step
      const height = element.clientHeight + step
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
