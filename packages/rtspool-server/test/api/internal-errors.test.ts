import { describe, expect, it } from 'vitest'
import { closeAfterTest } from '../../../rtspool/test/support/open-things.js'
import { type AuditEntry, AuditLog } from '../../src/api/access/audit.js'
import { ControlApi } from '../../src/api/control-api.js'
import type { ControlledServer } from '../../src/api/controlled-server.js'
import { RepeatLimit } from '../../src/log/repeat-limit.js'
import { ApiClient } from './api-client.js'
import { recordedLog } from './api-scene.js'

/** Operations that use nothing that could fail. */
const unfailing = ['getHealth', 'getDocument', 'getCaller']

/** Bodies that operations accept. */
const bodies: Readonly<Record<string, object>> = {
  changeSession: { timeoutSeconds: 30 },
  kickSession: {},
  kickSessions: { filter: { user: 'ann' } },
  addBan: { user: 'ann' },
  createLiveTicket: { path: '/cam' },
  changeLimits: { maxSessions: 5 },
  changeClusterLimits: { limits: { maxSessions: 5 } },
  changeConfig: { changes: { 'limits.maxSessions': 5 } },
  addSource: { path: '/a', url: 'rtsp://10.0.0.1/' },
  changeSource: { alwaysOn: true },
  createToken: { name: 'graph', role: 'metrics' },
  createShare: { path: '/cam' },
  login: { user: 'ann', password: 'secret' },
}

/** Makes an object of which only the given members work. */
function failing<Members extends object>(members: Members): Members {
  return new Proxy(members, {
    get: (target, name) => {
      if (name in target) return target[name as keyof Members]
      throw new Error(`canary: ${String(name)} fails`)
    },
  })
}

/** An API of a server of which nothing works but its tokens and its audit log. */
async function brokenApi() {
  const audit = new AuditLog()
  const { log, logged } = recordedLog()
  const facts = { id: 'a', name: 'first', role: 'admin', createdTime: '' } as const
  const repeats = new RepeatLimit(log)
  const server = failing({
    version: '1.2.3',
    bearers: failing({ find: () => facts }),
    audit: failing({ add: (entry: Omit<AuditEntry, 'id'>) => audit.add(entry) }),
  }) as unknown as ControlledServer
  const api = new ControlApi({
    ...{ server, log, repeats, port: 0, host: '127.0.0.1', allowedHosts: [], trustedProxies: [] },
    ...{ page: undefined, certificate: undefined },
  })
  await api.listen()
  closeAfterTest({
    close: async () => {
      await api.close()
      repeats.close()
    },
  })
  return { api: await ApiClient.connect(api.url, 'token'), audit, logged }
}

describe('a failure of the server', () => {
  it('is an error response of every operation, without its cause', { tags: 'B-SECR' }, async () => {
    const { api, logged } = await brokenApi()
    const params = { publicId: 'x'.repeat(22), id: 'unknown' }
    const able = api.operationIds.filter((id) => !unfailing.includes(id))
    for (const operationId of able) {
      const hasBody = api.documented(operationId).requestBody !== undefined
      const body = bodies[operationId] ?? (hasBody ? {} : undefined)
      const query = api.requiredQuery(operationId)
      const answer = await api.call(operationId, { params, query, body })
      expect(`${operationId} ${answer.status}`).toBe(`${operationId} 500`)
      expect(answer.body.detail).toBe('the log has the cause')
      expect(JSON.stringify(answer.body)).not.toContain('canary')
    }
    const failures = logged.filter((line) => line.includes('API request failed'))
    expect(failures).toHaveLength(able.length)
    expect(failures.every((line) => line.includes('canary: '))).toBe(true)
  })

  it('leaves an entry in the audit log, because it may come after a part of the change', async () => {
    const { api, audit } = await brokenApi()
    for (const operationId of ['changeLimits', 'createToken']) {
      await api.call(operationId, { body: bodies[operationId] })
    }
    expect(audit.newest(10)).toMatchObject([
      { operation: 'createToken', status: 500 },
      { operation: 'changeLimits', status: 500 },
    ])
  })
})
