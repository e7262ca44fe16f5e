// A server with a control API and its page, whose pool has sessions without media. Some leave and come all the time.
// Usage: node server.mjs SESSIONS CHURN-A-SECOND FOLDER
import { pino } from 'pino'
import { RtspServer } from 'rtspool'
import { apiOptionsOf } from '../../packages/rtspool-server/dist/api/api-options.js'
import { ControlService } from '../../packages/rtspool-server/dist/api/control-service.js'
import { nameOf } from '../../packages/rtspool-server/dist/config/key-schema.js'
import { ConfigReloader } from '../../packages/rtspool-server/dist/config/reload/reload.js'
import { ConfigStore } from '../../packages/rtspool-server/dist/config/save/config-store.js'
import { loadSettings } from '../../packages/rtspool-server/dist/config/settings.js'
import { tryLoadPage } from '../../packages/rtspool-server/dist/dashboard/page-files.js'
import { RepeatLimit } from '../../packages/rtspool-server/dist/log/repeat-limit.js'
import { RecordingService } from '../../packages/rtspool-server/dist/recording/recording-service.js'
import { SourceService } from '../../packages/rtspool-server/dist/sources/source-service.js'

const [sessions, churn, folder] = process.argv.slice(2)
const unlimited = { maxSessions: 0, maxSessionsPerAddress: 0, maxIdleSetup: 0 }
const server = new RtspServer({ port: 0, host: '127.0.0.1', pool: unlimited })
await server.listen()

const users = ['ann', 'bob', 'eve', 'joe', 'sue']
let count = 0

/** Creates a session whose owner differs from that of the ones before. */
function add() {
  const number = count++
  server.pool.create({
    timeout: 0,
    owner: {
      user: `${users[number % users.length]}-${number % 1000}`,
      address: `10.${number >> 16}.${(number >> 8) & 0xff}.${number & 0xff}`,
    },
  })
}

const environment = { RTSPOOL_API_PORT: '0', STATE_DIRECTORY: folder }
/** @type {import('../../packages/rtspool-server/dist/config/load-config.js').ConfigSources} */
const sources = {
  ...{ environment, file: undefined, users: [] },
  flags: { kind: 'flags', tree: {}, sourceOf: nameOf },
}
const settings = loadSettings(sources)
const reloader = new ConfigReloader(sources, settings, [])
const api = apiOptionsOf(settings, environment)
if (!api) throw new Error('expected a port of the API')
const log = pino({ level: 'silent' })
const control = new ControlService({
  ...{ rtsp: server, log, repeats: new RepeatLimit(log), version: 'bench' },
  configuration: { reloader, store: new ConfigStore(reloader) },
  recordings: new RecordingService(server),
  sources: new SourceService(server.mounts),
  page: tryLoadPage(undefined),
  certificate: undefined,
  api,
})
await control.listen()
for (let n = 0; n < Number(sessions); n++) add()
if (Number(churn) > 0) {
  setInterval(() => {
    const [oldest] = server.pool.values()
    if (oldest) server.pool.remove(oldest)
    add()
  }, 1000 / Number(churn))
}
console.log(JSON.stringify({ event: 'ready', url: control.url, token: control.firstToken }))
process.on('SIGTERM', () => process.exit())
