/** Members of a ban, as the API returns them, that the page shows. */
export interface BanView {
  readonly publicId: string
  readonly address?: string
  readonly user?: string
  readonly path?: string
  /** End of the ban, in seconds since 1970; absent = never. */
  readonly until?: number
  readonly reason?: string
  readonly author?: string
  readonly cause: string
  readonly createdTime: string
  readonly hits: number
  readonly lastHitTime?: string
}
