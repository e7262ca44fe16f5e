import { Mismatch } from './mismatch.js'
import { attribute, readDescription } from './sdp.js'
import type { Presentation } from './target.js'
import { Trial, type TrialTargets } from './trial.js'
import { Waiting } from './waiting.js'

/**
 * Reasons why the URLs for publishing and for seeking cannot be used; absent for a usable URL. Tests that need an
 * unusable URL are skipped.
 */
export type UnfitTargets = Readonly<Partial<Record<'publish' | 'seekable', string>>>

/**
 * Checks the URLs for publishing and for seeking. Nothing may be served yet at the first, and the presentation at the
 * second must not be live.
 *
 * @param limitMs - Time limit in milliseconds for each URL.
 * @throws {CannotRun} If there is no connection.
 */
export async function findUnfitTargets(
  targets: TrialTargets,
  limitMs: number,
): Promise<UnfitTargets> {
  const { publish, seekable } = targets
  const unfit: { publish?: string; seekable?: string } = {}
  if (publish && (await rangeOf(publish, targets, limitMs)) !== undefined) {
    unfit.publish = 'something is played at the --publish URL already'
  }
  const range = seekable && (await rangeOf(seekable, targets, limitMs))
  if (range?.startsWith('npt=now-')) {
    unfit.seekable = `what is at the --seekable URL is live: a=range:${range}`
  }
  return unfit
}

/**
 * Returns the value of a=range of the presentation: '' without a=range, `undefined` if nothing is
 * played at the URL.
 */
async function rangeOf(
  at: Presentation,
  targets: TrialTargets,
  limitMs: number,
): Promise<string | undefined> {
  const trial = new Trial(targets, new Waiting(limitMs))
  try {
    const peer = await trial.connect(at)
    const headers = { Accept: 'application/sdp' }
    const answer = await peer.request('DESCRIBE', at.uri, { headers })
    if (answer.status !== 200) return undefined
    const { sessionLines, tracks } = readDescription(answer, at.uri)
    const lines = [...sessionLines, ...tracks.flatMap((track) => track.lines)]
    return attribute(lines, 'range') ?? ''
  } catch (error) {
    if (error instanceof Mismatch) return undefined
    throw error
  } finally {
    await trial.close()
  }
}
