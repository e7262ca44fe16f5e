import type { JSX } from 'preact'
import { countText, durationText } from '../words/quantities.js'
import { levelTexts, type StatsView, tightestPart, type VersionView } from './stats.js'

interface StatusPanelProps {
  readonly stats: StatsView
  readonly version: VersionView | undefined
}

/**
 * Panel with the present numbers of sessions, connections and media, the load, and the time since
 * the start.
 */
export function StatusPanel({ stats, version }: StatusPanelProps): JSX.Element {
  const { sessions, connections, refusedConnections, media, mediaDown } = stats
  return (
    <dl class="figures">
      <Figure
        name="Sessions"
        value={countText(sessions.now)}
        note={`at most ${countText(sessions.highWaterMark)} so far`}
      />
      <Figure
        name="Connections"
        value={countText(connections)}
        note={`${countText(refusedConnections)} refused`}
      />
      <Figure
        name="Media"
        value={countText(media)}
        note={mediaDown > 0 ? `${countText(mediaDown)} without packets` : 'all have packets'}
        isAlarm={mediaDown > 0}
      />
      <Pressure stats={stats} />
      {version && (
        <Figure
          name="Uptime"
          value={durationText(version.uptimeSeconds * 1000)}
          note={`version ${version.version}`}
        />
      )}
    </dl>
  )
}

function Pressure({ stats: { pressure } }: { readonly stats: StatsView }): JSX.Element {
  if (!pressure)
    return <Figure name="Pressure" value="off" note="the guard against overload is off" />
  const { value, level, parts } = pressure
  const measures = levelTexts[level] ?? ''
  const note = level === 'normal' ? `largest: ${tightestPart(parts)}` : measures
  return (
    <Figure
      name="Pressure"
      value={`${value.toFixed(2)} · ${level}`}
      note={note}
      isAlarm={level !== 'normal'}
    />
  )
}

interface FigureProps {
  readonly name: string
  readonly value: string
  readonly note: string
  readonly isAlarm?: boolean
}

function Figure({ name, value, note, isAlarm = false }: FigureProps): JSX.Element {
  return (
    <div class="panel">
      <dt>{name}</dt>
      <dd class={isAlarm ? 'alarm' : undefined}>{value}</dd>
      <dd class="hint">{note}</dd>
    </div>
  )
}
