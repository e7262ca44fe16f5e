/** Trials of U-1 to U-6, and U-10 to U-12: the library in the hands of its users. */
import { idr, join, packetsOf, rtp, setUp, slice, unit, urlOf, view } from '../support/clients.mjs'
import { sleep, waitUntil } from '../support/waiting.mjs'

/** A live source of one track of H.264, that a trial pushes packets into. */
class Source {
  constructor({ createSessionDescription, createMediaDescription }) {
    this.description = createSessionDescription({ originId: 1, address: '0.0.0.0', name: 'trial' })
    const video = { kind: 'video', payloadType: 96, encoding: 'H264', clockRate: 90_000 }
    this.description.media.push(createMediaDescription(video))
  }

  prepare(output) {
    this.output = output
  }

  start(output) {
    this.output = output
  }

  close() {}

  push(packet) {
    return this.output?.tracks[0].push(packet)
  }
}

/** Serves one {@link Source} at `/cam`. */
async function serveSource(build, options) {
  const { library, server, to } = await build.serve(options)
  const sources = []
  const factory = new library.MediaFactory(() => {
    const source = new Source(library)
    sources.push(source)
    return source
  })
  server.mounts.add('/cam', factory)
  return { library, server, to, sources }
}

/** Errors that would have ended a process that does not listen to them. */
function strayErrors() {
  const errors = []
  process.on('unhandledRejection', (error) => errors.push(error))
  process.on('uncaughtException', (error) => errors.push(error))
  return errors
}

function warningsSeen() {
  const warnings = []
  process.on('warning', ({ message }) => warnings.push(message))
  return warnings
}

const picture = (number, first) => rtp({ number, time: number * 3600, payload: unit(first) })

export const trials = {
  'U-1': {
    way: 'library',
    async seen(build) {
      const errors = strayErrors()
      const { to, sources } = await serveSource(build)
      const viewer = await view(to, '/cam')
      for (let n = 0; n < 5; n++) sources[0].push(new Uint8Array(picture(n, n === 0 ? idr : slice)))
      await waitUntil(() => packetsOf(viewer).length === 5, 1_000)
      const count = packetsOf(viewer).length
      return {
        holds: count === 5 && errors.length === 0,
        saw: `${count} of 5 packets arrive, errors that end the process: ${errors.length}`,
      }
    },
  },
  'U-2': {
    way: 'library',
    async seen(build) {
      const { to, server } = await serveSource(build, { pool: { onAdmit: async () => undefined } })
      server.on('requestFailed', () => {})
      const setup = setUp(to, '/cam')
      const answer = await setup.then(
        () => '200',
        (error) => error.message.split(' ').at(-1),
      )
      return { holds: answer === '503', saw: `SETUP when onAdmit answers undefined: ${answer}` }
    },
  },
  'U-3': {
    way: 'library',
    async seen(build) {
      const warnings = warningsSeen()
      const { fileMedia } = await build.entry('./file')
      const { server, to } = await build.serve()
      server.mounts.add('/intro', fileMedia('/no/such/file.mp4'))
      const { status } = await (await join(to)).request('DESCRIBE', urlOf(to, '/intro'))
      await sleep(100)
      return {
        holds: warnings.some((text) => text.includes('/no/such/file.mp4')),
        saw: `DESCRIBE of a missing file: ${status}, warnings: ${warnings.length}`,
      }
    },
  },
  'U-4': {
    way: 'library',
    async seen(build) {
      const { SessionPool } = await build.entry('./session-pool')
      const { ManualClock } = await build.entry('./testing', './session-pool/conformance')
      const clock = new ManualClock()
      const pool = new SessionPool({ clock, maxSessions: 2, fullPolicy: 'evictOldestIdle' })
      const [busy, silent] = [pool.create(), pool.create()]
      clock.advance(50_000)
      busy.touch()
      clock.advance(10)
      pool.create()
      const left = [busy, silent].map(({ id }) => pool.find(id) !== undefined)
      pool.close()
      return {
        holds: left[0] && !left[1],
        saw: `evicted: ${left[0] ? 'the session that was silent for 50 s' : 'the session that was just used'}`,
      }
    },
  },
  'U-5': {
    way: 'command',
    async seen(build) {
      const run = await build.command()
      run.child.kill('SIGHUP')
      await sleep(1_500)
      return {
        holds: run.ended === undefined,
        saw: `after SIGHUP without TLS: ${run.ended === undefined ? 'runs' : `exit code ${run.ended}`}`,
      }
    },
  },
  'U-6': {
    way: 'library',
    async seen(build) {
      const { SessionPool } = await build.entry('./session-pool')
      const pool = new SessionPool()
      try {
        pool.setLimits({ maxSessionsPerIp: 1 })
        return { holds: false, saw: 'setLimits({ maxSessionsPerIp: 1 }): no error' }
      } catch ({ name }) {
        return { holds: true, saw: `setLimits({ maxSessionsPerIp: 1 }): ${name}` }
      } finally {
        pool.close()
      }
    },
  },
  'U-10': {
    way: 'library',
    async seen(build) {
      const warnings = warningsSeen()
      const { to, sources } = await serveSource(build)
      await view(to, '/cam')
      const pushed = sources[0].push(Buffer.from('00000001674200', 'hex'))
      await sleep(100)
      return {
        holds: warnings.some((text) => /Annex B|bytes without/.test(text)),
        saw: `push of Annex B: ${pushed}, warnings: ${warnings.length}`,
      }
    },
  },
  'U-11': {
    way: 'library',
    async seen(build) {
      const { to, sources } = await serveSource(build)
      const viewer = await setUp(to, '/cam')
      // Pictures come before the first PLAY.
      for (let n = 0; n < 3; n++) sources[0].push(picture(n, n === 0 ? idr : slice))
      await viewer.ask('PLAY')
      sources[0].push(picture(3, slice))
      await waitUntil(() => packetsOf(viewer).length >= 4, 500)
      const numbers = packetsOf(viewer).map(({ number }) => number)
      return {
        holds: `${numbers}` === '0,1,2,3',
        saw: `of the pictures 0 to 3 the viewer gets ${numbers.join(', ')}`,
      }
    },
  },
  'U-12': {
    way: 'library',
    async seen(build) {
      // Sockets of Deno have no descriptors, which the quick way of sending needs.
      const versions = { ...process.versions, deno: '2.9.6' }
      Object.defineProperty(process, 'versions', { value: versions })
      const { server } = await build.serve()
      const { tcp } = server.stats().sendPaths
      return { holds: tcp === 'stream', saw: `way of sending over TCP on Deno: ${tcp}` }
    },
  },
  'U-17': {
    way: 'library',
    async seen(build) {
      const { SessionPool } = await build.entry('./session-pool')
      const pool = new SessionPool()
      const shown = JSON.parse(JSON.stringify(pool.create()))
      pool.close()
      const ms = Math.abs(Date.parse(shown.createdTime) - Date.now())
      return {
        holds: ms < 5_000,
        saw: `JSON of a session: ${ms < 5_000 ? 'the time when it was created' : JSON.stringify(shown)}`,
      }
    },
  },
}
