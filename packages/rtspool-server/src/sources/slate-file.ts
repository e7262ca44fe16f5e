import type { CreateSlate } from 'rtspool'
import { openFileSource } from 'rtspool/file'

const slates = new Map<string, CreateSlate>()

/**
 * Returns the function that opens a file as a slate, which plays it in a loop. It is the same function for the same
 * file, so that a reload without a change of the file changes nothing.
 */
export function slateOf(file: string): CreateSlate {
  const create = slates.get(file) ?? (() => openFileSource(file, { loop: true }))
  slates.set(file, create)
  return create
}
