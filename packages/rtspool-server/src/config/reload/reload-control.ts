import { readFileSync } from 'node:fs'
import type { Logger } from 'pino'
import type { RtspServer, TlsCertificate } from 'rtspool'
import type { LevelSwitch } from '../../log/level-switch.js'
import type { RecordingService } from '../../recording/recording-service.js'
import type { Replay } from '../../replay/replay.js'
import type { SourceService } from '../../sources/source-service.js'
import type { ConfigSources } from '../load-config.js'
import { ConfigStore } from '../save/config-store.js'
import type { Settings } from '../settings.js'
import {
  bansPart,
  type CertificateUser,
  certificatePart,
  limitsPart,
  logPart,
  serverPart,
} from './live-parts.js'
import {
  freedPathsPart,
  mountsPart,
  recordingsPart,
  replayPart,
  sourcesPart,
} from './path-parts.js'
import { ConfigReloader, type ReloadResult } from './reload.js'
import { type FileWatch, watchFile } from './watch-file.js'

/** Causes of reloads that each process of a server notices itself. */
const signalCause = 'SIGHUP'
const fileCause = 'file change'

/** Parts of the running command that {@link ReloadControl} uses. */
export interface RunningCommand {
  readonly server: RtspServer
  readonly log: Logger
  readonly levels: LevelSwitch
  readonly certificate: TlsCertificate | undefined
  readonly recordings: Pick<RecordingService, 'update'>
  readonly sources: Pick<SourceService, 'plans' | 'update'>
  readonly replay: Pick<Replay, 'update' | 'isTaken'>
  /** Servers with ports other than RTSP that use the same TLS certificate, and get each reloaded one. */
  readonly otherPorts: readonly CertificateUser[]
}

/**
 * Reloads the configuration of the running command on request and when its file changes, and logs
 * each result.
 */
export class ReloadControl {
  /** Applies changes to the running server; the control API uses it too. */
  readonly reloader: ConfigReloader
  /** Writes changes from the control API to the configuration file, and applies them. */
  readonly store: ConfigStore
  readonly #log: Logger
  readonly #watches: readonly FileWatch[]
  /** Warnings of the present configuration, which have been logged and are not logged again at the next reload. */
  #warnings: readonly string[]

  constructor(
    command: { readonly sources: ConfigSources; readonly settings: Settings },
    { server, log, levels, certificate, otherPorts, recordings, replay, sources }: RunningCommand,
  ) {
    const { settings } = command
    this.#log = log
    this.#warnings = settings.warnings
    this.reloader = new ConfigReloader(command.sources, settings, [
      certificatePart([server, ...otherPorts], certificate),
      serverPart(server),
      limitsPart(server),
      bansPart(server),
      freedPathsPart(server),
      sourcesPart(server, sources, command.sources.environment),
      mountsPart(server),
      recordingsPart(recordings),
      replayPart(replay),
      logPart(levels),
    ])
    this.store = new ConfigStore(this.reloader)
    this.reloader.on('reloaded', (result) => this.#logResult(result, server))
    this.#watches = this.#watchFiles(settings)
  }

  /**
   * Reads all sources of the configuration again, and applies the differences. Never rejects.
   *
   * @param by - Cause of the reload, for the log.
   */
  reload(by: string): Promise<ReloadResult> {
    return this.reloader.reload(by)
  }

  /**
   * Calls a function after each successful reload or change that neither a signal nor a file has caused. Files with
   * passwords may then have other contents, also if no key differs.
   */
  passOn(changed: () => void): void {
    this.reloader.on('reloaded', ({ by, ok }) => {
      if (ok && by !== signalCause && by !== fileCause) changed()
    })
  }

  /** Stops watching the configuration files for changes. */
  close(): void {
    for (const watch of this.#watches) watch.close()
  }

  /**
   * Watches the configuration file, and the file of users that it named at the start, for changes.
   */
  #watchFiles({ file, config }: Settings): readonly FileWatch[] {
    if (!config.watchConfig) return []
    const { usersFile } = config.auth
    return [
      ...(file ? [this.#watchFile(file.name, file.text, 'file of configuration')] : []),
      ...(usersFile === undefined
        ? []
        : [this.#watchFile(usersFile, readFileSync(usersFile, 'utf8'), 'file of users')]),
    ]
  }

  #watchFile(name: string, text: string, what: string): FileWatch {
    return watchFile(name, text, {
      changed: () => void this.reload(fileCause),
      emptied: () => this.#log.warn({ file: name }, `${what} is empty: not reloaded`),
      failed: (error) => {
        const facts = { file: name, reason: error.message }
        this.#log.warn(facts, `${what} cannot be watched, SIGHUP reloads it`)
      },
    })
  }

  #logResult({ by, ok, changed, overridden, problems }: ReloadResult, server: RtspServer): void {
    if (!ok) {
      const facts = { by, problems: problems.map(({ message }) => message) }
      this.#log.error(facts, 'configuration not reloaded, the one before stays')
      return
    }
    const { warnings } = this.reloader.current
    for (const text of warnings) if (!this.#warnings.includes(text)) this.#log.warn(text)
    this.#warnings = warnings
    const winners = overridden.map(({ key, by: winner }) => `${key}: ${winner}`)
    const facts = { by, changed, ...(winners.length > 0 && { overridden: winners }) }
    if (changed.length + winners.length > 0) this.#log.info(facts, 'configuration reloaded')
    else if (by === signalCause) this.#log.info({ by }, 'configuration unchanged')
    if (!changed.includes('certificate')) return
    const expiresAt = server.stats().tls?.certificateExpiresAt ?? Number.NaN
    this.#log.info({ expires: new Date(expiresAt).toISOString() }, 'certificate reloaded')
  }
}
