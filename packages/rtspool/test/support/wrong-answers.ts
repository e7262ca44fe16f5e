/**
 * Values that a lookup, a typing mistake or JSON may return; none is documented to admit anybody.
 */
export const wrongAnswers: readonly (readonly [shape: string, answer: unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['0', 0],
  ['1', 1],
  ['NaN', Number.NaN],
  ['bigint', 1n],
  ['string', 'yes'],
  ['string', 'true'],
  ['string', ''],
  ['symbol', Symbol('yes')],
  ['function', () => true],
  ['object', {}],
  ['Array', [true]],
  ['Array', []],
  ['Map', new Map([['init', {}]])],
  ['Set', new Set()],
  ['Date', new Date(0)],
  ['Boolean', Object(true)],
  ['Uint8Array', new Uint8Array(1)],
  ['object with user, plan', { user: 'ann', plan: 'gold' }],
  ['object with allowed', { allowed: true }],
  ['object with statusCode', { statusCode: '403' }],
  ['object with status', { status: 403 }],
]
