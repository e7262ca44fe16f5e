/**
 * Live objects with a public id, in order of creation. The list may change during an iteration, as
 * a `Map` may.
 */
export interface PublicList<T> extends Iterable<T> {
  readonly size: number
  /**
   * Finds a live object by its public id.
   *
   * @returns `undefined` if no live object has the id.
   */
  get(publicId: string): T | undefined
}
