import type { MountPoints, PublishOptions } from 'rtspool'
import { fileMedia } from 'rtspool/file'
import { testFile, testPath } from '../test-picture.js'
import type { Config } from './schema.js'

/** A media file that the server plays at a path, and its settings. */
interface PlannedFile {
  readonly file: string
  readonly loop: boolean
}

/**
 * Paths of the server that a configuration requires: files to play, and patterns of paths to which clients may publish.
 */
export interface MountPlan {
  readonly files: ReadonlyMap<string, PlannedFile>
  readonly publish: ReadonlyMap<string, PublishOptions>
}

export const noMounts: MountPlan = { files: new Map(), publish: new Map() }

/** Returns the plan of paths that a configuration requires. */
export function mountPlanOf({ testPicture, paths, publish }: Config): MountPlan {
  const files = new Map<string, PlannedFile>()
  if (testPicture) files.set(testPath, { file: testFile, loop: true })
  const patterns = new Map<string, PublishOptions>(publish.paths.map((path) => [path, {}] as const))
  for (const [path, { file, loop, timeline }] of Object.entries(paths)) {
    if (file !== undefined) files.set(path, { file, loop })
    const isCovered = publish.paths.some((pattern) => covers(pattern, path))
    if (timeline !== undefined && isCovered) patterns.set(path, { timeline })
  }
  return { files, publish: patterns }
}

/** Returns whether a pattern of paths matches every path that another pattern matches. */
const covers = (pattern: string, other: string): boolean =>
  pattern === other || (pattern.endsWith('/*') && other.startsWith(pattern.slice(0, -1)))

/**
 * Returns the paths of new files at which the server has other media already, such as that of a publisher. Files of the
 * old plan do not count.
 */
export const takenPaths = (mounts: MountPoints, before: MountPlan, after: MountPlan): string[] =>
  [...after.files.keys()].filter((path) => !before.files.has(path) && mounts.get(path))

/**
 * Changes the paths of the server from those of one plan to those of another. Viewers of a file that is no longer
 * mounted stay connected, and so do publishers on a path that is no longer allowed.
 */
export function applyMounts(mounts: MountPoints, before: MountPlan, after: MountPlan): void {
  freePaths(mounts, before, after)
  fillPaths(mounts, before, after)
}

/**
 * Removes the files that the new plan does not have, or has with other settings: the first half of {@link applyMounts}.
 */
export function freePaths(mounts: MountPoints, before: MountPlan, after: MountPlan): void {
  for (const [path, planned] of before.files) {
    if (!isSame(after.files.get(path), planned)) mounts.remove(path)
  }
}

/** Mounts the new files, and changes the paths to which clients may publish: the second half of {@link applyMounts}. */
export function fillPaths(mounts: MountPoints, before: MountPlan, after: MountPlan): void {
  for (const path of before.publish.keys()) {
    if (!after.publish.has(path)) mounts.disallowPublish(path)
  }
  for (const [path, options] of after.publish) mounts.allowPublish(path, options)
  for (const [path, planned] of after.files) {
    if (isSame(before.files.get(path), planned)) continue
    mounts.add(path, fileMedia(planned.file, { loop: planned.loop }))
  }
}

const isSame = (one: PlannedFile | undefined, other: PlannedFile): boolean =>
  one?.file === other.file && one.loop === other.loop
