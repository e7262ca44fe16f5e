import { isRecord } from '../../option-checks.js'
import type {
  AdmissionControl,
  AdmitAnswer,
  AdmitContext,
  AdmitHook,
  IdCodec,
  SessionInit,
  SessionLimits,
} from '../../session-pool/index.js'
import type { ClusterAdmission } from './cluster-admission.js'
import { demandsOf } from './session-demands.js'

/** Part of the options of a session pool that makes the pool a part of a cluster. @experimental */
export interface ClusterPoolParts {
  readonly admission: AdmissionControl<object>
  readonly onAdmit: AdmitHook<object>
  readonly idCodec?: IdCodec
}

/** Parts of a node that its pool uses. */
interface PoolNode {
  readonly admission: ClusterAdmission
  /** Creates session ids that name the node; `undefined` = the pool creates them. */
  readonly idCodec: IdCodec | undefined
  /** Returns the present limits of the pool; `undefined` before the node has one. */
  limits(): SessionLimits | undefined
  /** Returns whether the store does not reply, so that no client needs to wait for a credit. */
  isAway(): boolean
}

/** Options of a pool that a node reads or replaces. */
interface GivenOptions {
  readonly onAdmit?: AdmitHook<object>
  readonly fullPolicy?: unknown
  readonly admission?: unknown
  readonly idCodec?: unknown
}

/**
 * Adds to the options of a session pool what makes the pool a part of a cluster.
 *
 * @throws {TypeError} when the options have an `admission` of their own, or an `idCodec` beside that of the node.
 */
export function clusterPoolOptions<Options extends object>(
  options: Options,
  { admission, idCodec, limits, isAway }: PoolNode,
): Options & ClusterPoolParts {
  const given = options as GivenOptions
  if (given.admission !== undefined) {
    throw new TypeError('poolOptions: the node is the admission of its pool, got another one')
  }
  if (idCodec !== undefined && given.idCodec !== undefined) {
    throw new TypeError('poolOptions: expected idKeys of the node or idCodec, got both')
  }
  // A pool that evicts makes room at once.
  const mayWait = given.fullPolicy !== 'evictOldestIdle'
  const onAdmit: AdmitHook<object> = async (context) => {
    // The viewers at the other node have credits of their own.
    if (context.isPeer) {
      admission.exempt(context.owner)
      return true
    }
    const answer = given.onAdmit === undefined ? true : await given.onAdmit(context)
    const present = limits()
    if (present === undefined) return answer
    const demands = demandsOfAnswer(context, answer, present)
    await admission.reserve(context.owner, demands, mayWait && !isAway(), context.signal)
    return answer
  }
  return { ...options, admission, onAdmit, ...(idCodec && { idCodec }) }
}

/** Returns the limits that count a session which the hook of the application has admitted; none after a refusal. */
function demandsOfAnswer(
  context: AdmitContext<object>,
  answer: AdmitAnswer<object>,
  limits: SessionLimits,
) {
  const given: unknown = answer === true ? { init: {} } : answer
  // A session that replaces another one gets its credits. A mistake of the hook needs none.
  if (context.replaces !== undefined || !isRecord(given) || !isRecord(given.init)) return []
  const { owner, path, groups, maxSessionsPerUser } = context
  const session: SessionInit<object> = {
    owner,
    path,
    groups,
    maxSessionsPerUser,
    ...(given.init as SessionInit<object>),
  }
  const own = {
    maxSessionsPerAddress: session.maxSessionsPerAddress ?? limits.maxSessionsPerAddress,
    maxSessionsPerUser: session.maxSessionsPerUser ?? limits.maxSessionsPerUser,
    maxSessionsPerPath: session.maxSessionsPerPath ?? limits.maxSessionsPerPath,
  }
  return demandsOf({ ...limits, ...own }, { owner, path, groups: session.groups })
}
