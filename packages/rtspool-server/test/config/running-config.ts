import { writeFileSync } from 'node:fs'
import { RtspServer } from 'rtspool'
import { applyMounts, mountPlanOf, noMounts } from '../../src/config/mount-plan.js'
import type { LivePart } from '../../src/config/reload/live-part.js'
import { bansPart, limitsPart, logPart, serverPart } from '../../src/config/reload/live-parts.js'
import { freedPathsPart, mountsPart } from '../../src/config/reload/path-parts.js'
import { ConfigReloader } from '../../src/config/reload/reload.js'
import { keySchema } from '../../src/config/schema.js'
import { serverOptionsOf } from '../../src/config/server-options.js'
import { loadSettings } from '../../src/config/settings.js'
import { flagsLayer } from '../../src/options/flags-layer.js'
import { createCommand } from '../../src/options.js'

/** A server, what changes its configuration, and the values that its configuration sets. */
export interface RunningConfig {
  readonly server: RtspServer
  readonly reloader: ConfigReloader
  state(): {
    readonly limits: RtspServer['pool']['limits']
    readonly mounts: readonly string[]
    readonly live: boolean
    readonly timeline: ReturnType<RtspServer['mounts']['publishOptionsOf']>
    readonly level: string
    readonly hasLogin: boolean
  }
}

/**
 * Creates a server that does not listen, with its configuration in a file.
 *
 * @param last - A part that changes after the others.
 */
export function runningConfig(
  file: string,
  text: string,
  args: readonly string[] = [],
  last?: LivePart,
): RunningConfig {
  writeFileSync(file, text)
  const flags = flagsLayer(keySchema(), createCommand('1').parse(args, { from: 'user' }))
  const sources = { file, environment: {}, flags, users: [] }
  const settings = loadSettings(sources)
  const server = new RtspServer(serverOptionsOf(settings, undefined))
  applyMounts(server.mounts, noMounts, mountPlanOf(settings.config))
  const log = { level: settings.config.log.level as string }
  const setLevel = (level: string) => {
    log.level = level
  }
  const parts = [
    ...[serverPart(server), limitsPart(server), bansPart(server)],
    ...[freedPathsPart(server), mountsPart(server), logPart({ setLevel })],
  ]
  const reloader = new ConfigReloader(sources, settings, [...parts, ...(last ? [last] : [])])
  const state = () => ({
    limits: server.pool.limits,
    mounts: [...server.mounts].map(([path]) => path),
    live: server.mounts.isPublishAllowed('/live/a'),
    timeline: server.mounts.publishOptionsOf('/live/a'),
    level: log.level,
    hasLogin: server.stats().auth !== undefined,
  })
  return { server, reloader, state }
}
