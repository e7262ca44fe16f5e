import type { Logger } from 'pino'
import { type Clock, type RtspServer, systemClock } from 'rtspool'
import type { ControlService } from './api/control-service.js'
import type { ClusterService } from './cluster.js'
import type { Config } from './config/schema.js'
import type { OwnProcess } from './processes/own-process.js'
import type { RecordingService } from './recording/recording-service.js'
import type { StopSignal } from './signals.js'
import type { SourceService } from './sources/source-service.js'

/** Parts of the running command that end with it. */
export interface Servers {
  readonly server: Pick<RtspServer, 'pool' | 'drain' | 'close'>
  readonly control: Pick<ControlService, 'noteClosing' | 'noteDraining' | 'close'> | undefined
  readonly recordings: Pick<RecordingService, 'close'>
  readonly sources: Pick<SourceService, 'close'>
  readonly cluster: Pick<ClusterService, 'close' | 'closeTunnels'> | undefined
  readonly own: Pick<OwnProcess, 'closePort'> | undefined
}

/** Seconds of the configuration that a server takes to end, and the log. */
interface EndOptions {
  readonly sessions: Pick<Config['sessions'], 'drainSeconds' | 'drainDelaySeconds'>
  readonly log: Pick<Logger, 'info'>
  /** Clock of the delay; a test passes its own. */
  readonly clock?: Clock | undefined
}

/**
 * Ends a server after a signal. After SIGTERM the server first says that it is not ready, and serves newcomers while
 * balancers notice that. Then its sessions leave one after the other.
 *
 * ```text
 * SIGTERM ── not ready, all are served ── drain: newcomers get 503 ── close
 *          └─── drainDelaySeconds ─────┘└──── drainSeconds ──────────┘
 * ```
 */
export async function drainAndClose(
  signal: StopSignal,
  { server, control, recordings, sources, cluster, own }: Servers,
  { sessions: { drainSeconds, drainDelaySeconds }, log, clock = systemClock }: EndOptions,
): Promise<void> {
  control?.noteClosing()
  const isGentle = signal === 'SIGTERM'
  if (isGentle && drainDelaySeconds > 0) {
    log.info({ signal, drainDelaySeconds }, 'not ready any more')
    await new Promise<void>((resolve) => {
      clock.schedule(resolve, drainDelaySeconds * 1000, true)
    })
  }
  if (isGentle && drainSeconds > 0) {
    log.info({ signal, sessions: server.pool.size, drainSeconds }, 'draining')
    control?.noteDraining(drainSeconds)
    await server.drain({ seconds: drainSeconds })
  }
  log.info({ signal, sessions: server.pool.size }, 'closing')
  own?.closePort()
  cluster?.closeTunnels()
  await recordings.close()
  // Programs end while the server closes, and neither waits for the other.
  await Promise.all([server.close(), sources.close()])
  await cluster?.close()
  await control?.close()
}
