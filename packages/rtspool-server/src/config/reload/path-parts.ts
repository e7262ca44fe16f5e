import { isDeepStrictEqual } from 'node:util'
import type { MountPoints } from 'rtspool'
import type { RecordingService } from '../../recording/recording-service.js'
import type { Replay } from '../../replay/replay.js'
import type { SourceService } from '../../sources/source-service.js'
import type { Environment } from '../environment.js'
import { fillPaths, freePaths, mountPlanOf, takenPaths } from '../mount-plan.js'
import { ConfigError } from '../problems.js'
import { recordingPlansOf } from '../sections/recordings.js'
import { sourcePlansOf } from '../sections/sources/source-plans.js'
import { type LivePart, problemOfKey } from './live-part.js'

/**
 * Creates the part of a reload that removes files from their paths. This part comes before {@link sourcesPart}, and
 * {@link mountsPart} comes after. One reload can thus move a path from one section to another.
 */
export const freedPathsPart = ({ mounts }: { readonly mounts: MountPoints }): LivePart => ({
  prepare(after, before) {
    const [was, is] = [mountPlanOf(before.config), mountPlanOf(after.config)]
    return { apply: () => freePaths(mounts, was, is), undo: () => fillPaths(mounts, is, was) }
  },
})

/**
 * Creates the part of a reload that mounts files at paths, and changes the paths to which clients may publish. Needs
 * {@link freedPathsPart} before.
 */
export const mountsPart = ({ mounts }: { readonly mounts: MountPoints }): LivePart => ({
  prepare(after, before) {
    const [was, is] = [mountPlanOf(before.config), mountPlanOf(after.config)]
    const taken = takenPaths(mounts, was, is).filter((path) => !(path in before.config.sources))
    if (taken.length > 0) {
      throw new ConfigError(
        taken.map((path) =>
          problemOfKey(after, ['paths', path], 'is in use: a client publishes there'),
        ),
      )
    }
    return {
      apply: () => fillPaths(mounts, was, is),
      undo: () => {
        freePaths(mounts, is, was)
        fillPaths(mounts, is, { ...was, files: is.files })
      },
    }
  },
})

/** Creates the part of a reload that changes which media are recorded, and where. */
export const recordingsPart = (recordings: Pick<RecordingService, 'update'>): LivePart => ({
  prepare(after, before) {
    const [was, is] = [
      recordingPlansOf(before.config.recordings),
      recordingPlansOf(after.config.recordings),
    ]
    if (isDeepStrictEqual(was, is)) return undefined
    return { apply: () => recordings.update(is), undo: () => recordings.update(was) }
  },
})

/**
 * Creates the part of a reload that changes the sources of paths. Reads files with passwords again at each reload,
 * because their contents change while their names stay.
 *
 * @param environment - Variables that may contain passwords.
 */
export const sourcesPart = (
  { mounts }: { readonly mounts: MountPoints },
  sources: Pick<SourceService, 'plans' | 'update'>,
  environment: Environment,
): LivePart => ({
  prepare(after, before) {
    const was = sources.plans
    const is = sourcePlansOf(after, environment)
    if (isDeepStrictEqual(was, is)) return undefined
    const taken = is.filter(
      ({ path }) =>
        !was.some((plan) => plan.path === path) &&
        !mountPlanOf(before.config).files.has(path) &&
        mounts.get(path),
    )
    if (taken.length > 0) {
      throw new ConfigError(
        taken.map(({ path }) =>
          problemOfKey(after, ['sources', path], 'is in use: a client publishes there'),
        ),
      )
    }
    return { apply: () => sources.update(is), undo: () => sources.update(was) }
  },
})

/** Creates the part of a reload that changes the path at which recordings are played. */
export const replayPart = (replay: Pick<Replay, 'update' | 'isTaken'>): LivePart => ({
  prepare(after, before) {
    const settings = ({ config }: typeof after) =>
      [config.replay, Object.keys(config.recordings).length > 0] as const
    const [was, is] = [settings(before), settings(after)]
    if (isDeepStrictEqual(was, is)) return undefined
    const { path } = after.config.replay
    const isFreed =
      path !== false &&
      (mountPlanOf(before.config).files.has(path) || path in before.config.sources)
    if (!isFreed && replay.isTaken(...is)) {
      const says = 'is in use: a client publishes there'
      throw new ConfigError([problemOfKey(after, ['replay', 'path'], says)])
    }
    return { apply: () => replay.update(...is), undo: () => replay.update(...was) }
  },
})
