import { once } from 'node:events'
import { connect } from 'node:net'
import { MediaFactory, RtspServer } from 'rtspool'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { until } from '../../../rtspool/test/support/until.js'
import { LiveService, type LiveServiceOptions } from '../../src/live/index.js'
import { LiveBrowser } from './support/live-server.js'
import { PictureSource } from './support/picture-source.js'

const path = '/live/front door'
const protocol = 'rtspool.live'

async function start(options: Partial<LiveServiceOptions> = {}) {
  const server = new RtspServer({ port: 0, host: '127.0.0.1', udpPorts: false })
  const source = new PictureSource()
  server.mounts.add(path, new MediaFactory(() => source))
  const live = new LiveService(server, {
    ...{ port: 0, host: '127.0.0.1', access: 'ticket', maxConnections: 0, certificate: undefined },
    ...options,
  })
  onTestFinished(async () => {
    await live.close()
    await server.close()
  })
  await server.listen()
  await live.listen()
  const authority = `127.0.0.1:${live.address().port}`
  const watch = (
    rawPath: string,
    protocols: string[] = [protocol],
    page: { origin?: string; host?: string } = {},
  ) => {
    const { host, origin } = page
    const options = { ...(origin && { origin }), ...(host && { headers: { host } }) }
    const socket = new WebSocket(`ws://${authority}${rawPath}`, protocols, options)
    onTestFinished(() => socket.terminate())
    return new LiveBrowser(socket)
  }
  return { server, source, live, authority, watch }
}

describe('a port for the live picture', () => {
  it('admits browsers with a ticket, whatever path they call', async () => {
    const { source, live, watch } = await start()
    const browser = watch('/', [protocol, `ticket.${live.tickets.issue({ path })}`])
    const other = watch('/live/front%20door')
    await until(() => source.output !== undefined && other.end !== undefined)
    expect(other.end).toBe('HTTP 401')
    source.push(2)
    await until(() => browser.fragmentsOf(0).length === 2)
    expect(live.viewerCount).toBe(1)
    const { bytesOut } = live.traffic
    expect(bytesOut).toBeGreaterThan(0)
    browser.socket.close()
    await until(() => live.viewerCount === 0)
    expect(live.traffic).toEqual({ bytesOut, packetsDropped: 0 })
  })

  it('admits everybody to the path of the URL where the operator has said so', async () => {
    const { server, source, watch } = await start({ access: 'anyone' })
    const browser = watch('/live/front%20door?quality=low')
    await until(() => source.output !== undefined)
    source.push(2)
    await until(() => browser.fragmentsOf(0).length === 2)
    expect([...server.pool.values()][0]?.toJSON()).toMatchObject({ paths: [path] })
  })

  it('refuses pages of other origins and paths that cannot be decoded', {
    tags: 'B-CSRF',
  }, async () => {
    const { authority, watch } = await start({ access: 'anyone' })
    const refused = [
      watch('/live/front%20door', [protocol], { origin: 'http://evil.example' }),
      // The name resolves to this machine.
      watch('/live/front%20door', [protocol], {
        ...{ origin: 'http://evil.example:99', host: 'evil.example:99' },
      }),
      watch('/live/front%20door', [protocol], { origin: 'http://127.0.0.1:99' }),
      watch('/live/%zz', [protocol], { origin: `http://${authority}` }),
      watch('/nowhere', [protocol], { origin: `http://${authority}` }),
    ]
    await until(() => refused.every(({ end }) => end !== undefined))
    expect(refused.map(({ end }) => end)).toEqual([
      ...['HTTP 403', 'HTTP 403', 'HTTP 403', 'HTTP 400', '4404 ERR_NOT_FOUND'],
    ])
  })

  it('says to other clients that it has WebSockets only', async () => {
    const { authority } = await start()
    const response = await fetch(`http://${authority}/`)
    expect(response.status).toBe(426)
    expect(await response.text()).toBe('this port has WebSockets only\n')
  })

  it('closes the connection of each response, and those that do nothing', {
    tags: 'B-SLOW',
  }, async () => {
    const { live, authority, source, watch } = await start({ access: 'anyone', idleTimeoutMs: 300 })
    live.acceptShares(() => undefined, {
      respond: (_, response) => {
        response.writeHead(200).end()
        return true
      },
    })
    const browser = watch('/live/front%20door')
    await until(() => source.output !== undefined)
    const response = await fetch(`http://${authority}/share`)
    expect([response.status, response.headers.get('connection')]).toEqual([200, 'close'])
    const socket = connect(live.address().port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    await once(socket.resume(), 'close')
    // The browser was there before, and receives nothing either.
    expect([browser.end, live.viewerCount]).toEqual([undefined, 1])
  })

  it('tells its browsers when it closes, and frees its port', async () => {
    const { source, live, watch } = await start({ access: 'anyone' })
    const browser = watch('/live/front%20door')
    await until(() => source.output !== undefined)
    await live.close()
    await until(() => browser.end !== undefined)
    expect(browser.end).toBe('1001 poolClosed')
    expect(() => live.address()).toThrow('does not listen')
  })
})
