import type { ReceptionView, SessionFigures, SessionView } from './session-view.js'

/** Members of the record of a removed session, as the API returns it, that the page shows. */
export interface LeaverView
  extends Pick<
    SessionView,
    'publicId' | 'state' | 'paths' | 'address' | 'user' | 'userAgent' | 'transport' | 'createdTime'
  > {
  readonly endedTime: string
  readonly durationSeconds: number
  readonly reason: string
  readonly note?: string
  readonly stats: SessionFigures
  readonly receptions: readonly (ReceptionView & { readonly track: number })[]
}
