import { parseTransport, serializeTransport } from '../../rtsp/index.js'
import { type Handler, ok } from '../request/request-context.js'
import { requireSame } from '../request/session-presentation.js'
import { requireTarget } from '../request/target.js'
import { planRecord } from '../setup/record-setup.js'
import { admit } from '../setup/session-admission.js'
import { planView } from '../setup/view-plan.js'
import { askUnknownPath, isUnknownPath } from '../sources/unknown-path.js'

/**
 * Handles SETUP, which fixes the transport of one track (RFC 2326 section 10.4). Checks that need
 * no session come first. A new client is admitted before a media is created for it. A refused SETUP
 * leaves no session, media or port behind.
 */
export const handleSetup: Handler = async (context) => {
  const target = requireTarget(context.target)
  const transports = parseTransport(context.request.headers.get('Transport') ?? '')
  const held = context.session && requireSame(context.session, target)
  const request = { context, target, transports, held }
  const record = planRecord(request)
  if (!record && !held && isUnknownPath(context, target)) await askUnknownPath(context, target)
  const plan = record ?? planView(request)
  const init = context.session ? undefined : await admit(context, plan)
  const opened = await plan.open(init)
  if ('refusal' in opened) return opened.refusal
  const { session, answer, keyMgmt } = opened
  const headers = [['Transport', serializeTransport(answer)] as const]
  return { ...ok, session, headers: keyMgmt ? [...headers, keyMgmt] : headers }
}
