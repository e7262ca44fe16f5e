import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ConformResult, conform, listRows, record } from './support/conform.js'
import { type Carrier, carriers, startConformServer } from './support/conform-server.js'
import { startGstRtspServer } from './support/gst-rtsp-server.js'
import { endPrograms } from './support/process.js'
import { requirePrograms } from './support/programs.js'
import { startServer } from './support/server.js'

const minutes = 60_000
const rows = listRows()
/** Row of the checklist that a row of the command belongs to: without the letter behind the number. */
const tagOf = (id: string) => id.replace(/(\d)[a-z]$/, '$1')

/** Why a row may be skipped where rtspool is tried; everything else is a gap. */
const acceptable = [
  /^means nothing over /,
  /^no UDP beside /,
  /^takes up to \d+ s: --slow$/,
  /^the server offers no a=etag$/,
  /^the URL has no IPv6 address$/,
]

/** Rows of ONVIF that are other rows together. */
const chapters = [
  ['A-ONV-7', 'the rows of WebSocket pass', 'ws', /^A-WSS-/],
  ['A-ONV-8', 'the rows of SRTP pass', 'tls', /^A-SRT-[25]/],
] as const

/** What a run of the command found, and how many sessions it left on the server. */
interface Run {
  readonly results: ReadonlyMap<string, ConformResult>
  readonly sessionsLeft: number
}

const runs = new Map<Carrier, Run>()

async function runBy(carrier: Carrier): Promise<void> {
  const server = await startConformServer(carrier)
  try {
    const { report } = await conform(...server.args)
    const results = new Map(report.rows.map((result) => [result.id, result]))
    runs.set(carrier, { results, sessionsLeft: server.sessions() })
    record(`rtspool ${carrier}`, report)
  } finally {
    await server.close()
  }
}

// Side by side: the rows wait most of their time.
beforeAll(async () => {
  await Promise.all(carriers.map(runBy))
}, 4 * minutes)

afterAll(endPrograms)

describe.each(carriers)('rtspool by %s', (carrier) => {
  for (const { id, requirement } of rows) {
    test(requirement, { tags: tagOf(id) }, () => {
      const result = runs.get(carrier)?.results.get(id)
      if (result?.status === 'skip') {
        expect(
          acceptable.some((reason) => reason.test(result.got)),
          result.got,
        ).toBe(true)
      } else {
        expect(result).toMatchObject({ id, status: 'pass' })
      }
    })
  }

  for (const [tags, name, on, ids] of chapters) {
    if (on !== carrier) continue
    test(name, { tags }, () => {
      const chapter = [...(runs.get(carrier)?.results.values() ?? [])].filter(({ id }) =>
        ids.test(id),
      )
      expect(chapter.length).toBeGreaterThan(0)
      expect(chapter.filter(({ status }) => status !== 'pass')).toEqual([])
    })
  }

  test('no session is left behind', () => {
    expect(runs.get(carrier)?.sessionsLeft).toBe(0)
  })
})

// Side by side, as above.
describe.concurrent('rtspool conform', () => {
  test('runs to its end against gst-rtsp-server', { timeout: 4 * minutes }, async (context) => {
    requirePrograms(context, 'GstRtspServer for Python', 'gst x264enc')
    const server = await startGstRtspServer()
    try {
      const { url, privateUrl } = server
      const paths = ['--publish', `${url}/rec`, '--seekable', `${url}/file`]
      const secrets = ['--private', `${privateUrl}/priv`, '--user', 'u:p']
      const { status, report } = await conform(`${url}/cam`, ...paths, ...secrets)
      expect(status).toBe(report.counts.fail > 0 ? 1 : 0)
      expect(report.counts.pass).toBeGreaterThan(rows.length / 2)
      record(`gst-rtsp-server ${server.version}`, report)
    } finally {
      await server.close()
    }
  })

  test('waits for sessions to end', {
    tags: ['A-SES-6', 'A-SES-7'],
    timeout: minutes,
  }, async () => {
    const server = await startServer({ pool: { timeout: 2 } })
    try {
      const rows = ['--slow', '--strict', '--only', 'A-SES-6,A-SES-7']
      const { status, report } = await conform(`${server.url}/test`, ...rows)
      expect(report.rows.map((row) => row.status)).toEqual(['pass', 'pass'])
      expect(status).toBe(0)
    } finally {
      await server.close()
    }
  })

  test('ends with 2 when nobody answers', async () => {
    const server = await startServer()
    await server.close()
    await expect(conform(`${server.url}/test`)).rejects.toThrow(/2: error: cannot connect/)
  })
})
