/** A ban, as far as the page shows it. */
export interface BanView {
  readonly publicId: string
  readonly address?: string
  readonly user?: string
  readonly path?: string
  /** Seconds since 1970; absent = never ends. */
  readonly until?: number
  readonly reason?: string
  readonly author?: string
  readonly cause: string
  readonly createdTime: string
  readonly hits: number
  readonly lastHitTime?: string
}
