import { z } from 'zod'
import { maxFailover, pullFingerprint, pullUser } from '../../../config/sections/sources/pull.js'
import { basicPolicies, pullTransports } from '../../../sources/pull/pull-plan.js'
import type { SourcePlan } from '../../../sources/source-service.js'
import { type SourceStatus, sourceKinds, sourceStates } from '../../../sources/source-status.js'
import { components } from '../../components.js'
import type { ControlledServer } from '../../controlled-server.js'
import { type Operation, operation } from '../../operation.js'
import { Problem } from '../../problem.js'
import { count, isoTime, text, time } from '../../values.js'
import { checkUrls, requirePassword } from './check-url.js'
import { saveSource } from './save-source.js'

const maxSeconds = 86_400

const sourcePath = text.startsWith('/').describe('Decoded path')

const settingsSchema = z
  .object({
    transport: z.enum(pullTransports).optional().describe('Absent for a program'),
    basic: z.enum(basicPolicies).optional().describe('Absent for a program'),
    returnSeconds: z.number().optional().describe('Absent for a program'),
    lingerSeconds: z.number(),
    holdSeconds: z.number(),
    startSeconds: z.number(),
    stallSeconds: z.number(),
  })
  .describe('Configured settings, without URL and credentials')

const sourceSchema = z
  .object({
    path: z.string(),
    kind: z.enum(sourceKinds).describe('exec = a program; pull = a stream pulled by RTSP'),
    state: z.enum(sourceStates),
    since: time.describe('Beginning of the state'),
    until: time.optional().describe('Next attempt, in the states waiting and failed'),
    reason: z.string().optional().describe('Reason of the last failure'),
    attempts: count.describe('Attempts since the source last ran'),
    lastError: z.string().optional().describe('Last failure, without credentials'),
    bytes: count.describe('Bytes that the source has sent'),
    source: z.string().describe('URL in use without credentials, or name of the program'),
    sources: z
      .array(z.string())
      .optional()
      .describe('URLs of a pull in the order of preference, without credentials'),
    transport: z.string().optional().describe('Transport of the packets of a pull'),
    alwaysOn: z.boolean(),
    canChange: z.boolean().describe('False for programs, which only the file can change'),
    settings: settingsSchema,
  })
  .register(components, { id: 'Source' })

const settings = {
  url: z.string().describe('URL with a numeric address, without user and password'),
  failover: z
    .array(z.string())
    .max(maxFailover)
    .optional()
    .describe('URLs that take over while the one before is away, like url; [] = none'),
  returnSeconds: z
    .number()
    .min(0)
    .max(maxSeconds)
    .optional()
    .describe('Time between two attempts to return to url while another URL serves'),
  username: pullUser().optional(),
  password: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .describe('Kept in a file that only the server can read'),
  transport: z.enum(pullTransports).optional(),
  fingerprint: pullFingerprint().optional().describe('SHA-256 fingerprint of the certificate'),
  basic: z.enum(basicPolicies).optional().describe('Connections on which Basic is allowed'),
  alwaysOn: z.boolean().optional(),
  lingerSeconds: z.number().min(0).max(maxSeconds).optional(),
  holdSeconds: z.number().min(0).max(maxSeconds).optional(),
  startSeconds: z.number().min(1).max(25).optional(),
  stallSeconds: z.number().min(0).max(maxSeconds).optional(),
}

const added = z.strictObject({ path: sourcePath, ...settings })
const changed = z.strictObject({ ...settings, url: settings.url.optional() })
const named = z.strictObject({ path: sourcePath })

function sourceView({ pid: _, ...status }: SourceStatus, plan: SourcePlan) {
  return {
    ...status,
    sources: status.sources && [...status.sources],
    since: isoTime(status.since),
    until: status.until && isoTime(status.until),
    alwaysOn: plan.alwaysOn,
    canChange: status.kind === 'pull',
    settings: settingsOf(plan),
  }
}

function settingsOf(plan: SourcePlan): z.output<typeof settingsSchema> {
  const { lingerSeconds, holdSeconds, startSeconds, stallSeconds } = plan
  const common = { lingerSeconds, holdSeconds, startSeconds, stallSeconds }
  if (plan.kind === 'exec') return common
  const { transport, basic, returnSeconds } = plan
  return { ...common, transport, basic, returnSeconds }
}

/** Returns the sources of a server with their states, as the API sends them, in the order of their paths. */
function sourceViews({ sources }: ControlledServer) {
  const plans = new Map(sources.plans.map((plan) => [plan.path, plan]))
  return sources.statuses.flatMap((status) => {
    const plan = plans.get(status.path)
    return plan ? [sourceView(status, plan)] : []
  })
}

function sourceAt(server: ControlledServer, path: string) {
  const view = sourceViews(server).find((each) => each.path === path)
  if (view) return view
  throw new Problem('not-found', 'no source has the path', {
    wrong: [{ where: 'path', expected: 'path of a source', got: JSON.stringify(path) }],
  })
}

/** Returns the body of a request about a source for the audit log, with `…` in place of URLs and password. */
const auditBody = ({ url, failover, password, ...others }: z.output<typeof changed>) => ({
  ...others,
  ...(url !== undefined && { url: '…' }),
  ...(failover && { failover: failover.map(() => '…') }),
  ...(password !== undefined && { password: '…' }),
})

/**
 * Checks that the source of a path is a pull (an RTSP stream). The API cannot change the other kind, a program; only
 * the configuration file can.
 *
 * @throws {Problem} `not-found` for a path without a source; `conflict` for a program.
 */
function requirePull({ sources }: ControlledServer, path: string): void {
  const plan = sources.plans.find((each) => each.path === path)
  if (plan?.kind === 'pull') return
  if (plan) throw new Problem('conflict', 'the source is a program, which only the file can change')
  throw new Problem('not-found', 'no source has the path', {
    wrong: [{ where: 'path', expected: 'path of a source', got: JSON.stringify(path) }],
  })
}

/** Operations on the sources of paths. */
export const sourceOperations: readonly Operation[] = [
  operation({
    id: 'listSources',
    method: 'get',
    path: '/v1/sources',
    role: 'viewer',
    tag: 'sources',
    summary: 'Lists the sources of paths with their states: streams that are pulled, and programs',
    query: z.strictObject({ path: sourcePath.optional() }),
    result: z.object({ sources: z.array(sourceSchema) }),
    handle: ({ server }, { query: { path } }) => ({
      sources: sourceViews(server).filter((view) => path === undefined || view.path === path),
    }),
  }),
  operation({
    id: 'addSource',
    method: 'post',
    path: '/v1/sources',
    role: 'admin',
    tag: 'sources',
    summary: 'Pulls a stream by RTSP at a path from now on, and saves it in the file',
    body: added,
    result: sourceSchema,
    problems: ['conflict'],
    auditBody,
    handle: async ({ server, caller }, { body: { path, ...next } }) => {
      const check = (): void => {
        if (server.rtsp.mounts.get(path)) throw new Problem('conflict', 'the path is in use')
        checkUrls(server, next)
      }
      await saveSource(server, caller, { path, next, check })
      return sourceAt(server, path)
    },
  }),
  operation({
    id: 'changeSource',
    method: 'patch',
    path: '/v1/sources',
    role: 'admin',
    tag: 'sources',
    summary:
      'Changes a stream that is pulled; its viewers stay. A new URL needs its password again',
    query: named,
    body: changed,
    result: sourceSchema,
    problems: ['conflict', 'not-found'],
    auditBody,
    handle: async ({ server, caller }, { query: { path }, body: next }) => {
      const check = (): void => {
        requirePull(server, path)
        checkUrls(server, next)
        requirePassword(server, path, next)
      }
      await saveSource(server, caller, { path, next, check })
      return sourceAt(server, path)
    },
  }),
  operation({
    id: 'removeSource',
    method: 'delete',
    path: '/v1/sources',
    role: 'admin',
    tag: 'sources',
    summary: 'Pulls a stream no longer, and removes it from the file; its viewers leave',
    query: named,
    result: z.object({}),
    problems: ['conflict', 'not-found'],
    handle: async ({ server, caller }, { query: { path } }) => {
      const check = (): void => requirePull(server, path)
      await saveSource(server, caller, { path, next: undefined, check })
      return {}
    },
  }),
]
