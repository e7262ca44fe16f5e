import { afterAll, describe, expect, it } from 'vitest'
import { conform, unmet } from './support/conform.js'
import { startGstRtspServer } from './support/gst-rtsp-server.js'
import { endPrograms } from './support/process.js'
import { requirePrograms } from './support/programs.js'
import { startServer } from './support/server.js'

afterAll(endPrograms)

const twoMinutes = 120_000

describe('rtspool conform', () => {
  it(
    'finds that rtspool keeps every rule, those of the house too',
    async () => {
      const server = await startServer()
      try {
        const { url } = server
        const paths = ['--publish', `${url}/live/conform`]
        const { status, report } = await conform(`${url}/test`, ...paths, '--strict')
        expect(unmet(report)).toEqual([])
        expect(status).toBe(0)
        expect(report.counts.pass).toBeGreaterThan(100)
        expect(server.server.pool.size).toBe(0)
      } finally {
        await server.close()
      }
    },
    twoMinutes,
  )

  it(
    'runs to its end against gst-rtsp-server',
    async (context) => {
      requirePrograms(context, 'GstRtspServer for Python', 'gst x264enc')
      const server = await startGstRtspServer()
      try {
        const { url, privateUrl } = server
        const paths = ['--publish', `${url}/rec`, '--seekable', `${url}/file`]
        const secrets = ['--private', `${privateUrl}/priv`, '--user', 'u:p']
        const { status, report } = await conform(`${url}/cam`, ...paths, ...secrets)
        expect([0, 1]).toContain(status)
        expect(report.counts.pass).toBeGreaterThan(report.rows.length / 2)
      } finally {
        await server.close()
      }
    },
    twoMinutes,
  )

  it('ends with 2 when nobody answers', async () => {
    const server = await startServer()
    await server.close()
    await expect(conform(`${server.url}/test`)).rejects.toThrow(/error: cannot connect/)
  })
})
