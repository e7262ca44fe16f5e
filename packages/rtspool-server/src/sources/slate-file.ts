import type { CreateSlate } from 'rtspool'
import { openFileSource } from 'rtspool/file'

const slates = new Map<string, CreateSlate>()

/**
 * Returns the function that opens a file as a slate (picture in place of a camera that is away) and plays it in a loop.
 * Equal paths give the same function, so that a reload of the configuration with the same path changes nothing.
 */
export function slateOf(file: string): CreateSlate {
  const create = slates.get(file) ?? (() => openFileSource(file, { loop: true }))
  slates.set(file, create)
  return create
}
