import { z } from 'zod'
import { key } from './key-meta.js'
import type { KeySchema } from './key-schema.js'
import { apiSection } from './sections/api.js'
import { authSection } from './sections/auth/auth.js'
import { bansSection } from './sections/bans.js'
import { clusterSection } from './sections/cluster/cluster.js'
import { limitsSection } from './sections/limits.js'
import { liveSection } from './sections/live.js'
import { logSection } from './sections/log.js'
import { multicastSection } from './sections/multicast.js'
import { overloadSection } from './sections/overload.js'
import { pathsSection } from './sections/paths.js'
import { publishSection } from './sections/publish.js'
import { recordingsSection, replaySection } from './sections/recordings.js'
import { rtspSection } from './sections/rtsp.js'
import { sessionsSection } from './sections/sessions.js'
import { snapshotsSection } from './sections/snapshots.js'
import { sourcesSection } from './sections/sources/sources.js'
import { tlsSection } from './sections/tls.js'
import { viewersSection } from './sections/viewers.js'
import { webhooksSection } from './sections/webhooks.js'

/**
 * Schema of the configuration, by which the file, environment variables and command-line options are all read. The JSON
 * Schema, the example file and the reference page are generated from it. A new section is a file in `sections/` and a
 * line here.
 */
export const configSchema = z
  .strictObject({
    rtsp: rtspSection.prefault({}).meta({ description: 'Addresses and ways in' }),
    tls: tlsSection.prefault({}).meta({ description: 'RTSP over TLS' }),
    multicast: multicastSection.prefault({}).meta({ description: 'Multicast' }),
    limits: limitsSection.prefault({}).meta({ description: 'Limits on sessions and connections' }),
    bans: bansSection.prefault({}).meta({ description: 'Clients that are kept out' }),
    cluster: clusterSection.prefault({}).meta({ description: 'Servers with common limits' }),
    sessions: sessionsSection.prefault({}).meta({ description: 'Life of sessions' }),
    viewers: viewersSection.prefault({}).meta({ description: 'Slow and new viewers' }),
    overload: overloadSection.prefault({}).meta({ description: 'Measures against overload' }),
    publish: publishSection.prefault({}).meta({ description: 'Publishers' }),
    paths: pathsSection,
    sources: sourcesSection,
    testPicture: key(z.boolean().default(true), {
      description: 'play a test picture at /test',
      flag: '--no-test',
      flagText: 'serve no test picture at /test',
      flagValue: false,
      live: true,
    }),
    auth: authSection.prefault({}).meta({ description: 'Users and rights' }),
    recordings: recordingsSection,
    replay: replaySection.prefault({}).meta({ description: 'Recordings over RTSP' }),
    live: liveSection.prefault({}).meta({ description: 'Live picture for browsers' }),
    snapshots: snapshotsSection.prefault({}).meta({ description: 'Snapshots of media' }),
    api: apiSection.prefault({}).meta({ description: 'Control API' }),
    webhooks: webhooksSection.prefault({}).meta({ description: 'Receivers of events' }),
    log: logSection.prefault({}).meta({ description: 'Log' }),
    watchConfig: key(z.boolean().default(true), {
      description:
        'reload this file and auth.usersFile when they change; SIGHUP reloads them in any case',
    }),
  })
  .meta({ title: 'Configuration of rtspool' })

/** The merged configuration, with a value for every key that has a default. */
export type Config = z.output<typeof configSchema>

/** The configuration as a user may write it: every key may be missing. */
export type ConfigInput = z.input<typeof configSchema>

/**
 * Members of {@link KeyMeta} that only the command uses, and that are left out of the JSON Schema
 * for editors.
 */
const ownFacts = new Set([
  ...[
    'flag',
    'flagText',
    'flagValue',
    'flagRepeats',
    'expected',
    'isFile',
    'isSecret',
    'isFileOnly',
  ],
])

let derived: KeySchema | undefined

/**
 * Returns the JSON Schema of the configuration with all members of {@link KeyMeta}; built at the
 * first call.
 */
export function keySchema(): KeySchema {
  derived ??= z.toJSONSchema(configSchema, { io: 'input' }) as KeySchema
  return derived
}

/** Returns the JSON Schema of the configuration, with which text editors check and complete configuration files. */
export function publicJsonSchema(): object {
  const text = JSON.stringify(keySchema(), (name, value) =>
    ownFacts.has(name) ? undefined : value,
  )
  return JSON.parse(text) as object
}
