import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import type { Clock, RtspServer, RtspServerOptions } from 'rtspool'
import { closeServerAfterTest } from '../../../rtspool/test/support/open-things.js'
import { startServer } from '../../../rtspool/test/support/test-server.js'
import type { ShareLogins } from '../../src/access/share-logins.js'
import type { ApiOptions } from '../../src/api/api-options.js'
import { ControlService } from '../../src/api/control-service.js'
import type { Configuration } from '../../src/api/controlled-server.js'
import { nameOf } from '../../src/config/key-schema.js'
import type { ConfigSources } from '../../src/config/load-config.js'
import { bansPart, limitsPart, serverPart } from '../../src/config/reload/live-parts.js'
import { sourcesPart } from '../../src/config/reload/path-parts.js'
import { ConfigReloader } from '../../src/config/reload/reload.js'
import { ConfigStore } from '../../src/config/save/config-store.js'
import { sourcePlansOf } from '../../src/config/sections/sources/source-plans.js'
import { loadSettings } from '../../src/config/settings.js'
import { LiveService } from '../../src/live/index.js'
import { RepeatLimit } from '../../src/log/repeat-limit.js'
import { recordingDefaults } from '../../src/recording/recording-plan.js'
import { RecordingService } from '../../src/recording/recording-service.js'
import { SourceService } from '../../src/sources/source-service.js'
import { ApiClient } from './api-client.js'

/** A server with its API, a client of it, and everything that the log was told. */
export interface ApiScene {
  readonly server: RtspServer
  readonly control: ControlService
  readonly api: ApiClient
  readonly url: string
  readonly adminToken: string
  readonly tokensFile: string
  /** File of configuration. */
  readonly recordings: RecordingService
  readonly sources: SourceService
  /** Folder of the recording `all`, which records the path `/recorded`. */
  readonly recordingsFolder: string
  readonly configFile: string
  readonly logged: readonly string[]
  /** Creates a token of a role. */
  tokenOf(role: 'metrics' | 'viewer' | 'operator' | 'admin'): Promise<string>
  /** Makes another API of the same server, which does not listen yet. */
  otherApi(options: Partial<ApiOptions>): ControlService
}

const noWebhooks: ApiOptions['webhooks'] = { urls: [], types: undefined, secret: undefined }

export interface SceneOptions {
  readonly clock?: Clock
  /** Text of the file of configuration. */
  readonly config?: string
  /** True for a server with live pictures for browsers. */
  readonly hasLive?: boolean
  /** Logins of players by share links. */
  readonly shareLogins?: ShareLogins
  /** Users with their passwords, such as `ann:secret`. */
  readonly users?: string
}

/** Starts a server with an API; both are closed after the test. */
export async function startApi(
  options: RtspServerOptions = {},
  apiOptions: Partial<ApiOptions> = {},
  { clock, config = '', hasLive = false, shareLogins, users = '' }: SceneOptions = {},
): Promise<ApiScene> {
  const server = await startServer(options)
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-api-'))
  const tokensFile = join(folder, 'tokens.json')
  const { log, logged } = recordedLog()
  const api: ApiOptions = {
    ...{ port: 0, host: '127.0.0.1', tokensFile, allowedHosts: [], trustedProxies: [] },
    ...{ loginLifetimeSeconds: 3600, mediaDownAfterSeconds: 10, keptEvents: 5000 },
    ...{ webhooks: noWebhooks },
    ...apiOptions,
  }
  const sources = new SourceService(server.mounts, { clock })
  const file = join(folder, 'rtspool.yml')
  const configuration = configurationOf({ server, sources, file, text: config, users })
  const live = hasLive ? await startLive(server) : undefined
  const repeats = new RepeatLimit(log)
  const recordings = new RecordingService(server, { clock })
  const recordingsFolder = join(folder, 'recordings')
  const plan = { ...recordingDefaults, name: 'all', path: '/recorded', folder: recordingsFolder }
  recordings.update([plan])
  const otherApi: ApiScene['otherApi'] = (others) =>
    new ControlService({
      ...{ rtsp: server, log, repeats, version: '1.2.3', clock, configuration },
      ...{
        api: { ...api, ...others },
        live,
        recordings,
        sources,
        shareLogins,
        certificate: undefined,
      },
    })
  const control = otherApi({})
  await control.listen()
  closeServerAfterTest({
    close: async () => {
      await Promise.all([control.close(), live?.close(), recordings.close(), sources.close()])
      repeats.close()
      rmSync(folder, { recursive: true })
    },
  })
  const adminToken = control.firstToken ?? ''
  const client = await ApiClient.connect(control.url, adminToken)
  const tokenOf: ApiScene['tokenOf'] = async (role) => {
    const { body } = await client.call('createToken', { body: { name: role, role } })
    return body.token
  }
  const { url } = control
  const configFile = join(folder, 'rtspool.yml')
  return {
    ...{ server, control, api: client, url, adminToken, tokensFile, configFile, logged },
    ...{ tokenOf, otherApi, recordings, recordingsFolder, sources },
  }
}

async function startLive(server: RtspServer): Promise<LiveService> {
  const live = new LiveService(server, {
    ...{ port: 0, host: '127.0.0.1', access: 'ticket', maxConnections: 0, certificate: undefined },
  })
  await live.listen()
  return live
}

interface ConfiguredScene {
  readonly server: RtspServer
  readonly sources: SourceService
  readonly file: string
  readonly text: string
  readonly users: string
}

/** Makes the configuration of a server from a file; a variable wins over one of its keys. */
function configurationOf({
  server,
  sources: service,
  file,
  text,
  users,
}: ConfiguredScene): Configuration {
  writeFileSync(file, text)
  const sources: ConfigSources = {
    file,
    environment: {
      ...{ RTSPOOL_LIMITS_MAX_SESSIONS_PER_USER: '4', RTSPOOL_USERS: users },
      CAMERA_PASSWORD: 'secret of a variable',
    },
    flags: { kind: 'flags', tree: {}, sourceOf: nameOf },
    users: [],
  }
  const { environment } = sources
  const parts = [
    ...[serverPart(server), limitsPart(server), bansPart(server)],
    sourcesPart(server, service, environment),
  ]
  const settings = loadSettings(sources)
  service.update(sourcePlansOf(settings, environment))
  const reloader = new ConfigReloader(sources, settings, parts)
  return { reloader, store: new ConfigStore(reloader) }
}

/** A log that keeps its lines. */
export function recordedLog(): { readonly log: Logger; readonly logged: string[] } {
  const logged: string[] = []
  const log = pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) })
  return { log, logged }
}
