import { describe, expect, it } from 'vitest'
import type { ClusterAdmission } from '../../../src/cluster/node/cluster-admission.js'
import type { CreditDemand } from '../../../src/cluster/node/leased-credits.js'
import { clusterPoolOptions } from '../../../src/cluster/node/pool-options.js'
import { type AdmitHook, RandomIdCodec, SessionPool } from '../../../src/session-pool/index.js'

const { limits } = new SessionPool({ maxSessions: 9, maxSessionsPerUser: 2 })
const context = { owner: { address: '192.0.2.1', user: 'ann' }, path: '/cam' }
const session = {} as never

/** The hook that a pool gets, and what it has reserved. */
function seamsOf(options: object, node = {}) {
  const reserved: { demands: readonly CreditDemand[]; mayWait: boolean }[] = []
  const exempted: unknown[] = []
  const admission = {
    reserve: async (_: object, demands: readonly CreditDemand[], mayWait: boolean) => {
      reserved.push({ demands, mayWait })
    },
    exempt: (owner: unknown) => exempted.push(owner),
  } as unknown as ClusterAdmission
  const parts = {
    admission,
    idCodec: undefined,
    limits: () => limits,
    isAway: () => false,
    ...node,
  }
  return { reserved, exempted, ...clusterPoolOptions(options, parts) }
}

describe('clusterPoolOptions', () => {
  it('keeps the other options, and adds those of the node', () => {
    const idCodec = new RandomIdCodec()
    expect(seamsOf({ timeout: 7 }, { idCodec })).toMatchObject({ timeout: 7, idCodec })
    expect(seamsOf({ idCodec })).toMatchObject({ idCodec })
  })

  it('refuses an admission, and a second codec', () => {
    expect(() => seamsOf({ admission: {} })).toThrow(/admission/)
    const idCodec = new RandomIdCodec()
    expect(() => seamsOf({ idCodec }, { idCodec })).toThrow(/idKeys/)
  })

  it.each([
    { answer: true, demands: ['pool 9', 'user ann 2'] },
    { answer: { init: { maxSessionsPerUser: 5 } }, demands: ['pool 9', 'user ann 5'] },
    {
      answer: { init: { maxSessionsPerPath: 3 } },
      demands: ['pool 9', 'user ann 2', 'path /cam 3'],
    },
    { answer: false, demands: [] },
    { answer: { statusCode: 503 }, demands: [] },
    { answer: undefined, demands: [] },
  ])('reserves what a session needs after the answer $answer', async ({ answer, demands }) => {
    const { onAdmit, reserved } = seamsOf({ onAdmit: (() => answer) as AdmitHook })
    expect(await onAdmit(context)).toBe(answer)
    expect(reserved[0]?.demands.map(({ key, max }) => `${key} ${max}`)).toEqual(demands)
  })

  it('reserves nothing for a session that replaces another, and before the node has a pool', async () => {
    const { onAdmit, reserved } = seamsOf({})
    await onAdmit({ ...context, replaces: session })
    expect(reserved).toEqual([{ demands: [], mayWait: true }])
    const early = seamsOf({}, { limits: () => undefined })
    await early.onAdmit(context)
    expect(early.reserved).toEqual([])
  })

  it('needs no credits, and asks nobody, for a session of another node', async () => {
    const onAdmit: AdmitHook = () => false
    const seams = seamsOf({ onAdmit })
    const ofPeer = { ...context, isPeer: true }
    expect(await seams.onAdmit(ofPeer)).toBe(true)
    expect([seams.reserved, seams.exempted]).toEqual([[], [context.owner]])
  })

  it('does not wait where the pool evicts, or the store is away', async () => {
    for (const [options, node] of [
      [{ fullPolicy: 'evictOldestIdle' }, {}],
      [{}, { isAway: () => true }],
    ] as const) {
      const { onAdmit, reserved } = seamsOf(options, node)
      await onAdmit(context)
      expect(reserved[0]?.mayWait).toBe(false)
    }
  })
})
