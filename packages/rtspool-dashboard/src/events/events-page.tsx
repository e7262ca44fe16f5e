import type { JSX } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { ServerEvent } from '../api/event-parser.js'
import { EventStream } from '../api/event-stream.js'
import { Button, type Column, Dialog, Field, Table } from '../elements/index.js'
import { useVisitor } from '../visitor/visitor-context.js'
import { countText, timeText } from '../words/quantities.js'
import { EventLog } from './event-log.js'
import { isAlarm, wordsOf } from './event-words.js'
import { TypeFilter } from './type-filter.js'

/**
 * Page with the events of the server, the newest first, back to the oldest one that the server has
 * stored.
 */
export function EventsPage(): JSX.Element {
  const { log, stream } = useLog()
  const [opened, setOpened] = useState<ServerEvent | undefined>(undefined)
  const columns = useMemo(() => columnsOf(setOpened), [])
  return (
    <>
      <h1>Events</h1>
      <Tools log={log} />
      <p class={stream.isOpen.value ? 'hint' : 'warn'}>{stateText(log, stream)}</p>
      <Table
        label="Events"
        columns={columns}
        rows={log.shown.value}
        keyOf={({ id, type }) => `${id} ${type}`}
        empty={log.size > 0 ? 'No event matches.' : 'No event has arrived yet.'}
      />
      {opened && (
        <Dialog title={opened.type} onClose={() => setOpened(undefined)}>
          <pre>{JSON.stringify(opened, null, 2)}</pre>
        </Dialog>
      )}
    </>
  )
}

function useLog() {
  const { client } = useVisitor()
  const parts = useMemo(() => {
    const stream = new EventStream(client, 'oldest')
    return { stream, log: new EventLog(stream) }
  }, [client])
  useEffect(() => () => parts.log.close(), [parts])
  return parts
}

function Tools({ log }: { readonly log: EventLog }): JSX.Element {
  return (
    <div class="tools">
      <Field label="Text">
        {(ids) => (
          <input
            {...ids}
            type="search"
            value={log.text.value}
            onInput={({ currentTarget }) => {
              log.text.value = currentTarget.value
            }}
          />
        )}
      </Field>
      <TypeFilter log={log} />
      <Button onClick={() => (log.isPaused ? log.resume() : log.pause())}>
        {log.isPaused ? 'Resume' : 'Pause'}
      </Button>
      <Button onClick={() => log.clear()}>Clear</Button>
    </div>
  )
}

function stateText(log: EventLog, stream: EventStream): string {
  if (log.isPaused) return `Paused: ${countText(log.newer)} newer events.`
  const shown = `${countText(log.shown.value.length)} of ${countText(log.size)} events`
  if (stream.isOpen.value) return `${shown}.`
  return `${shown}. ${stream.problem.value || 'Connecting …'}`
}

const columnsOf = (open: (event: ServerEvent) => void): readonly Column<ServerEvent>[] => [
  { id: 'time', title: 'Time', width: '13rem', cell: ({ time }) => timeText(time) },
  {
    id: 'type',
    title: 'Type',
    width: '13rem',
    cell: (event) => (
      <Button kind="link" label={`Details of ${event.type}`} onClick={() => open(event)}>
        {event.type}
      </Button>
    ),
  },
  {
    id: 'words',
    title: 'Event',
    cell: (event) => <span class={isAlarm(event) ? 'warn' : undefined}>{wordsOf(event)}</span>,
    hint: wordsOf,
  },
]
