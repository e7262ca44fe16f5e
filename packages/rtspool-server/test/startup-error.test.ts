import { describe, expect, it } from 'vitest'
import { type KeyPath, nameOf } from '../src/config/key-schema.js'
import { configSchema } from '../src/config/schema.js'
import { describeStartupError } from '../src/startup-error.js'

const config = configSchema.parse({
  rtsp: { port: 554, host: 'camera.example', udpPorts: '20000-20001' },
  tls: { port: 322, keyFile: 'key.pem', certFile: 'cert.pem' },
  live: { port: 8081, host: 'view.example' },
})

const options = { config, sourceOf: nameOf }

function systemError(code: string): Error {
  return Object.assign(new Error(`listen ${code}: something\n    at here`), { code })
}

describe('reports an error at the start in one line', () => {
  it.each([
    { code: 'EADDRINUSE', says: 'port 554 is in use already' },
    { code: 'EACCES', says: 'no permission to listen on port 554' },
    { code: 'EADDRNOTAVAIL', says: '--host camera.example is not an address of this machine' },
    { code: 'ENOTFOUND', says: '--host camera.example cannot be resolved' },
    { code: 'EAI_AGAIN', says: '--host camera.example cannot be resolved' },
    { code: 'EAFNOSUPPORT', says: 'no addresses like --host camera.example' },
    { code: 'ERR_UDP_PORTS_TAKEN', says: 'is free in --udp-ports 20000-20001' },
    { code: 'EMFILE', says: 'listen EMFILE: something' },
  ])('$code', ({ code, says }) => {
    const line = describeStartupError(systemError(code), options)
    expect(line).toMatch(/^error: /)
    expect(line).toContain(says)
    expect(line).not.toContain('\n')
  })

  it('names the port that it is about', () => {
    const error = Object.assign(systemError('EADDRINUSE'), { port: 322 })
    expect(describeStartupError(error, options)).toContain('port 322 is in use already')
    expect(describeStartupError(error, options)).toContain('choose another --tls-port')
  })

  it('names the port of the live picture, and its host', () => {
    const errorOf = (code: string) => Object.assign(systemError(code), { port: 8081 })
    expect(describeStartupError(errorOf('EADDRINUSE'), options)).toBe(
      'error: port 8081 is in use already (on view.example); choose another --live-port',
    )
    expect(describeStartupError(errorOf('EADDRNOTAVAIL'), options)).toBe(
      'error: live.host view.example is not an address of this machine',
    )
  })

  it('names the place of a value that is no option', () => {
    const settings = {
      config,
      sourceOf: (path: KeyPath) => `rtspool.yml:2:9: ${nameOf(path)}`,
    }
    expect(describeStartupError(systemError('ENOTFOUND'), settings)).toBe(
      'error: rtspool.yml:2:9: rtsp.host camera.example cannot be resolved',
    )
    expect(describeStartupError(systemError('EADDRINUSE'), settings)).toContain(
      'choose another rtspool.yml:2:9: rtsp.port',
    )
  })

  it('something that is not an Error', () => {
    expect(describeStartupError('odd', options)).toBe('error: odd')
  })
})
