/** Live things with a public id, in the order of their creation. May be changed while somebody iterates, as a `Map`. */
export interface PublicList<T> extends Iterable<T> {
  readonly size: number
  /** @returns `undefined` when nothing that lives has the id. */
  get(publicId: string): T | undefined
}
