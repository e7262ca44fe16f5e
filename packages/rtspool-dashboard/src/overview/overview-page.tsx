import type { JSX } from 'preact'
import { useEffect, useMemo } from 'preact/hooks'
import type { ApiClient } from '../api/api-client.js'
import { Polled } from '../api/polled.js'
import { Chart, type ChartShape } from '../charts/index.js'
import { useVisitor } from '../visitor/visitor-context.js'
import { bitrateText, countText } from '../words/quantities.js'
import { CausesTable } from './causes-table.js'
import { pollHistory } from './history.js'
import { seriesOf } from './series.js'
import { leavingCauses, refusalCauses, type StatsView, type VersionView } from './stats.js'
import { StatusPanel } from './status-panel.js'

const statsMs = 2_000

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium', hourCycle: 'h23' })
const formatPlace = (seconds: number): string => clock.format(seconds * 1000)

const sessionsShape: ChartShape = {
  lines: [
    { label: 'sessions', color: '--accent' },
    { label: 'connections', color: '--warn', isDashed: true },
  ],
  ...{ format: countText, formatPlace, isWhole: true, least: 5 },
}
const bitrateShape: ChartShape = {
  lines: [
    { label: 'in', color: '--warn', isDashed: true },
    { label: 'out', color: '--accent' },
  ],
  ...{ format: bitrateText, formatPlace, least: 1000 },
}
const droppedShape: ChartShape = {
  lines: [{ label: 'packets a second', color: '--alarm' }],
  ...{ format: countText, formatPlace, least: 10 },
}
const delayShape: ChartShape = {
  lines: [{ label: '99 % of the turns', color: '--accent' }],
  ...{ format: (value: number) => `${value.toFixed(0)} ms`, formatPlace, least: 50 },
}
const pressureShape: ChartShape = {
  lines: [{ label: 'pressure', color: '--alarm' }],
  ...{ format: (value: number) => value.toFixed(2), formatPlace },
}

function usePolled(client: ApiClient) {
  const polled = useMemo(
    () => ({
      history: pollHistory(client),
      stats: new Polled(() => client.get<StatsView>('/v1/stats'), statsMs),
      version: new Polled(() => client.get<VersionView>('/v1/version'), statsMs),
    }),
    [client],
  )
  useEffect(
    () => () => {
      for (const each of Object.values(polled)) each.close()
    },
    [polled],
  )
  return polled
}

/**
 * Page with the present numbers, charts of the last five minutes, and the reasons why sessions
 * ended.
 */
export function OverviewPage(): JSX.Element {
  const { client } = useVisitor()
  const { history, stats, version } = usePolled(client)
  const samples = history.value.value
  const series = useMemo(() => seriesOf(samples ?? []), [samples])
  const counts = stats.value.value
  return (
    <>
      <h1>Overview</h1>
      <p role="alert">{stats.problem.value || history.problem.value}</p>
      {counts && <StatusPanel stats={counts} version={version.value.value} />}
      <div class="grid charts">
        <Chart title="Sessions and connections" shape={sessionsShape} data={series.sessions} />
        <Chart title="Bitrate of media" shape={bitrateShape} data={series.bitrate} />
        <Chart
          title="Packets not sent to slow viewers"
          shape={droppedShape}
          data={series.dropped}
        />
        <Chart title="Delay of the event loop" shape={delayShape} data={series.loopDelay} />
        <Chart title="Pressure" shape={pressureShape} data={series.pressure} />
      </div>
      {counts && (
        <div class="grid causes">
          <CausesTable
            title="Why sessions have left"
            causes={leavingCauses(counts)}
            empty="No session has left since the start."
          />
          <CausesTable
            title="Why clients got no session"
            causes={refusalCauses(counts)}
            empty="No client was refused a session since the start."
          />
        </div>
      )}
    </>
  )
}
