/** Bounds of a session that the API can change. */
export interface Bounds {
  readonly timeoutSeconds: number
  /** Seconds since 1970; `null` = never. */
  readonly expiresAt: number | null
}

/** Text of the fields of a form. */
export interface BoundsText {
  readonly timeoutSeconds: string
  /** Local time as `<input type="datetime-local">` has it; empty = never. */
  readonly expiresAt: string
}

/** Returns the bounds whose fields differ from the ones before. */
export function changedBounds(before: BoundsText, after: BoundsText): Partial<Bounds> {
  return {
    ...(after.timeoutSeconds !== before.timeoutSeconds && {
      timeoutSeconds: Number(after.timeoutSeconds),
    }),
    ...(after.expiresAt !== before.expiresAt && {
      expiresAt: after.expiresAt === '' ? null : Date.parse(after.expiresAt) / 1000,
    }),
  }
}

/** Returns the text of the fields for the bounds of a session. */
export const boundsText = (session: {
  readonly timeoutSeconds: number
  readonly expiresAt?: number
}): BoundsText => ({
  timeoutSeconds: String(session.timeoutSeconds),
  expiresAt: session.expiresAt === undefined ? '' : localTime(1000 * session.expiresAt),
})

/** Writes a time as `<input type="datetime-local">` wants it, to the second. */
function localTime(milliseconds: number): string {
  const offsetMs = new Date(milliseconds).getTimezoneOffset() * 60_000
  return new Date(milliseconds - offsetMs).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)
}
